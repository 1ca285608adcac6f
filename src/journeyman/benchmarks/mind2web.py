"""Multimodal-Mind2Web (arXiv:2401.01614), offline: the next action of a recorded episode, from its screenshot.

Scored as SeeClick's script scores it, and by the corrected rule (:mod:`journeyman.metrics.mind2web`). Typing into a
field is a place and a text at once, for which a function is offered: ``type_text``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from journeyman.action_formats.pyautogui_call import SELECT_OPTION, Call, Click, Command, MoveTo, Write
from journeyman.agent.controller import Controller
from journeyman.agent.screen_prompt import screen_question, screen_system
from journeyman.benchmark import Benchmark, Figure, ProblemSet, Scoring
from journeyman.benchmarks._mind2web_data import TITLE, WHERE, WebStep, read_steps
from journeyman.benchmarks._screen_replies import TYPE_TEXT, attempt_once, command_of, screen_problem
from journeyman.benchmarks._screenshots import Screenshots
from journeyman.benchmarks.grounding import random_pixel
from journeyman.benchmarks.seed_bench import mean_of_dimensions
from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.mind2web import (
    GoldAction,
    Operation,
    OperationClass,
    PredictedAction,
    StepScores,
    step_scores_any,
)
from journeyman.schema.problem import Problem
from journeyman.schema.record import Record
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory
from journeyman.tool import ToolCard

NAME = "mind2web"
LICENCE = "OpenRAIL (osunlp/Multimodal-Mind2Web)"

_FUNCTIONS = (SELECT_OPTION, TYPE_TEXT)
_CLASSES: tuple[OperationClass, ...] = ("click", "select", "type")
_OFFICIAL = " official"


class WebGold(Record):
    """What a step is scored against, and what was done before it."""

    operation: Operation
    value: str
    boxes: tuple[tuple[float, float, float, float], ...]
    """Left, top, right, bottom of each right element, in fractions of the screenshot."""
    previous: tuple[str, ...]
    """The actions before, as the model is shown them."""
    episode_steps: int
    """Steps of its episode that are posed."""


def read(source: str) -> ProblemSet:
    """The actions of the test splits that are there; see :func:`read_steps`.

    Raises:
        ConfigError: None is there, one is no such file, or a row cannot be used.
    """
    shots = Screenshots(NAME, licence=LICENCE, where=WHERE)
    steps, facts = read_steps(source, shots)
    sizes = Counter(step.episode for step in steps)
    problems = tuple(_problem(step, sizes[step.episode]) for step in steps)
    return ProblemSet(problems, shots.media, {**facts, **shots.facts()})


async def attempt(
    problem: Problem,
    controller: Controller,
    cards: Sequence[ToolCard],  # noqa: ARG001 - one signature
    media: Mapping[str, bytes],
) -> Trajectory:
    """One command, after the screenshot, the goal and all recorded actions before."""
    gold = WebGold.model_validate_json(problem.gold_json)
    asked = screen_question(problem.query.text, gold.previous, problem.query.files[0].sha256)
    return await attempt_once(problem, controller, [screen_system(_FUNCTIONS), asked], _FUNCTIONS, media)


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """Element, operation and step by both rules, each once for the micro and once for the macro average."""
    gold = WebGold.model_validate_json(problem.gold_json)
    command = command_of(trajectory, _FUNCTIONS)
    right = [GoldAction(gold.operation, Box(*box), gold.value) for box in gold.boxes]
    found = step_scores_any(_predicted(command), right)
    measures = [Measure(name="Format", value=float(command is not None), weight=1)]
    for suffix in ("", _OFFICIAL):
        measures += _measures(found, suffix, 1 / gold.episode_steps)
    return tuple(measures)


def _measures(found: StepScores, suffix: str, share: float) -> Iterator[Measure]:
    """Measures by one rule; ``share`` is what the step is of its episode."""
    official = suffix == _OFFICIAL
    figures = {
        "Ele.Acc": float(found.element_official if official else found.element),
        "Op.F1": found.operation_f1_official if official else found.operation_f1,
        "Step SR": float(found.success_official if official else found.success),
    }
    for name, value in figures.items():
        yield Measure(name=f"{name}{suffix}", value=value, weight=1)
        yield Measure(name=f"{name} macro{suffix}", value=value * share, weight=share)
    yield Measure(name=f"Op.F1 {found.operation_class}{suffix}", value=figures["Op.F1"], weight=1)


def _predicted(command: Command | None) -> PredictedAction | None:
    """A command as an action of the benchmark; None where it is none, such as a scroll."""
    match command:
        case Click(x=float() as x, y=float() as y, button="left"):
            return PredictedAction("CLICK", Point(x, y))
        case MoveTo(x=x, y=y):
            return PredictedAction("HOVER", Point(x, y))
        case Write(message=message):
            return PredictedAction("TYPE", None, message)
        case Call(name=name, arguments=arguments) if name in (SELECT_OPTION.name, TYPE_TEXT.name):
            given = dict(arguments)
            place = Point(float(str(given["x"])), float(str(given["y"])))
            if name == SELECT_OPTION.name:
                return PredictedAction("SELECT", place, str(given["value"]))
            return PredictedAction("TYPE", place, str(given["text"]))
        case _:
            return None


def _problem(step: WebStep, episode_steps: int) -> Problem:
    gold = WebGold(
        operation=step.operation,
        value=step.value,
        boxes=tuple((box.x1, box.y1, box.x2, box.y2) for box in step.boxes),
        previous=step.previous,
        episode_steps=episode_steps,
    )
    groups = {
        "split": f"cross-{step.split}",
        "operation": step.operation,
        "domain": step.domain,
        "website": step.website,
    }
    return screen_problem(NAME, f"{step.episode}_{step.action}", step.goal, step.screenshot, gold, groups)


def _figures() -> Iterator[Figure]:
    for suffix, rule in (
        ("", "equal values but for case and blanks"),
        (_OFFICIAL, "SeeClick's script: words as a set, the class as a digit among them"),
    ):
        yield Figure(f"Step SR{suffix}", note=f"element and operation are right, over steps; {rule}")
        yield Figure(f"Step SR macro{suffix}", note=f"mean of the episodes' means; {rule}")
        yield Figure(f"Ele.Acc{suffix}", note="the point is in a right element, over steps")
        yield Figure(f"Ele.Acc macro{suffix}", note="mean of the episodes' means")
        yield Figure(
            f"Op.F1 of classes{suffix}",
            (*(f"Op.F1 {name}{suffix}" for name in _CLASSES), f"Op.F1{suffix}"),
            mean_of_dimensions,
            note=f"mean of click's, select's and type's, the script's micro average; {rule}",
        )
        yield Figure(f"Op.F1{suffix}", note=f"over steps; {rule}")
        yield Figure(f"Op.F1 macro{suffix}", note=f"mean of the episodes' means; {rule}")
    yield Figure("Format", note="a command could be read")


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary=f"{TITLE} (arXiv:2401.01614): the next action of recorded web episodes; data of osunlp",
    read=read,
    score=score,
    right="Step SR",
    figures=tuple(_figures()),
    headline=("Step SR", "Step SR macro"),
    groupings=("split", "operation", "domain"),
    takes_plans=True,
    attempt=attempt,
    baselines={"random_pixel": random_pixel},
)
