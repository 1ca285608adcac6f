"""What benchmarks of one reply a screen share: their rows, problems, attempts, measures and floors."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, FiniteFloat, StringConstraints, ValidationError

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import Command, PluggableFunction, read_command, write_command
from journeyman.agent.controller import Controller
from journeyman.agent.screen_planner import UnreadablePlanError
from journeyman.benchmark import Figure, Known
from journeyman.benchmarks._official_files import first_problem, named
from journeyman.benchmarks._screenshots import Screenshot
from journeyman.benchmarks.grounding import PointController
from journeyman.benchmarks.seed_bench import mean_of_dimensions
from journeyman.errors import ConfigError
from journeyman.metrics.boxes import Box, box_to_fractions
from journeyman.schema.message import Message
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import Query
from journeyman.schema.record import Record, canonical_json
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Step, Trajectory

R = TypeVar("R", bound=BaseModel)
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A text that is not blank."""
FourNumbers = tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]

TYPE_TEXT = PluggableFunction(
    "type_text",
    "Click on a text field and type a text into it",
    {
        "type": "object",
        "properties": {
            "x": {"type": "number", "description": "The x coordinate of the text field"},
            "y": {"type": "number", "description": "The y coordinate of the text field"},
            "text": {"type": "string", "description": "The text to type"},
        },
        "required": ["x", "y", "text"],
    },
)
"""Offered where a step is a place and a text at once, which no command of a mouse and keyboard is."""

_SIZES = {"tiny": 0.0005, "small": 0.002, "medium": 0.01}
"""Shares of the screen's area up to which an element is of a size."""
_OTHER_SHAPE = 0.02
_OVERHANG = 1.02
"""Where a box ends at most, as a fraction of the screen; annotations are a few pixels off at edges."""


def checked_rows(raw_rows: Iterable[tuple[str, Any]], model: type[R], *, benchmark: str, where: str) -> list[R]:
    """Rows that can be used; ``raw_rows`` says where each stands.

    Raises:
        ConfigError: One cannot be used; up to five are named.
    """
    rows: list[R] = []
    faults: list[str] = []
    for place, raw in raw_rows:
        try:
            row = model.model_validate(raw)
            canonical_json(row).encode()
        except ValidationError as exc:
            faults.append(f"{place}: {first_problem(exc)}")
        except ValueError as exc:  # half a surrogate pair
            faults.append(f"{place}: {exc}")
        else:
            rows.append(row)
    refuse_faults(faults, benchmark=benchmark, where=where)
    return rows


def refuse_faults(faults: Sequence[str], *, benchmark: str, where: str) -> None:
    """Refuse rows for what is wrong with them.

    Raises:
        ConfigError: There is a fault; up to five are named.
    """
    if faults:
        raise ConfigError(
            f"{len(faults)} rows of {benchmark} cannot be used: {'; '.join(faults[:5])}; get them from {where}"
        )


def boxes_in_fractions(
    boxes: Sequence[tuple[str, Box, Screenshot]], *, benchmark: str, form: str, where: str
) -> list[Box]:
    """Boxes in pixels as fractions of their screenshots.

    Data sets of other hands hold fractions, or corners for width and height, under the official names. Both would be
    read without a word, and nothing would ever be hit.

    Args:
        boxes: Where each stands, the box in pixels, and its screenshot.
        benchmark: For messages.
        form: How the official files hold a box.
        where: Where they can be had.

    Raises:
        ConfigError: Boxes are in fractions, or more than a tenth of them end outside their screenshots.
    """
    fractions = [box_to_fractions(box, width_pixels=shot.width, height_pixels=shot.height) for _, box, shot in boxes]
    tiny = [place for place, box, _ in boxes if max(box) <= 1]
    if tiny:
        raise ConfigError(
            f"{len(tiny)} boxes of {benchmark} lie within one pixel ({named(tiny)}): they are in fractions; the "
            f"official files hold {form} in pixels, get them from {where}"
        )
    outside = [place for (place, _, _), box in zip(boxes, fractions, strict=True) if max(box) > _OVERHANG]
    if len(outside) * 10 > len(boxes):
        raise ConfigError(
            f"{len(outside)} of {benchmark}'s {len(boxes)} boxes end outside their screenshots ({named(outside)}); the "
            f"official files hold {form} in pixels of the screenshots as they are, get both from {where}"
        )
    return fractions


def as_stated(shot: Screenshot, size: tuple[int, int]) -> Screenshot:
    """The screenshot with the size that its row states, in whose pixels the row's boxes are.

    A picture that was scaled is as good as the original; one of another shape is another picture.

    Raises:
        ValueError: Width and height are to each other as in no scaled copy.
    """
    width, height = size
    if abs(shot.width * height / (shot.height * width) - 1) > _OTHER_SHAPE:
        raise ValueError(f"size is {width} x {height}, {shot.ref.origin} has {shot.width} x {shot.height}")
    return shot._replace(width=width, height=height)


