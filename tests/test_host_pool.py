"""The processes of heavy tools: shared, warmed, ended when idle, and put out of order when they keep failing."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from journeyman import host_pool, tool_host
from journeyman.errors import ToolError
from journeyman.host_pool import FAILURES, HostPool
from journeyman.plugins import load_plugin
from journeyman.settings import load_settings
from journeyman.tool import Tool

FAULTY = "tests.tools.faulty"


@pytest.fixture
def pool():
    hosts = HostPool(1)
    yield hosts
    hosts.close()


def call(pool, name, *, key="", seconds=30.0):
    tool = load_plugin(FAULTY, name, "TOOL", Tool)

    async def go():
        return await pool.call(tool, FAULTY, tool.bind((), {}), {}, Path("/tmp"), key=key or name, seconds=seconds)

    return asyncio.run(go())


def test_a_host_stays_for_calls_from_other_event_loops_and_ends_with_its_pool(pool):
    call(pool, "chatter")
    (pid,) = pool.pids()
    call(pool, "chatter")
    assert pool.pids() == (pid,)
    pool.close()
    assert not Path(f"/proc/{pid}").exists()
    assert call(pool, "chatter").value_json == '"quiet"'


def test_a_host_that_retired_between_calls_is_replaced_unseen(pool, monkeypatch):
    call(pool, "chatter")
    (pid,) = pool.pids()
    host = pool._hosts[0]
    host._process.stdin.close()  # what the host sees when nobody calls: it ends by itself, with status 0
    host._process.wait()
    host._process.stdin = Path(os.devnull).open("wb")  # noqa: SIM115 - stands for the pipe
    assert call(pool, "chatter").value_json == '"quiet"'
    assert pool.pids() != (pid,)


def test_an_idle_host_ends_by_itself(monkeypatch):
    monkeypatch.setattr(tool_host, "IDLE_SECONDS", 0.05)
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as stream:
        assert not tool_host._called(stream)
        os.write(write, b"x")
        assert tool_host._called(stream)
    os.close(write)


def test_a_killed_host_costs_one_call(pool):
    call(pool, "chatter")
    os.kill(pool.pids()[0], signal.SIGKILL)
    with pytest.raises(ToolError, match="chatter crashed"):
        call(pool, "chatter")
    assert call(pool, "chatter").value_json == '"quiet"'


def test_a_tool_that_fails_on_many_inputs_is_out_of_order_until_it_has_cooled(pool, monkeypatch):
    for number in range(FAILURES):
        with pytest.raises(ToolError, match="crash crashed"):
            call(pool, "crash", key=f"call {number}")
    with pytest.raises(ToolError, match=f"out of order: {FAILURES} calls failed in a row"):
        call(pool, "crash", key="another call")
    assert call(pool, "chatter").value_json == '"quiet"'  # the others work on
    now = host_pool.time.monotonic()
    monkeypatch.setattr(host_pool.time, "monotonic", lambda: now + host_pool.COOL_SECONDS + 1)
    with pytest.raises(ToolError, match="crash crashed"):
        call(pool, "crash", key="a try")


def test_one_input_that_crashes_a_tool_again_and_again_does_not_close_it_to_others(pool):
    for _ in range(FAILURES + 2):
        with pytest.raises(ToolError, match="crash crashed"):
            call(pool, "crash", key="the same call")


def test_models_are_loaded_ahead(pool):
    tool = load_plugin(FAULTY, "lazy", "TOOL", Tool)
    for load in pool.warm([tool], FAULTY):
        load.result(timeout=60)
    assert call(pool, "lazy").value_json == '"warm"'


def test_a_tool_runs_in_the_environment_that_is_set_for_it(pool, monkeypatch, tmp_path):
    python = tmp_path / "python"
    path = os.pathsep.join(sys.path)
    python.write_text(f'#!/bin/sh\nOTHER_ENVIRONMENT=1 PYTHONPATH="$PYTHONPATH:{path}" exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("JOURNEYMAN_TOOL__LEAK__PYTHON", str(python))
    load_settings.cache_clear()
    try:
        assert "OTHER_ENVIRONMENT" in call(pool, "leak").value_json
        assert "OTHER_ENVIRONMENT" not in call(pool, "chatter").value_json
        assert len(pool.pids()) == 2
    finally:
        load_settings.cache_clear()
