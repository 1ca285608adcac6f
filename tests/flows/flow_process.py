"""Run a flow in a process of its own, as a worker does, and ask the server what became of its task runs."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

from tests.conftest import in_checkout

SCRIPT = """
import importlib, json, sys
module, flow, parameters = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
state = getattr(importlib.import_module(module), flow)(**parameters, return_state=True)
found = state.result(raise_on_failure=False)
error = {"kind": type(found).__name__, "message": str(found)} if isinstance(found, BaseException) else None
print("\\n@@" + json.dumps({"run": str(state.state_details.flow_run_id), "type": state.type.value,
                          "error": error, "result": None if error else found}))
"""
TINY: dict[str, Any] = {
    "generation": {"queries": 12, "held_out_problems": 6, "shard_size": 6, "user_file_queries": 1, "concurrency": 6},
    "training": {"max_steps": 2, "ranks": 2, "tokens_per_step": 512, "checkpoint_every": 1},
    "evaluation": {"agents": ["untuned", "tuned", "chance"], "max_new_tokens": 24, "bootstrap_samples": 100},
}
"""Overrides small enough for a test; every stage still does its real work."""


@dataclass(frozen=True)
class FlowRun:
    """What a finished flow process left behind."""

    run_id: str
    type: str
    error: dict[str, str] | None
    result: Any
    api: str

    def task_states(self) -> dict[str, Counter[str]]:
        """States by the task's name, once every task run has reached the server and is final."""
        end = time.monotonic() + 60
        while True:
            runs = self._task_runs()
            if runs and all(run["state"] and run["state"]["type"] in ("COMPLETED", "FAILED") for run in runs):
                break
            assert time.monotonic() < end, f"task runs still open: {[(r['name'], r['state']) for r in runs][:5]}"
            time.sleep(1)
        states: dict[str, Counter[str]] = {}
        for run in runs:
            states.setdefault(run["name"].split(" ")[0], Counter())[run["state"]["name"]] += 1
        return states

    def artifacts(self) -> dict[str, dict[str, Any]]:
        """Prefect artifacts of this run by key."""
        wanted = {"flow_runs": {"id": {"any_": [self.run_id]}}}
        found = httpx.post(f"{self.api}/artifacts/filter", json=wanted, timeout=30).json()
        return {item["key"]: item for item in found}

    def _task_runs(self) -> list[dict[str, Any]]:
        wanted = {"flow_runs": {"id": {"any_": [self.run_id]}}}
        found: list[dict[str, Any]] = httpx.post(f"{self.api}/task_runs/filter", json=wanted, timeout=30).json()
        return found


def run_flow(flow: str, stack: dict[str, str], **parameters: Any) -> FlowRun:
    """Run ``flow``, a dotted name such as ``flows.synthesize_data.synthesize_data``, to its end."""
    module, _, name = flow.rpartition(".")
    command = [sys.executable, "-c", SCRIPT, module, name, json.dumps(parameters)]
    done = in_checkout(command, stack, check=False, timeout=900)
    line = next((text for text in done.stdout.splitlines() if text.startswith("@@")), None)
    assert line is not None, f"{flow} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    found = json.loads(line[2:])
    return FlowRun(found["run"], found["type"], found["error"], found["result"], stack["PREFECT_API_URL"])