def size_of(area: float) -> str:
    """Name of an element's size, by its share of the screen's area."""
    return next((name for name, most in _SIZES.items() if area <= most), "large")


def screen_problem(
    benchmark: str, problem_id: str, text: str, screenshot: Screenshot, gold: Record, groups: Mapping[str, str]
) -> Problem:
    """A problem about one screenshot.

    Args:
        benchmark: Plugin name.
        problem_id: Unique in it.
        text: What is asked.
        screenshot: About what.
        gold: What a reply is scored against.
        groups: What figures are broken down by.
    """
    query = Query(
        query_id=f"{benchmark}-{problem_id}",
        split="held_out",
        family=benchmark,
        text=text,
        tools=(),
        needs_picture=True,
        seed=0,
        files=(screenshot.ref,),
        gold_json="",
        origin="benchmark",
        teacher="",
    )
    return Problem(
        problem_id=problem_id,
        benchmark=benchmark,
        query=query,
        gold_json=canonical_json(gold),
        groups_json=groups_json(groups),
        tools=AS_IN_THE_RECIPE,
    )


async def attempt_once(
    problem: Problem,
    controller: Controller,
    messages: Sequence[Message],
    functions: Sequence[PluggableFunction],
    media: Mapping[str, bytes],
) -> Trajectory:
    """One reply to ``messages``, as a trajectory of one step; answered where a command could be read."""
    text, why, command = "", "", None
    try:
        text = await controller.act(messages, media)
        command = read_command(text, functions)
    except UnreadableActionError as exc:
        text = exc.reply if isinstance(exc, UnreadablePlanError) else text
        why = str(exc)
    step = Step(
        action=text,
        code="",
        observation=f"Error: {why}" if why else "",
        images=(),
        tool_calls=(),
        error="" if command else "parse",
    )
    return Trajectory(
        trajectory_id="",
        query_id=problem.query.query_id,
        steps=(step,),
        answer_json=canonical_json(write_command(command)) if command else "",
        status="answered" if command else "failed",
        controller=controller.name,
    )


def command_of(trajectory: Trajectory, functions: Sequence[PluggableFunction]) -> Command | None:
    """The command of a reply; None where there was none, or it could not be read."""
    if not trajectory.steps:
        return None
    try:
        return read_command(trajectory.steps[-1].action, functions)
    except UnreadableActionError:
        return None


def click_measures(name: str, cell: str, *, hit: bool, readable: bool) -> tuple[Measure, ...]:
    """Measures of one click: once for the micro average, once for its cell of the macro average."""
    return (
        Measure(name=name, value=float(hit), weight=1),
        Measure(name=cell, value=float(hit), weight=1),
        Measure(name="Format", value=float(readable), weight=1),
    )


def click_figures(name: str, cells: Mapping[str, int], *, micro: str, macro: str) -> tuple[Figure, ...]:
    """Figures over clicks.

    Args:
        name: Of the micro average.
        cells: Name of each cell -> published number of its problems.
        micro: Who prints the micro average.
        macro: Who prints the plain mean of the cells.
    """
    total = sum(cells.values())
    return (
        Figure(name, published_denominator=total, note=f"the click is in the box, over all problems: {micro}"),
        Figure(
            f"{name} macro",
            (*cells, name),
            mean_of_dimensions,
            published_denominator=total,
            note=f"plain mean of the {len(cells)} cells: {macro}",
        ),
        *(Figure(cell, published_denominator=size, note="a cell of the table") for cell, size in cells.items()),
        Figure("Format", published_denominator=total, note="a command that points could be read"),
    )


def size_facts(found: Iterable[str], published: Mapping[str, int], *, whole: str) -> dict[str, str]:
    """How many problems there are beside the published numbers.

    Args:
        found: Cell of each problem.
        published: Cell -> published number.
        whole: What those are the numbers of.
    """
    sizes = Counter(found)
    other = [f"{cell} {sizes[cell]} for {size}" for cell, size in published.items() if sizes[cell] != size]
    return {
        "problems": f"{sum(sizes.values())} of the published {sum(published.values())}",
        "version": (
            f"not comparable with published figures, sizes differ: {named(other)}" if other else f"the sizes of {whole}"
        ),
    }


def centre(known: Known) -> Callable[[Query], Controller]:  # noqa: ARG001 - one signature
    """The middle of the screen: what a model clicks on that has learnt where targets lie on average."""
    return lambda query: PointController("centre", (0.5, 0.5))  # noqa: ARG005 - the same for all
