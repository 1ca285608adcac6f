"""A thousand trajectories through one sandbox, hostile ones among them, leave nothing behind. Run by ``make soak``."""

import asyncio
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from journeyman.agent.loop import run_query
from journeyman.agent.workbench import open_workbench
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.limits import MIB, Limits
from journeyman.sandbox.sandbox import Sandbox
from journeyman.schema.message import Message
from journeyman.schema.query import Query
from journeyman.stage import for_each
from journeyman.storage.store import Store

pytestmark = pytest.mark.slow

TRAJECTORIES = 1_000
AGENT_RUNS = 200
AT_ONCE = 16
LIMITS = Limits(
    soft_seconds=1.0, hard_seconds=1.5, memory_bytes=2048 * MIB, file_bytes=4 * MIB, folder_bytes=8 * MIB, threads=100
)

# What a trajectory does by the last digits of its number, and how its last step ends.
HOSTILE = {
    3: ("import os\nos._exit(1)", "died"),
    7: ("import ctypes\nctypes.string_at(0)", "died"),
    11: ("import numpy\nfull = []\nwhile True: full.append(numpy.zeros(10**8))", "memory"),
    17: ("import os\nos.kill(0, 9)", ""),
    23: ("for n in range(3): open(str(n), 'wb').write(b'x' * 4_000_000)", "died"),
    29: ("import os\nos.write(3, b'\\xff' * 64)\nimport time\ntime.sleep(0.5)", "died"),
    37: ("import os\nos.makedirs('a/b/c')\nos.symlink('/', 'a/up')\nos.chmod('a', 0)", None),
    41: ("import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()", None),
    43: ("import os\nkept = os.open('gone', os.O_CREAT | os.O_RDWR)\nos.unlink('gone')", ""),
    # few: each takes its hard limit
    97: ("import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass", "timeout"),
}


def test_a_thousand_trajectories_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    home = tmp_path / "sessions"

    async def run() -> tuple[dict[str, object], dict[str, object]]:
        async with Sandbox.start(home, LIMITS) as sandbox:
            await _trajectory(sandbox, 0)  # what is opened once and kept
            before = _held(home)
            await for_each(range(TRAJECTORIES), lambda number: _trajectory(sandbox, number), at_once=AT_ONCE)
            return before, _held(home)

    outside = _held(home)
    before, after = asyncio.run(run())
    assert after == before
    assert _held(home) == outside
    assert not list(home.iterdir())
    assert not list(scratch.iterdir())


async def _trajectory(sandbox: Sandbox, number: int) -> None:
    async def broker(_name: str, args: list[object], _kwargs: dict[str, object]) -> object:
        return args

    folder = SessionFolder.create(sandbox.home, LIMITS)
    try:
        folder.put("file_1.txt", str(number).encode())
        async with sandbox.worker(folder, ("echo",), broker) as worker:
            first = await worker.run("x = int(open('file_1.txt').read())\nopen('out.txt', 'w').write('y' * x)")
            assert first.error == ""
            hostile, kind = HOSTILE.get(number % 100, ("final_answer(echo(x)[0])", ""))
            last = await worker.run(hostile)
            assert kind is None or last.error_kind == kind, (number, last)
            assert number % 100 in HOSTILE or last.answer == number
    finally:
        folder.remove()


def _held(home: Path) -> dict[str, object]:
    """What could leak: processes and their descriptors, mounts, folders."""
    processes = {os.getpid(), *_descendants(os.getpid())}
    return {
        "processes": processes,
        "descriptors": {pid: len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in processes},
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "folders": sorted(home.iterdir()) if home.exists() else [],
    }


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    pending = [pid]
    while pending:
        for children in Path(f"/proc/{pending.pop()}/task").glob("*/children"):
            pids = [int(child) for child in children.read_text().split()]
            found.update(pids)
            pending += pids
    return found


QUERY = Query.model_validate(
    dict.fromkeys(("family", "gold_json", "teacher"), "")
    | {"query_id": "q", "split": "train", "text": "What is 6 * 7?", "tools": ("calculate",), "needs_picture": False}
    | {"seed": 1, "files": (), "origin": "synthesised"}
)


class Calculator:
    """Asks the tool in one step and answers in the next; every tenth run ends its own process."""

    name = "calculator"

    def __init__(self, number: int) -> None:
        self._number = number

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        if len(messages) > 2:
            return "```py\nfinal_answer(x)\n```"
        exits = "import os; os._exit(1)" if self._number % 10 == 9 else ""
        return f"```py\nx = calculate('6 * {self._number}')\n{exits}\n```"


def test_agents_with_tools_leave_no_process_descriptor_or_folder(tmp_path: Path) -> None:
    processes, descriptors = _descendants(os.getpid()), len(list(Path("/proc/self/fd").iterdir()))

    async def run() -> list[str]:
        given = {"store": Store(f"file://{tmp_path}/store"), "scope": "soak", "home": tmp_path, "max_steps": 3}
        async with open_workbench(("calculate",), **given) as bench:

            async def one(number: int) -> str:
                attempt = await run_query(QUERY, controller=Calculator(number), bench=bench, media={})
                return attempt.trajectory.answer_json

            return await for_each(range(AGENT_RUNS), one, at_once=AT_ONCE)

    answers = asyncio.run(run())
    assert answers == ["" if n % 10 == 9 else str(6 * n) for n in range(AGENT_RUNS)]
    assert _descendants(os.getpid()) == processes
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 2
    assert not [path for path in (tmp_path / "sessions").rglob("*") if path.is_file()]
