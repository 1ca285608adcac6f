"""AndroidControl (arXiv:2406.03679), offline: the next action on a phone, from its screenshot, at two levels.

``high`` tells the episode's goal and the steps before, ``low`` the instruction of this step too. The data are the 500
steps that OSU-NLP-Group/UGround drew and processed, on which Aguvis' table is; any steps of that form are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat

from journeyman.action_formats.pyautogui_call import (
    MOBILE_FUNCTIONS,
    TERMINATE,
    Call,
    Click,
    Command,
    DragTo,
    Scroll,
    Wait,
    Write,
)
from journeyman.agent.controller import Controller
from journeyman.agent.screen_prompt import screen_question, screen_system
from journeyman.benchmark import Benchmark, Figure, ProblemSet, Scoring
from journeyman.benchmarks._official_files import named, open_official, parse_json
from journeyman.benchmarks._screen_replies import (
    TYPE_TEXT,
    Words,
    attempt_once,
    checked_rows,
    command_of,
    refuse_faults,
    screen_problem,
)
from journeyman.benchmarks._screenshots import Screenshot, Screenshots
from journeyman.benchmarks.grounding import random_pixel
from journeyman.errors import ConfigError
from journeyman.metrics.android_control import (
    Action,
    Direction,
    Element,
    Kind,
    is_step_right,
    is_step_right_official,
)
from journeyman.metrics.boxes import Box, Point, box_from_corners, box_to_fractions, point_to_fractions
from journeyman.schema.problem import Problem
from journeyman.schema.record import Record
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory
from journeyman.tool import ToolCard

NAME = "android_control"
TITLE = "AndroidControl"
LICENCE = "see google-research/android_control"
TABLES = ("500_steps.json", "data/500_steps.json")
NUM_STEPS = 500
"""Steps of the published sample."""
LEVELS: tuple[Literal["high", "low"], ...] = ("high", "low")

_PICTURES = ("", "images/", "screenshots/", "AndroidControl_images/", "android_control_screenshots/")
_WHERE = "github.com/OSU-NLP-Group/UGround (offline_evaluation/AndroidControl)"
_FUNCTIONS = (*MOBILE_FUNCTIONS, TYPE_TEXT, TERMINATE)
_STATUS = {"success": "successful", "failure": "infeasible"}
_SIMPLE: dict[str, Kind] = {"home": "navigate_home", "back": "navigate_back"}
_TYPING: tuple[Kind, ...] = ("type_text", "input_text")
_ARGUMENTS: dict[Kind, tuple[str, ...]] = {
    "click": ("x", "y"),
    "long_press": ("x", "y"),
    "type_text": ("x", "y", "text"),
    "input_text": ("text",),
    "scroll": ("direction",),
    "open_app": ("app_name",),
    "status": ("goal_status",),
}
"""What each kind must say; the others say nothing."""


class PhoneElement(Record):
    """A node of the accessibility tree."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom in fractions of the screenshot."""
    text: str
    description: str


class PhoneGold(Record):
    """What a step is scored against, and what is told of the steps before."""

    level: Literal["high", "low"]
    instruction: str
    """Of this step; shown at level ``low``."""
    previous: tuple[str, ...]
    kind: Kind
    x: float | None
    """Fraction of the screenshot, as is ``y``; None where the kind has no place."""
    y: float | None
    text: str
    direction: Direction | None
    app_name: str
    elements: tuple[PhoneElement, ...]


def _as_type_text(value: Any) -> Any:
    return "type_text" if value == "type" else value  # the data set's own name of it


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def _flat(value: Any) -> Any:
    """Nodes of a tree, which may be lists in lists."""
    if not isinstance(value, list):
        return value
    return [node for item in value for node in (_flat(item) if isinstance(item, list) else [item])]


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    action_type: Annotated[Kind, BeforeValidator(_as_type_text)]
    x: FiniteFloat | None = None
    y: FiniteFloat | None = None
    text: str | None = None
    direction: Direction | None = None
    app_name: str | None = None
    goal_status: str | None = None

    def lacking(self) -> list[str]:
        """What its kind must say and it does not."""
        return [name for name in _ARGUMENTS.get(self.action_type, ()) if getattr(self, name) is None]


