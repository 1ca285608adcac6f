"""Run a flow in a process of its own, as a worker does, and ask the server what became of its task runs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.servers import ROOT, clean_environment, in_checkout

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
    "evaluation": {"agents": ["untuned", "tuned", "chance", "oracle"], "max_new_tokens": 24, "bootstrap_samples": 100},
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


def flow_command(flow: str, parameters: dict[str, Any]) -> list[str]:
    """The command line of a process that runs ``flow`` and prints how it ended."""
    module, _, name = flow.rpartition(".")
    return [sys.executable, "-c", SCRIPT, module, name, json.dumps(parameters)]


@contextmanager
def flow_in_background(
    flow: str, stack: dict[str, str], log: Path, **parameters: Any
) -> Iterator["subprocess.Popen[bytes]"]:
    """A flow process that a test may kill; whatever is left of its group is killed at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            flow_command(flow, parameters),
            cwd=ROOT,
            env=clean_environment(stack),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def read_run(output: str, stack: dict[str, str]) -> "FlowRun":
    """What a flow process printed about its end."""
    line = next((text for text in output.splitlines() if text.startswith("@@")), None)
    assert line is not None, f"the flow process did not come to its end:\n{output[-8000:]}"
    found = json.loads(line[2:])
    return FlowRun(found["run"], found["type"], found["error"], found["result"], stack["PREFECT_API_URL"])


def run_flow(flow: str, stack: dict[str, str], **parameters: Any) -> FlowRun:
    """Run ``flow``, a dotted name such as ``flows.synthesize_data.synthesize_data``, to its end."""
    done = in_checkout(flow_command(flow, parameters), stack, check=False, timeout=900)
    return read_run(done.stdout + done.stderr, stack)
