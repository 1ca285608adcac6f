"""A few hundred trajectories through one sandbox: nothing is left behind. Run by ``make soak``."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from journeyman.agent.loop import run_query
from journeyman.agent.workbench import open_workbench
from journeyman.schema.message import Message
from journeyman.schema.query import Query
from journeyman.stage import for_each
from journeyman.storage.store import Store

pytestmark = pytest.mark.slow

TRAJECTORIES = 400
QUERY = Query.model_validate(
    dict.fromkeys(("family", "gold_json", "teacher"), "")
    | {"query_id": "q", "split": "train", "text": "What is 6 * 7?", "tools": ("calculate",), "needs_picture": False}
    | {"seed": 1, "files": (), "origin": "synthesised"}
)


class Calculator:
    """Asks the tool in one step and answers in the next; every tenth run loops until it is stopped."""

    name = "calculator"

    def __init__(self, number: int) -> None:
        self._number = number

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        if len(messages) > 2:
            return "```py\nfinal_answer(x)\n```"
        exits = "import os; os._exit(1)" if self._number % 10 == 9 else ""
        return f"```py\nx = calculate('6 * {self._number}')\n{exits}\n```"


def _children() -> set[int]:
    task = Path(f"/proc/{os.getpid()}/task")
    return {int(pid) for thread in task.iterdir() for pid in (thread / "children").read_text().split()}


def test_hundreds_of_trajectories_leave_no_process_descriptor_or_folder(tmp_path: Path) -> None:
    children, descriptors = _children(), len(list(Path("/proc/self/fd").iterdir()))

    async def run() -> list[str]:
        given = {"store": Store(f"file://{tmp_path}/store"), "scope": "soak", "home": tmp_path, "max_steps": 3}
        async with open_workbench(("calculate",), **given) as bench:

            async def one(number: int) -> str:
                attempt = await run_query(QUERY, controller=Calculator(number), bench=bench, media={})
                return attempt.trajectory.answer_json

            return await for_each(range(TRAJECTORIES), one, at_once=16)

    answers = asyncio.run(run())
    assert answers == ["" if n % 10 == 9 else str(6 * n) for n in range(TRAJECTORIES)]
    assert _children() == children
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 2
    assert not [path for path in (tmp_path / "sessions").rglob("*") if path.is_file()]