class _Pixels(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    x_min: FiniteFloat
    y_min: FiniteFloat
    x_max: FiniteFloat
    y_max: FiniteFloat


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    bbox_pixels: _Pixels
    text: Annotated[str, BeforeValidator(_or_empty)] = ""
    content_description: Annotated[str, BeforeValidator(_or_empty)] = ""

    def has_area(self) -> bool:
        """Whether a point can be in it; Android gives nodes that were scrolled away a box turned inside out."""
        return self.bbox_pixels.x_min <= self.bbox_pixels.x_max and self.bbox_pixels.y_min <= self.bbox_pixels.y_max


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    episode_id: int
    step: Annotated[int, Field(ge=0)]
    goal: Words
    step_instruction: Words
    previous_actions: tuple[Words, ...] = ()
    screenshot: Words
    action: _Action
    accessibility_tree: Annotated[tuple[_Node, ...], BeforeValidator(_flat)]


def read(source: str) -> ProblemSet:
    """Each step twice, once a level.

    Args:
        source: Folder with ``500_steps.json`` and the screenshots, or a zip of it.

    Raises:
        ConfigError: Not there, not such steps, a row that cannot be used, or a screenshot that is missing.
    """
    files = open_official(source, benchmark=TITLE, wanted=TABLES)
    table = next(name for name in TABLES if files.has(name))
    raw: Any = parse_json(files.read(table), table)
    if not isinstance(raw, list) or not raw:
        raise ConfigError(f"{table} is no list of steps; get it from {_WHERE}")
    places = ((f"{table} row {number}", row) for number, row in enumerate(raw))
    rows = checked_rows(places, _Row, benchmark=TITLE, where=_WHERE)
    shots = Screenshots(NAME, licence=LICENCE, where=_WHERE)
    folder = table.rpartition("/")[0]
    folders = _PICTURES if not folder else (*_PICTURES, *(f"{folder}/{name}" for name in _PICTURES))
    shown = [shots.find(files, folders, row.screenshot) for row in rows]
    shots.require_all(folders)
    posed = [(row, shot) for row, shot in zip(rows, shown, strict=True) if shot is not None]
    _check(posed)
    problems = tuple(_problem(level, row, shot) for row, shot in posed for level in LEVELS)
    other = "" if len(rows) == NUM_STEPS else "; not comparable with published figures"
    turned = sum(not node.has_area() for row in rows for node in row.accessibility_tree)
    facts = {"steps": f"{len(rows)} of the published {NUM_STEPS}, each at two levels{other}"}
    facts["elements left out"] = f"{turned}, whose box ends before it begins: no point is in it"
    return ProblemSet(problems, shots.media, {**facts, **shots.facts()})


async def attempt(
    problem: Problem,
    controller: Controller,
    cards: Sequence[ToolCard],  # noqa: ARG001 - one signature
    media: Mapping[str, bytes],
) -> Trajectory:
    """One command, after the screenshot, the goal and the steps before; at level ``low`` this step is told too."""
    gold = PhoneGold.model_validate_json(problem.gold_json)
    asked = screen_question(problem.query.text, gold.previous, problem.query.files[0].sha256)
    return await attempt_once(problem, controller, [screen_system(_FUNCTIONS), asked], _FUNCTIONS, media)


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """Whether the step is right by both rules, overall and at its level."""
    gold = PhoneGold.model_validate_json(problem.gold_json)
    command = command_of(trajectory, _FUNCTIONS)
    predicted, right = _predicted(command, gold.kind), _right(gold)
    elements = [Element(Box(*node.box), node.text, node.description) for node in gold.elements]
    measures = [Measure(name="Format", value=float(command is not None), weight=1)]
    for suffix, rule in (("", is_step_right), (" official", is_step_right_official)):
        hit = float(rule(predicted, right, elements))
        measures.append(Measure(name=f"Step Acc{suffix}", value=hit, weight=1))
        measures.append(Measure(name=f"Step Acc {gold.level}{suffix}", value=hit, weight=1))
    return tuple(measures)


def _predicted(command: Command | None, kind: Kind) -> Action | None:
    """A command as an action of the benchmark; None where it is none, such as a hotkey.

    Args:
        command: What was read.
        kind: Of the recorded action. Data name a typed text one of two ways; what is typed is called what they call it.
    """
    match command:
        case Click(x=float() as x, y=float() as y, button="left", clicks=1):
            return Action("click", Point(x, y))
        case Scroll(pages=pages, axis="vertical"):
            return Action("scroll", direction="down" if pages > 0 else "up")
        case Scroll(pages=pages):
            return Action("scroll", direction="right" if pages > 0 else "left")
        case DragTo(x=x, y=y, from_x=float() as from_x, from_y=float() as from_y):
            return _swiped((from_x, from_y), (x, y))
        case Wait():
            return Action("wait")
        case Write(message=message):
            return Action(kind if kind in _TYPING else "input_text", text=message)
        case Call(name=name, arguments=arguments):
            return _called(name, dict(arguments), kind)
        case _:
            return None


def _called(name: str, given: Mapping[str, Any], kind: Kind) -> Action | None:
    if name in _SIMPLE:
        return Action(_SIMPLE[name])
    match name:
        case "swipe":
            return _swiped(given["from_coord"], given["to_coord"])
        case "long_press":
            return Action("long_press", Point(given["x"], given["y"]))
        case "open_app":
            return Action("open_app", app_name=str(given["app_name"]))
        case "terminate":
            return Action("status", text=_STATUS[str(given["status"])])
        case "type_text":
            place = Point(given["x"], given["y"])
            return Action(kind if kind in _TYPING else "type_text", place, str(given["text"]))
        case _:
            return None


def _swiped(start: tuple[float, float], end: tuple[float, float]) -> Action | None:
    """A swipe as a scroll: the view goes the other way than the finger; None for one that goes nowhere."""
    across, down = end[0] - start[0], end[1] - start[1]
    if not across and not down:
        return None
    if abs(across) > abs(down):
        return Action("scroll", direction="left" if across > 0 else "right")
    return Action("scroll", direction="up" if down > 0 else "down")


def _right(gold: PhoneGold) -> Action:
    point = Point(gold.x, gold.y) if gold.x is not None and gold.y is not None else None
    return Action(gold.kind, point, gold.text, gold.direction, gold.app_name)


def _check(posed: Sequence[tuple[_Row, Screenshot]]) -> None:
    faults: list[str] = []
    placed, outside = 0, list[str]()
    seen: set[tuple[int, int]] = set()
    for row, shot in posed:
        place = f"episode {row.episode_id} step {row.step}"
        if (row.episode_id, row.step) in seen:
            faults.append(f"{place}: stands twice")
        seen.add((row.episode_id, row.step))
        action = row.action
        if action.lacking():
            faults.append(f"{place}: {action.action_type} without {' and '.join(action.lacking())}")
        if action.x is not None and action.y is not None:
            placed += 1
            is_inside = 0 <= action.x <= shot.width and 0 <= action.y <= shot.height
            outside += [] if is_inside else [f"{place} at {action.x:g}, {action.y:g} of {shot.width} x {shot.height}"]
    refuse_faults(faults, benchmark=TITLE, where=_WHERE)
    if len(outside) * 10 > placed:
        raise ConfigError(
            f"{len(outside)} of {TITLE}'s {placed} places lie outside their screenshots ({named(outside)}); places are "
            f"in pixels of the screenshots as they are, get both from {_WHERE}"
        )


def _problem(level: Literal["high", "low"], row: _Row, shot: Screenshot) -> Problem:
    action = row.action
    place = None
    if action.x is not None and action.y is not None and "x" in _ARGUMENTS.get(action.action_type, ()):
        place = point_to_fractions(Point(action.x, action.y), width_pixels=shot.width, height_pixels=shot.height)
    gold = PhoneGold(
        level=level,
        instruction=row.step_instruction,
        previous=row.previous_actions,
        kind=action.action_type,
        x=place.x if place else None,
        y=place.y if place else None,
        text=(action.goal_status if action.action_type == "status" else action.text) or "",
        direction=action.direction,
        app_name=action.app_name or "",
        elements=tuple(_element(node, shot) for node in row.accessibility_tree if node.has_area()),
    )
    asked = row.goal if level == "high" else f"{row.goal}\nThis step: {row.step_instruction}"
    groups = {"level": level, "action": action.action_type}
    return screen_problem(NAME, f"{row.episode_id}-{row.step}-{level}", asked, shot, gold, groups)


def _element(node: _Node, shot: Screenshot) -> PhoneElement:
    pixels = node.bbox_pixels
    corners = box_from_corners((pixels.x_min, pixels.y_min, pixels.x_max, pixels.y_max))
    box = box_to_fractions(corners, width_pixels=shot.width, height_pixels=shot.height)
    return PhoneElement(box=(box.x1, box.y1, box.x2, box.y2), text=node.text, description=node.content_description)


def _figures() -> Iterator[Figure]:
    for suffix, note in (
        ("", "what is equal is treated alike, names are whole words"),
        (" official", "UGround's script, on which Aguvis' table is: equal to the letter, a label may contain a name"),
    ):
        for level in LEVELS:
            yield Figure(f"Step Acc {level}{suffix}", published_denominator=NUM_STEPS, note=note)
        yield Figure(f"Step Acc{suffix}", published_denominator=2 * NUM_STEPS, note=f"both levels; {note}")
    yield Figure("Format", published_denominator=2 * NUM_STEPS, note="a command could be read")


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="AndroidControl (arXiv:2406.03679): the next action of recorded phone episodes; 500 steps of UGround",
    read=read,
    score=score,
    right="Step Acc",
    figures=tuple(_figures()),
    headline=("Step Acc high", "Step Acc low"),
    groupings=("level", "action"),
    takes_plans=True,
    attempt=attempt,
    baselines={"random_pixel": random_pixel},
)
