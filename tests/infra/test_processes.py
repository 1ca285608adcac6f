"""Tests of pid files and of stopping: only what we started, and all of it."""

import dataclasses
import os
import sys
import time
from pathlib import Path

import pytest

from infra.local.processes import Process, Record, start, stop

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(60)",
)
# A child in a session of its own, as a flow run is to its worker.
PARENT = (
    sys.executable,
    "-c",
    """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
""",
)


@pytest.fixture
def begin(tmp_path):
    begun = []

    def _begin(arguments, log="part.log"):
        process = start(arguments, environment=os.environ, folder=tmp_path, log=tmp_path / log)
        begun.append(process)
        return process

    yield _begin
    for process in begun:
        stop(process, patience_seconds=0)


def test_a_started_process_is_alive_until_it_is_stopped(begin):
    process = begin(SLEEPER)
    assert process.is_alive()
    assert os.getpgid(process.pid) == process.pid
    assert stop(process, patience_seconds=5)
    assert not process.is_alive()


def test_a_reused_pid_is_not_taken_for_the_process_that_had_it(begin):
    process = begin(SLEEPER)
    earlier = dataclasses.replace(process, started_ticks=process.started_ticks - 1)
    assert not earlier.is_alive()
    assert stop(earlier, patience_seconds=0)
    assert process.is_alive(), "a process of the same pid was stopped"


def test_a_pid_file_of_an_earlier_boot_names_nothing(begin):
    process = begin(SLEEPER)
    assert not dataclasses.replace(process, boot_id="another boot").is_alive()


def test_a_record_survives_its_file_and_is_private(begin, tmp_path):
    record = Record(begin(SLEEPER), "http://127.0.0.1:1")
    record.write(tmp_path / "part.json")
    assert Record.read(tmp_path / "part.json") == record
    assert (tmp_path / "part.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text", ["", "123", '{"pid": 1}', '{"pid": "x", "started_ticks": 1, "boot_id": "", "address": ""}']
)
def test_a_damaged_pid_file_names_nothing(text, tmp_path):
    path = tmp_path / "part.json"
    path.write_text(text)
    assert Record.read(path) is None
    assert Record.read(tmp_path / "missing.json") is None


def test_a_process_that_ignores_sigterm_is_killed(begin, tmp_path):
    process = begin(DEAF)
    _wait_for_text(tmp_path / "part.log")
    assert not stop(process, patience_seconds=0.3)
    assert not process.is_alive()


def test_stopping_ends_children_in_sessions_of_their_own(begin, tmp_path):
    process = begin(PARENT)
    child = Process.of(int(_wait_for_text(tmp_path / "part.log")))
    assert child in process.descendants()
    stop(process, patience_seconds=5)
    assert not child.is_alive()


def test_the_log_of_the_run_before_is_kept(begin, tmp_path):
    begin((sys.executable, "-c", "print('first', flush=True)"))
    _wait_for_text(tmp_path / "part.log")
    begin((sys.executable, "-c", "print('second', flush=True)"))
    assert "second" in _wait_for_text(tmp_path / "part.log")
    assert "first" in (tmp_path / "part.log.1").read_text()


def _wait_for_text(log: Path) -> str:
    deadline = time.monotonic() + 20
    while not log.read_text().strip():
        assert time.monotonic() < deadline, "the process said nothing"
        time.sleep(0.02)
    return log.read_text()
