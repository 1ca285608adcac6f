"""How the sandbox starts, refuses to start, and ends."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journeyman.errors import SandboxError
from journeyman.sandbox import bubblewrap
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.sandbox import Sandbox


def test_no_process_is_left_after_close(tmp_path):
    async def go():
        async with Sandbox.start(tmp_path) as sandbox:
            context = sandbox.worker(SessionFolder.create(tmp_path), (), _no_tools)
            worker = await context.__aenter__()
            inside = _descendants(os.getpid()) - before
            assert len(inside) >= 2
        assert (await worker.run("print(1)")).error_kind == "died"
        with pytest.raises(SandboxError, match="dead"):
            await worker.run("print(1)")
        await context.__aexit__(None, None, None)
        return inside

    before = _descendants(os.getpid())
    inside = asyncio.run(go())
    assert not [pid for pid in inside if Path(f"/proc/{pid}").exists()]


def test_a_killed_host_leaves_nothing_behind(tmp_path):
    program = f"""
import asyncio
from pathlib import Path
from journeyman.sandbox.sandbox import Sandbox
from journeyman.sandbox.folder import SessionFolder
async def main():
    async with Sandbox.start(Path({str(tmp_path)!r})) as sandbox:
        async with sandbox.worker(SessionFolder.create(sandbox.home), (), None) as worker:
            print("up", flush=True)
            await worker.run("while True: pass")
asyncio.run(main())
"""
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    assert host.stdout.readline() == "up\n"
    inside = _descendants(host.pid)
    assert len(inside) >= 2
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    deadline = time.monotonic() + 5
    while any(map(_alive, inside)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in inside if _alive(pid)]


def test_without_bubblewrap_nothing_is_run_and_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)

    async def go():
        async with Sandbox.start(tmp_path):
            pass

    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        asyncio.run(go())


def test_a_machine_that_refuses_namespaces_is_told_what_to_allow(tmp_path, monkeypatch):
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: str(refusing))

    async def go():
        async with Sandbox.start(tmp_path / "home"):
            pass

    with pytest.raises(SandboxError, match="unprivileged user namespaces"):
        asyncio.run(go())


def test_a_search_path_without_bubblewrap_is_refused_too(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    async def go():
        async with Sandbox.start(tmp_path / "home"):
            pass

    with pytest.raises(SandboxError, match="bubblewrap is not installed"):
        asyncio.run(go())


def _without(*flags):
    """The command line with each flag and its value left out."""

    def doctored(home, control):
        arguments = COMMAND(home, control)
        for flag, value in flags:
            at = next(n for n, pair in enumerate(itertools.pairwise(arguments)) if pair == (flag, value))
            del arguments[at : at + 2]
        return arguments

    return doctored


def _with(*more):
    def doctored(home, control):
        arguments = COMMAND(home, control)
        at = arguments.index("--remount-ro")
        return [*arguments[:at], *more, *arguments[at:]]

    return doctored


COMMAND = bubblewrap.command
DOCTORED = {
    "a writable root": (_without(("--remount-ro", "/")), "write to /"),
    "processes in sight": (_with("--proc", "/proc"), "see the host's processes"),
    "a file of the host": (_with("--ro-bind", "/etc/passwd", "/etc/passwd"), "read /etc/passwd"),
    "a name in the environment": (_with("--setenv", "OPENAI_API_KEY", "sk"), "OPENAI_API_KEY"),
}


@pytest.mark.parametrize(("doctored", "said"), DOCTORED.values(), ids=DOCTORED.keys())
def test_a_wall_that_gives_way_stops_the_start(tmp_path, monkeypatch, doctored, said):
    monkeypatch.setattr("journeyman.sandbox.sandbox.command", doctored)

    async def go():
        async with Sandbox.start(tmp_path):
            pass

    with pytest.raises(SandboxError, match=said):
        asyncio.run(go())


def test_the_kernel_ends_the_sandbox_first_where_memory_runs_out(tmp_path):
    async def go():
        async with (
            Sandbox.start(tmp_path) as sandbox,
            sandbox.worker(SessionFolder.create(tmp_path), (), _no_tools),
        ):
            return {_first_out(pid) for pid in _descendants(os.getpid()) - before}

    before = _descendants(os.getpid())
    assert asyncio.run(go()) == {"1000"}


def test_a_home_made_by_the_sandbox_is_closed_to_other_users(tmp_path):
    async def go():
        async with Sandbox.start(tmp_path / "sessions"):
            return (tmp_path / "sessions").stat().st_mode & 0o777

    assert asyncio.run(go()) == 0o700


async def _no_tools(name, args, kwargs):
    raise AssertionError(name)


def _first_out(pid: int) -> str:
    return Path(f"/proc/{pid}/oom_score_adj").read_text().strip()


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    pending = [pid]
    while pending:
        for children in Path(f"/proc/{pending.pop()}/task").glob("*/children"):
            pids = [int(child) for child in children.read_text().split()]
            found.update(pids)
            pending += pids
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
