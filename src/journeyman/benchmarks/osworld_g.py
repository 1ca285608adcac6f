"""OSWorld-G (arXiv:2505.13227): clicks on desktop screenshots, on boxes and polygons, and instructions to refuse.

An instruction about nothing on the screen is refused by ``terminate(status="failure")``. Officially a refusal is a
point with negative coordinates, which a command here cannot have.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat

from journeyman.action_formats.pyautogui_call import TERMINATE, Call, Click, Command, MoveTo
from journeyman.agent.controller import Controller
from journeyman.agent.screen_prompt import grounding_question, screen_system
from journeyman.benchmark import Benchmark, Figure, ProblemSet, Scoring
from journeyman.benchmarks._official_files import OfficialFiles, open_official, parse_json
from journeyman.benchmarks._screen_replies import (
    Words,
    as_stated,
    attempt_once,
    boxes_in_fractions,
    centre,
    checked_rows,
    command_of,
    refuse_faults,
    screen_problem,
    size_facts,
    size_of,
)
from journeyman.benchmarks._screenshots import Screenshot, Screenshots
from journeyman.benchmarks.grounding import random_pixel
from journeyman.benchmarks.seed_bench import mean_of_dimensions
from journeyman.errors import ConfigError
from journeyman.metrics.boxes import Box, Point, box_from_xywh, polygon_holds
from journeyman.schema.problem import Problem
from journeyman.schema.record import Record
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory
from journeyman.tool import ToolCard

NAME = "osworld_g"
TITLE = "OSWorld-G"
LICENCE = "Apache-2.0 (xlang-ai/OSWorld-G)"
TABLES = ("OSWorld-G.json", "OSWorld-G_refined.json")
"""The first that is there is read: instructions as they were written, or reworded so that no knowledge is needed."""
CAPABILITIES = (
    "text_matching",
    "element_recognition",
    "layout_understanding",
    "fine_grained_manipulation",
    "refusal",
)
"""Of ``classification_result.json``; a problem can be of several."""
TARGET_SIZES = {"bbox": 470, "polygon": 40, "refusal": 54}
"""Published problems by what is to be hit, 564 in all."""

_CLASSES = "classification_result.json"
_PICTURES = ("images/",)
_WHERE = "github.com/xlang-ai/OSWorld-G (benchmark/)"
_FUNCTIONS = (TERMINATE,)

Target = Literal["bbox", "polygon", "refusal"]
_Pixels = Annotated[int, Field(ge=1)]


class TargetGold(Record):
    """What is to be hit, in fractions of the screenshot."""

    target: Target
    corners: tuple[tuple[float, float], ...]
    """Of a box the left upper and right lower one, of a polygon all in order; none where it is to be refused."""
    capabilities: tuple[str, ...]


def _in_lower_case(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Words
    image_path: Words
    image_size: tuple[_Pixels, _Pixels]
    instruction: Words
    box_type: Annotated[Target, BeforeValidator(_in_lower_case)]
    box_coordinates: tuple[FiniteFloat, ...] = ()


def read(source: str) -> ProblemSet:
    """All problems with their screenshots, and their capabilities where the classification is beside them.

    Args:
        source: The repository, its ``benchmark/`` folder, or a zip of either.

    Raises:
        ConfigError: Not there, not OSWorld-G, a row that cannot be used, or a screenshot that is missing or is another
            than its row says.
    """
    files = open_official(source, benchmark=TITLE, wanted=TABLES)
    table = next(name for name in TABLES if files.has(name))
    raw: Any = parse_json(files.read(table), table)
    if not isinstance(raw, list) or not raw:
        raise ConfigError(f"{table} is no list of problems; get it from {_WHERE}")
    places = ((f"{table} row {number}", row) for number, row in enumerate(raw))
    rows = checked_rows(places, _Row, benchmark=TITLE, where=_WHERE)
    shots = Screenshots(NAME, licence=LICENCE, where=_WHERE)
    shown = [shots.find(files, _PICTURES, row.image_path) for row in rows]
    shots.require_all(_PICTURES)
    posed = _checked([(row, shot) for row, shot in zip(rows, shown, strict=True) if shot is not None])
    capabilities = _capabilities(files)
    problems = tuple(_problem(row, shot, capabilities.get(row.id, ())) for row, shot in posed)
    facts = size_facts((row.box_type for row in rows), TARGET_SIZES, whole=TITLE)
    facts["instructions"] = "as they were written" if table == TABLES[0] else "refined"
    facts["capabilities"] = f"from {_CLASSES}" if capabilities else f"unknown: {_CLASSES} is not there"
    return ProblemSet(problems, shots.media, {**facts, **shots.facts()})


async def attempt(
    problem: Problem,
    controller: Controller,
    cards: Sequence[ToolCard],  # noqa: ARG001 - one signature
    media: Mapping[str, bytes],
) -> Trajectory:
    """One reply: a click, or the end of the episode as a failure."""
    asked = grounding_question(problem.query.text, problem.query.files[0].sha256)
    return await attempt_once(problem, controller, [screen_system(_FUNCTIONS), asked], _FUNCTIONS, media)


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """Hit of one reply, overall, by target and by capability; nothing but a refusal is right where one is due."""
    gold = TargetGold.model_validate_json(problem.gold_json)
    command = command_of(trajectory, _FUNCTIONS)
    hit = float(_is_right(command, gold))
    parts = dict.fromkeys((gold.target, *gold.capabilities))  # refusal is a target and a capability
    names = [TITLE, *(f"{TITLE} {part}" for part in parts)]
    if gold.target != "refusal":
        names.append(f"{TITLE} without refusals")
    readable = _refuses(command) or _point(command) is not None
    return (
        *(Measure(name=name, value=hit, weight=1) for name in names),
        Measure(name="Format", value=float(readable), weight=1),
    )


def _is_right(command: Command | None, gold: TargetGold) -> bool:
    if gold.target == "refusal":
        return _refuses(command)
    point = _point(command)
    if point is None:
        return False
    corners = [Point(*corner) for corner in gold.corners]
    if gold.target == "polygon":
        return polygon_holds(corners, point)
    return Box(*corners[0], *corners[1]).contains(point)


def _refuses(command: Command | None) -> bool:
    return isinstance(command, Call) and command == Call("terminate", (("status", "failure"),))


def _point(command: Command | None) -> Point | None:
    if isinstance(command, Click | MoveTo) and command.x is not None and command.y is not None:
        return Point(command.x, command.y)
    return None


def _checked(posed: Sequence[tuple[_Row, Screenshot]]) -> list[tuple[_Row, Screenshot]]:
    """Rows and screenshots with the sizes that the rows state.

    Raises:
        ConfigError: A target that cannot be, or another picture.
    """
    faults: list[str] = []
    checked: list[tuple[_Row, Screenshot]] = []
    boxes: list[tuple[str, Box, Screenshot]] = []
    seen: set[str] = set()
    for row, shot in posed:
        if row.id in seen:
            faults.append(f"{row.id}: the id stands twice")
        seen.add(row.id)
        numbers = row.box_coordinates
        try:
            stated = as_stated(shot, row.image_size)
            if row.box_type == "polygon" and (len(numbers) < 6 or len(numbers) % 2):
                raise ValueError(f"a polygon is x and y of three vertices or more, not {len(numbers)} numbers")
            if row.box_type == "bbox":
                boxes.append((row.id, box_from_xywh(numbers), stated))
            checked.append((row, stated))
        except ValueError as exc:
            faults.append(f"{row.id}: {exc}")
    refuse_faults(faults, benchmark=TITLE, where=_WHERE)
    boxes_in_fractions(boxes, benchmark=TITLE, form="left, top, width, height", where=_WHERE)
    return checked


def _capabilities(files: OfficialFiles) -> dict[str, tuple[str, ...]]:
    """Capabilities of a problem by its id; empty where there is no classification."""
    if not files.has(_CLASSES):
        return {}
    raw: Any = parse_json(files.read(_CLASSES), _CLASSES)
    classified = raw.get("classified") if isinstance(raw, dict) else None
    if not isinstance(classified, dict) or set(classified) - set(CAPABILITIES):
        raise ConfigError(f"{_CLASSES} does not sort problems by {', '.join(CAPABILITIES)}; get it from {_WHERE}")
    found: dict[str, tuple[str, ...]] = {}
    for name in (name for name in CAPABILITIES if name in classified):
        for member in classified[name] if isinstance(classified[name], list) else [None]:
            if not isinstance(member, dict) or not isinstance(member.get("id"), str):
                raise ConfigError(f"{_CLASSES} has a problem without an id in {name}; get it from {_WHERE}")
            found[member["id"]] = (*found.get(member["id"], ()), name)
    return found


def _problem(row: _Row, shot: Screenshot, capabilities: tuple[str, ...]) -> Problem:
    corners = _corners(row)
    fractions = tuple((x / shot.width, y / shot.height) for x, y in corners)
    groups = {"target": row.box_type, "size": "none"}
    if corners:
        xs, ys = zip(*fractions, strict=True)
        groups["size"] = size_of((max(xs) - min(xs)) * (max(ys) - min(ys)))
    gold = TargetGold(target=row.box_type, corners=fractions, capabilities=capabilities)
    return screen_problem(NAME, row.id, row.instruction, shot, gold, groups)


def _corners(row: _Row) -> list[tuple[float, float]]:
    numbers = row.box_coordinates
    if row.box_type == "refusal":
        return []
    if row.box_type == "bbox":
        box = box_from_xywh(numbers)
        return [(box.x1, box.y1), (box.x2, box.y2)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _figures() -> tuple[Figure, ...]:
    total = sum(TARGET_SIZES.values())
    sizes: dict[str, int | None] = {**dict.fromkeys(CAPABILITIES), **TARGET_SIZES}
    return (
        Figure(TITLE, published_denominator=total, note="the target is hit, or refused where it is not there"),
        Figure(
            f"{TITLE} macro",
            (*(f"{TITLE} {name}" for name in CAPABILITIES), TITLE),
            mean_of_dimensions,
            published_denominator=total,
            note="plain mean of the five capabilities",
        ),
        Figure(
            f"{TITLE} without refusals",
            published_denominator=total - TARGET_SIZES["refusal"],
            note="as printed by those who leave refusals out",
        ),
        *(Figure(f"{TITLE} {name}", published_denominator=size, note="a part") for name, size in sizes.items()),
        Figure("Format", published_denominator=total, note="a command that points or refuses could be read"),
    )


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="OSWorld-G (arXiv:2505.13227): clicks on desktop screenshots, and refusals; data of xlang-ai/OSWorld-G",
    read=read,
    score=score,
    right=TITLE,
    figures=_figures(),
    headline=(TITLE, f"{TITLE} without refusals"),
    groupings=("target", "size"),
    attempt=attempt,
    baselines={"random_pixel": random_pixel, "centre": centre},
)
