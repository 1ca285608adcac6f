"""One run, with real tools in a real sandbox and a controller that says what the test needs."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from journeyman.agent.loop import MAX_UNREADABLE, Attempt, run_query
from journeyman.agent.recorded import RecordedController
from journeyman.agent.workbench import open_workbench
from journeyman.file_writer import write_file
from journeyman.schema.message import Message
from journeyman.schema.query import FileRef, FileSpec, Query
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.storage.store import Store

SCENE = {"width": 200, "height": 100, "background": "red", "items": []}
PICTURE = write_file(FileSpec(name="file_1.png", writer="png", spec_json=canonical_json(SCENE)))
QUERY = Query(
    query_id="q",
    split="train",
    family="look/child",
    text="What does it show?",
    tools=("crop_image",),
    needs_picture=True,
    seed=1,
    files=(FileRef(name="file_1.png", sha256=sha256_hex(PICTURE), media_type="image/png", origin="written"),),
    gold_json="",
    origin="synthesised",
    teacher="t",
)


class Script:
    """Says its lines in order, the last one for ever, and notes what it was shown."""

    name = "script"

    def __init__(self, *lines: str) -> None:
        self._lines = lines
        self.shown: list[Sequence[Message]] = []

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        assert all(digest in media for message in messages for digest in message.images)
        self.shown.append(tuple(messages))
        return self._lines[min(len(self.shown), len(self._lines)) - 1]


def _code(*lines: str) -> str:
    return "Thought: so.\nCode:\n```py\n" + "\n".join(lines) + "\n```"


def _solve(controller: Script, tmp_path: Path, max_steps: int = 4) -> Attempt:
    async def run() -> Attempt:
        given = {"store": Store(f"file://{tmp_path}/store"), "scope": "s", "home": tmp_path, "max_steps": max_steps}
        async with open_workbench(("crop_image", "measure_colour"), **given) as bench:
            return await run_query(QUERY, controller=controller, bench=bench, media={sha256_hex(PICTURE): PICTURE})

    return asyncio.run(run())


def test_a_picture_that_a_tool_returns_is_shown_next_and_kept(tmp_path: Path) -> None:
    controller = Script(
        _code('part = crop_image("file_1.png", 0, 0, 50, 50)'), _code("final_answer(measure_colour(part)[0][0])")
    )
    attempt = _solve(controller, tmp_path)
    assert attempt.trajectory.status == "answered"
    assert attempt.trajectory.answer_json == '"red"'
    assert controller.shown[1][-1].images == (attempt.media[0].sha256,)
    assert attempt.trajectory.steps[0].images == (attempt.media[0].sha256,)
    assert [call.tool for step in attempt.trajectory.steps for call in step.tool_calls] == [
        "crop_image",
        "measure_colour",
    ]


def test_the_agent_is_told_of_its_errors_and_can_mend_them(tmp_path: Path) -> None:
    lines = (
        "I would rather talk.",
        _code('crop_image("file_9.png", 0, 0, 5, 5)'),
        _code("1 / 0"),
        _code("final_answer(2)"),
    )
    controller = Script(*lines)
    steps = _solve(controller, tmp_path).trajectory.steps
    assert [step.error for step in steps] == ["parse", "execution", "execution", ""]
    assert "no code block" in controller.shown[1][-1].text
    assert "file_9.png" in controller.shown[2][-1].text
    assert "ZeroDivisionError" in controller.shown[3][-1].text


@pytest.mark.parametrize(
    ("line", "steps", "status"),
    [("only words", MAX_UNREADABLE, "failed"), (_code("x = 1"), 4, "max_steps")],
    ids=["unreadable", "endless"],
)
def test_a_run_that_gets_nowhere_ends(line: str, steps: int, status: str, tmp_path: Path) -> None:
    trajectory = _solve(Script(line), tmp_path).trajectory
    assert (len(trajectory.steps), trajectory.status, trajectory.answer_json) == (steps, status, "")


def test_a_recorded_run_is_replayed_to_the_same_end(tmp_path: Path) -> None:
    controller = Script(_code("import random", "print(random.random())"), _code("final_answer(random.random())"))
    first = _solve(controller, tmp_path).trajectory
    second = _solve(RecordedController(first), tmp_path).trajectory  # type: ignore[arg-type]
    assert second == first
