"""Small skills that answer, draw, refuse, break down and lie, and a workbench that has them."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from journeyman.action_formats.skill_json import SkillCall, SkillTurn, write_turn
from journeyman.agent.loop import run_query
from journeyman.agent.turns import NO_LIMITS, Attempt, RunLimits, Workbench
from journeyman.errors import ToolError, ToolUnavailableError
from journeyman.file_writer import write_file
from journeyman.host_pool import shared_pool
from journeyman.schema.message import Message
from journeyman.schema.problem import AS_IN_THE_RECIPE, ToolChange
from journeyman.schema.query import FileRef, FileSpec, Query
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.storage.cassette import Cassette
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tool_faults import NO_FAULTS, ToolFaults
from journeyman.toolbox import Mode, Toolbox
from journeyman.tools._pictures.rle import Rle, decode_mask


def picture(background: str) -> bytes:
    """A small PNG of one colour."""
    scene = {"width": 40, "height": 20, "background": background, "items": []}
    return write_file(FileSpec(name="file_1.png", writer="png", spec_json=canonical_json(scene)))


RED, BLUE = picture("red"), picture("blue")


def ref(data: bytes, name: str = "file_1.png") -> FileRef:
    return FileRef(name=name, sha256=sha256_hex(data), media_type="image/png", origin="written")


MASK = {"size": [2, 2], "counts": "13"}
"""Three pixels."""

QUERY = Query(
    query_id="q",
    split="train",
    family="look/child",
    text="What is there?",
    tools=("count_things",),
    needs_picture=True,
    seed=1,
    files=(ref(RED),),
    gold_json="",
    origin="synthesised",
    teacher="t",
)


class OfPicture(Arguments):
    image: str = file_argument("picture")


class OfMask(Arguments):
    mask: Rle


class OfText(Arguments):
    text: str


RUNS: list[str] = []
"""Names of the skills that really ran, in order."""


def _count(arguments: OfPicture, files: ToolFiles) -> ToolResult:
    RUNS.append("count_things")
    return ToolResult(value={"things": len(files.read(arguments.image)) % 7, "box": [0.1, 0.2, 0.3, 0.4]})


def _paint(arguments: OfPicture, files: ToolFiles) -> ToolResult:
    RUNS.append("paint_blue")
    files.read(arguments.image)
    name = files.write("blue.png", BLUE)
    return ToolResult(value={"picture": name}, images=(name,))


def _say(arguments: OfText, files: ToolFiles) -> ToolResult:
    RUNS.append("say")
    return ToolResult(value=arguments.text)


def _refuse(arguments: OfPicture, files: ToolFiles) -> ToolResult:
    RUNS.append("refuse")
    raise ToolError("nothing can be seen here")


def _break_down(arguments: OfPicture, files: ToolFiles) -> ToolResult:
    RUNS.append("break_down")
    raise ToolUnavailableError("break_down is out of order")


def _cut_out(arguments: OfPicture, files: ToolFiles) -> ToolResult:
    RUNS.append("cut_out")
    files.read(arguments.image)
    return ToolResult(value=[{"mask": MASK}])


def _area_of(arguments: OfMask, files: ToolFiles) -> ToolResult:
    RUNS.append("area_of")
    return ToolResult(value=int(decode_mask(arguments.mask).sum()))


def _tool(name: str, arguments: type[Arguments], run: Any) -> Tool:
    return Tool(
        name=name,
        version=1,
        summary="A toy.",
        description="A toy.",
        arguments=arguments,
        returns="value",
        result=Any,
        example={},
        run=run,
    )


TOYS = (
    _tool("count_things", OfPicture, _count),
    _tool("paint_blue", OfPicture, _paint),
    _tool("say", OfText, _say),
    _tool("refuse", OfPicture, _refuse),
    _tool("break_down", OfPicture, _break_down),
    _tool("cut_out", OfPicture, _cut_out),
    _tool("area_of", OfMask, _area_of),
)


def bench_of_toys(
    home: Path,
    *,
    max_steps: int = 4,
    shown_first: tuple[str, ...] = (),
    faults: ToolFaults = NO_FAULTS,
    cassette: Cassette | None = None,
    mode: Mode = "live",
) -> Workbench:
    """A workbench without a sandbox whose skills are :data:`TOYS`."""
    tools = {tool.name: (tool, "toys") for tool in TOYS}
    toolbox = Toolbox(
        tools, cassette=cassette, results=None, mode=mode, faults=faults, hosts=shared_pool(), seconds=30.0
    )
    return Workbench(
        toolbox=toolbox,
        sandbox=None,
        home=home / "sessions",
        max_steps=max_steps,
        action_format="skill_json",
        shown_first=shown_first,
    )


def turn(*calls: tuple[str, Mapping[str, Any]], value: str = "Wait.") -> str:
    """Text of a turn; without calls it answers ``value``."""
    return write_turn(SkillTurn("so", tuple(SkillCall(name, params) for name, params in calls), value))


class Script:
    """Says its lines in order, the last one for ever, and notes what it was shown."""

    name = "script"

    def __init__(self, *lines: str) -> None:
        self._lines = lines
        self.shown: list[tuple[Message, ...]] = []

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        assert all(digest in media for message in messages for digest in message.images)
        self.shown.append(tuple(messages))
        return self._lines[min(len(self.shown), len(self._lines)) - 1]


def solve(
    controller: Any, bench: Workbench, *, change: ToolChange = AS_IN_THE_RECIPE, limits: RunLimits = NO_LIMITS
) -> Attempt:
    """What comes of :data:`QUERY`."""
    media = {sha256_hex(RED): RED}
    return asyncio.run(run_query(QUERY, controller=controller, bench=bench, media=media, change=change, limits=limits))
