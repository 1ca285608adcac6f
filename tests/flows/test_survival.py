"""SIGKILL in the middle of a run: the next run goes on, pays no call twice and ends with the same dataset.

Each test has a store of its own, so that nothing is cached, and is measured against the
uninterrupted run of the session.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeyman.storage.store import Store
from journeyman.teacher.ledger import read_calls
from tests.flows.flow_process import TINY, FlowRun, flow_in_background, read_run, run_flow
from tests.servers import S3Server, Server, answered_calls, in_checkout

pytestmark = pytest.mark.flow
SYNTHESIS = "flows.synthesize_data.synthesize_data"
IN_FLIGHT = 4 * TINY["generation"]["concurrency"]
"""Requests that may be on their way when a process dies: shards at once times requests of a shard."""


def own_store(stack: dict[str, str], name: str) -> dict[str, str]:
    """The session's stack with an empty store."""
    return stack | {"JOURNEYMAN_STORE": f"{stack['JOURNEYMAN_STORE']}-{name}"}


def synthesis_of(user_files: Path) -> dict[str, Any]:
    return {"overrides": {"generation": TINY["generation"]}, "files": str(user_files)}


def wait_for(reached: Callable[[], bool], *, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"not reached within {seconds} s"
        time.sleep(0.05)


def asked_of(teacher: str, role: str) -> Callable[[], int]:
    """How many answers of ``role`` the teacher has given since now."""
    before = answered_calls(teacher).get(role, 0)
    return lambda: answered_calls(teacher).get(role, 0) - before


def paid_twice(stack: dict[str, str]) -> dict[str, int]:
    """Requests that the ledger holds more than once within a scope."""
    store = Store(
        stack["JOURNEYMAN_STORE"],
        {
            "key": stack["AWS_ACCESS_KEY_ID"],
            "secret": stack["AWS_SECRET_ACCESS_KEY"],
            "endpoint_url": stack["AWS_ENDPOINT_URL"],
        },
    )
    rows = Counter(call.request_digest for call in read_calls(store, ""))
    return {digest: count for digest, count in rows.items() if count > 1}


def dataset_of(run: FlowRun) -> str:
    assert run.error is None, run.error
    digest: str = run.result["dataset"]["artifacts"]["kept"]["digest"]
    return digest


def test_a_killed_flow_process_is_gone_on_from_where_it_was(
    first_run: FlowRun, stack: dict[str, str], teacher: str, user_files: Path, tmp_path: Path
) -> None:
    environment, parameters = own_store(stack, "flow"), synthesis_of(user_files)
    controller, everything = asked_of(teacher, "controller"), asked_of(teacher, "completions")
    with flow_in_background(SYNTHESIS, environment, tmp_path / "flow.log", **parameters) as process:
        wait_for(lambda: controller() >= 5)
        os.killpg(process.pid, signal.SIGKILL)
    before = everything()
    second = run_flow(SYNTHESIS, environment, **parameters)
    assert dataset_of(second) == first_run.result["dataset"]
    assert second.task_states()["write"]["Cached"] > 0
    uninterrupted = sum(stage["spend"]["calls"] for stage in first_run.result["stages"])
    assert everything() <= uninterrupted + IN_FLIGHT
    assert everything() - before < uninterrupted
    assert paid_twice(environment) == {}


def test_a_killed_s3_server_that_comes_back_ends_in_the_same_dataset(
    first_run: FlowRun, stack: dict[str, str], teacher: str, user_files: Path, tmp_path: Path
) -> None:
    server = S3Server(tmp_path, "killed-s3")
    try:
        environment, parameters = stack | server.environment("survival"), synthesis_of(user_files)
        controller, log = asked_of(teacher, "controller"), tmp_path / "flow.log"
        with flow_in_background(SYNTHESIS, environment, log, **parameters) as process:
            wait_for(lambda: controller() >= 5)
            server.kill()
            time.sleep(2)
            server.restart()
            process.wait(timeout=400)
        output = log.read_text()
        run = read_run(output, environment)
        if run.error is not None:  # what cannot be tried again by itself is a named error, and the next run goes on
            assert run.error["kind"] in ("TransientError", "StorageError"), output[-4000:]
            run = run_flow(SYNTHESIS, environment, **parameters)
        assert dataset_of(run) == first_run.result["dataset"]
        assert paid_twice(environment) == {}
    finally:
        server.stop()


def test_a_killed_rank_is_started_again_from_its_checkpoint(
    first_run: FlowRun, stack: dict[str, str], tmp_path: Path
) -> None:
    overrides = TINY | {"training": TINY["training"] | {"max_steps": 60, "checkpoint_every": 2}}
    log, home = tmp_path / "flow.log", tmp_path / "home"
    parameters = {"dataset": first_run.result["dataset"], "overrides": overrides}
    environment = stack | {"JOURNEYMAN_HOME": str(home)}
    with flow_in_background("flows.train_agent.train_agent", environment, log, **parameters) as process:
        wait_for(lambda: any(home.glob("training/*/checkpoints/*")) or process.poll() is not None)
        time.sleep(1)
        victims = ranks_below(process.pid)
        assert victims, log.read_text()[-4000:]
        os.kill(victims[-1], signal.SIGKILL)
        process.wait(timeout=400)
    run = read_run(log.read_text(), stack)
    assert run.error is None, run.error
    assert int(run.result["tuned"]["facts"]["resumed_at"]) > 0
    assert run.result["tuned"]["facts"]["steps"] == "60"


def test_a_killed_worker_leaves_a_run_that_the_next_one_completes(
    first_run: FlowRun, stack: dict[str, str], teacher: str, user_files: Path, tmp_path: Path
) -> None:

    environment, parameters = own_store(stack, "worker"), synthesis_of(user_files)
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "local"]
    worker = Server("worker", tmp_path, command, environment | {"PREFECT_WORKER_QUERY_SECONDS": "1"})
    controller = asked_of(teacher, "controller")
    try:
        start = [sys.executable, "-m", "prefect", "deployment", "run", "synthesize-data/nightly", "--params"]
        in_checkout([*start, json.dumps(parameters)], environment)
        wait_for(lambda: controller() >= 3)
    finally:
        worker.kill()
    run = run_flow(SYNTHESIS, environment, **parameters)
    assert dataset_of(run) == first_run.result["dataset"]
    assert run.task_states()["write"]["Cached"] > 0


def ranks_below(group: int) -> list[int]:
    """Pids of training workers that descend from the process group's leader, in order of their start."""
    parents, commands = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                commands[int(entry.name)] = (entry / "cmdline").read_bytes()
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue

    def descends(pid: int) -> bool:
        while pid > 1:
            pid = parents.get(pid, 0)
            if pid == group:
                return True
        return False

    workers = [pid for pid, command in commands.items() if b"journeyman.training.worker" in command and descends(pid)]
    return sorted(pid for pid in workers if b"torch.distributed.run" not in commands[pid])
