"""Journeyman's own grounding benchmark: does a click hit the element that an instruction means?

Problems come with a dataset (synthesis draws their pages beside the training pages): half of them have
looks that training knows, half have looks that it never saw. Scored as ScreenSpot is (the point is in the
box, edges included), with both averages that papers print without saying which.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import Click, Command, MoveTo, read_command, write_command
from journeyman.agent.controller import Controller
from journeyman.agent.screen_prompt import grounding_question, screen_system
from journeyman.benchmark import Benchmark, Figure, Known, ProblemSet, Scoring, quotient
from journeyman.benchmarks.seed_bench import mean_of_dimensions
from journeyman.errors import ConfigError
from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.screenspot import is_grounded
from journeyman.schema.message import Message
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import FileRef, Query
from journeyman.schema.record import Record, canonical_json
from journeyman.schema.score import Measure
from journeyman.schema.screen import Grounding, Screen
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.tool import ToolCard

NAME = "grounding"
KINDS = ("text", "icon")
SIZES = ("small", "medium", "large")
_LARGEST = {"small": 0.002, "medium": 0.01}
"""Shares of the screen's area up to which an element is of a size."""


class GroundingGold(Record):
    """What a click is scored against."""

    left: float
    top: float
    right: float
    bottom: float
    others: tuple[tuple[float, float], ...]
    """Middles of all elements of the screen, of which a floor draws one."""


def problems_of(groundings: Sequence[Grounding], screens: Sequence[Screen]) -> ProblemSet:
    """Problems of held-out groundings, by their id; screenshots are media rows of the synthesis.

    Args:
        groundings: Of the split ``held_out``.
        screens: Theirs.

    Raises:
        ConfigError: There is no problem.
    """
    if not groundings:
        raise ConfigError("there is no held-out page to evaluate on; raise screens.held_out_pages")
    by_id = {screen.screen_id: screen for screen in screens}
    rows = sorted(groundings, key=lambda row: row.grounding_id)
    return ProblemSet(tuple(_problem(row, by_id[row.screen_id]) for row in rows), ())


def read(source: str) -> ProblemSet:
    """Refuse a folder: these problems come with the dataset that they were kept apart from.

    Raises:
        ConfigError: Always.
    """
    raise ConfigError(f"held-out pages come with a dataset, not from {source!r}; leave this benchmark out")


async def attempt(
    problem: Problem,
    controller: Controller,
    cards: Sequence[ToolCard],  # noqa: ARG001 - one signature
    media: Mapping[str, bytes],
) -> Trajectory:
    """One reply, with the screenshot and the instruction as a grounding row shows them."""
    asked = grounding_question(problem.query.text, problem.query.files[0].sha256)
    text = await controller.act([screen_system(), asked], media)
    point = clicked(text)
    step = Step(
        action=text,
        code="",
        observation="",
        images=(problem.query.files[0].sha256,),
        tool_calls=(),
        error="" if point else "parse",
    )
    return Trajectory(
        trajectory_id="",
        query_id=problem.query.query_id,
        steps=(step,),
        answer_json=canonical_json(list(point)) if point else "",
        status="answered" if point else "failed",
        controller=controller.name,
    )


def clicked(text: str) -> Point | None:
    """Where the command in ``text`` points; None where there is none, or none that points."""
    try:
        command: Command = read_command(text)
    except UnreadableActionError:
        return None
    if isinstance(command, (Click, MoveTo)) and command.x is not None and command.y is not None:
        return Point(command.x, command.y)
    return None


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """Hit of one attempt, once for the micro average and once for its cell of the macro average."""
    gold = GroundingGold.model_validate_json(problem.gold_json)
    point = clicked(trajectory.steps[-1].action) if trajectory.steps else None
    hit = float(is_grounded(point, Box(gold.left, gold.top, gold.right, gold.bottom)))
    groups = problem.groups
    return (
        Measure(name="Grounding", value=hit, weight=1),
        Measure(name=_cell(groups["kind"], groups["size"]), value=hit, weight=1),
        Measure(name="Format", value=float(point is not None), weight=1),
    )


def _problem(row: Grounding, screen: Screen) -> Problem:
    element = row.element
    gold = GroundingGold(
        left=element.left,
        top=element.top,
        right=element.right,
        bottom=element.bottom,
        others=tuple(other.middle for other in screen.elements),
    )
    area = (element.right - element.left) * (element.bottom - element.top)
    size = next((name for name, most in _LARGEST.items() if area <= most), "large")
    groups = {
        "look": "unseen" if screen.unseen_look else "seen",
        "kind": element.kind,
        "size": size,
        "style": row.style,
        "page": f"{screen.environment}/{screen.task}",
    }
    return Problem(
        problem_id=row.grounding_id,
        benchmark=NAME,
        query=Query(
            query_id=row.grounding_id,
            split="held_out",
            family=row.family,
            text=row.instruction,
            tools=(),
            needs_picture=True,
            seed=screen.seed,
            files=(FileRef(name="screen.png", sha256=row.screenshot, media_type="image/png", origin="written"),),
            gold_json="",
            origin="synthesised",
            teacher=row.teacher,
        ),
        gold_json=gold.model_dump_json(),
        groups_json=groups_json(groups),
        tools=AS_IN_THE_RECIPE,
    )


def _cell(kind: str, size: str) -> str:
    return f"Grounding {kind} {size}"


class PointController:
    """A floor: points somewhere, whatever is asked."""

    def __init__(self, name: str, point: tuple[float, float]) -> None:
        """Point at ``point``."""
        self._name = name
        self._reply = write_command(Click(*point))

    @property
    def name(self) -> str:
        """Which floor."""
        return self._name

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002 - it looks at nothing
        """The same click."""
        return self._reply


def random_pixel(known: Known) -> Callable[[Query], Controller]:
    """Any point of the screen, drawn by seed and problem."""

    def of(query: Query) -> Controller:
        rng = random.Random(f"pixel/{known.seed}/{query.query_id}")  # noqa: S311 - reproducible choice, no secret
        return PointController("random_pixel", (rng.random(), rng.random()))

    return of


def random_element(known: Known) -> Callable[[Query], Controller]:
    """The middle of any element of the screen."""
    golds = {p.query.query_id: GroundingGold.model_validate_json(p.gold_json) for p in known.problems}

    def of(query: Query) -> Controller:
        rng = random.Random(f"element/{known.seed}/{query.query_id}")  # noqa: S311 - reproducible choice, no secret
        return PointController("random_element", rng.choice(golds[query.query_id].others))

    return of


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="clicks on elements of generated pages and MiniWoB++ screens that training never saw",
    read=read,
    score=score,
    right="Grounding",
    figures=(
        Figure("Grounding", note="the click is inside the element's box: micro average over problems"),
        Figure(
            "Grounding macro",
            (*(_cell(kind, size) for kind, size in product(KINDS, SIZES)), "Grounding"),
            mean_of_dimensions,
            note="plain mean over cells of kind and size",
        ),
        Figure("Format", ("Format",), quotient, note="a command that points could be read"),
    ),
    headline=("Grounding", "Grounding macro"),
    groupings=("look", "kind", "size", "style", "page"),
    attempt=attempt,
    baselines={"random_pixel": random_pixel, "random_element": random_element},
)
