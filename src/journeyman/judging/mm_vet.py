"""MM-Vet: how right each answer is by its ground truth, from 0 to 1, asked once or several times."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from journeyman.errors import ConfigError, SchemaError
from journeyman.judging.interval import Interval, item_interval
from journeyman.judging.judge import Asking, Judge, ask_once, check_heard, check_ids, count_problems
from journeyman.judging.prompt import CORRECTNESS, GradedMaterial, prompt_digest
from journeyman.metrics.mm_vet import (
    Correctness,
    Graded,
    by_capability,
    by_combination,
    correctness,
    read_grade,
    read_means,
)
from journeyman.schema.grade import Grade
from journeyman.stage import for_each
from journeyman.teacher.client import Teacher

UNREADABLE = "the first line is not a grade from 0.0 to 1.0"


@dataclass(frozen=True, slots=True)
class GradedItem:
    """A question, what is right, and an answer; an empty answer is one, and is graded."""

    item_id: str
    question: str
    truth: str
    """With ``<AND>`` and ``<OR>`` between its parts."""
    answer: str
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GradeFigure:
    """How right some answers are, in percent."""

    correctness: Correctness
    interval: Interval | None
    """Of the corrected figure, over items; None for fewer than two that were read."""


@dataclass(frozen=True, slots=True)
class GradeResult:
    """What a judge says of a system's answers."""

    judge: Judge
    system: str
    overall: GradeFigure
    by_capability: Mapping[str, GradeFigure]
    """In the paper's order; an answer counts in each that its question tests."""
    by_combination: Mapping[str, GradeFigure]
    """Most frequent first; each answer counts in one."""
    num_read: int
    num_unread: int
    """With ``num_read``, one reply for each item and run."""
    problems: Mapping[str, int]
    """Why replies are unread -> how many."""


async def judge_correctness(
    items: Sequence[GradedItem], system: str, judge: Teacher, *, times: int = 1, asking: Asking | None = None
) -> list[Grade]:
    """``times`` grades an item, in the order of ``items``.

    More times ask anew only for what was not asked before: the first is asked without a seed, the others with 1, 2, ...

    Args:
        items: What is graded.
        system: Whose answers they are.
        judge: The model asked.
        times: How often each answer is graded, at least 1.
        asking: How; None takes the defaults.

    Raises:
        ConfigError: Nothing to judge, an id twice, or no times.
        TeacherError: The judge answered nothing at all; the first reason is named.
        TransientError: No answer after several attempts; what was answered is in the ledger.
        BudgetExceededError: The next request would start over budget.
    """
    check_ids([item.item_id for item in items])
    if times < 1:
        raise ConfigError(f"times = {times} asks nothing; give 1 or more")
    how = asking or Asking()

    async def ask(asked: tuple[GradedItem, int]) -> Grade:
        item, run = asked
        material = GradedMaterial(item.question, _spaced(item.truth), item.answer)
        heard = await ask_once(CORRECTNESS, material, judge, how, seed=run or None)
        grade = read_grade(heard.reply)
        return Grade(
            item_id=item.item_id,
            capabilities=item.capabilities,
            system=system,
            run=run,
            judge_model=judge.model,
            prompt=CORRECTNESS.name,
            prompt_version=CORRECTNESS.version,
            prompt_digest=prompt_digest(CORRECTNESS),
            request_digest=heard.request_digest,
            status="unread" if grade is None else "read",
            grade=grade,
            reply=heard.reply,
            problem="" if grade is not None else heard.problem or UNREADABLE,
        )

    asked = [(item, run) for item in items for run in range(times)]
    grades = await for_each(asked, ask, at_once=how.concurrency)
    check_heard(judge.model, [(grade.reply, grade.problem) for grade in grades])
    return grades


def summarise_correctness(
    grades: Sequence[Grade], *, samples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> GradeResult:
    """The figures of stored grades; equal rows in any order give equal figures.

    Args:
        grades: Rows of one judge about one system, every item as often.
        samples: Resamples of the bootstrap.
        confidence: Of the intervals, in (0, 1).
        seed: Equal seeds and rows give equal intervals.

    Raises:
        SchemaError: Rows of several judges, prompts or systems, or an item not graded once in every run.
    """
    judge, system = _judge_of(grades)
    answers = _answers(grades)

    def figure(name: str, chosen: Sequence[Graded]) -> GradeFigure:
        rng = random.Random(f"{seed} {name}")  # noqa: S311 - reproducible choice, no secret
        interval = item_interval(
            read_means(chosen), lambda drawn: 100 * fmean(drawn), samples=samples, confidence=confidence, rng=rng
        )
        return GradeFigure(correctness(chosen), interval)

    num_read = sum(grade.status == "read" for grade in grades)
    return GradeResult(
        judge=judge,
        system=system,
        overall=figure("", answers),
        by_capability={name: figure(f"of {name}", chosen) for name, chosen in by_capability(answers).items()},
        by_combination={name: figure(f"in {name}", chosen) for name, chosen in by_combination(answers).items()},
        num_read=num_read,
        num_unread=len(grades) - num_read,
        problems=count_problems(grades),
    )


def _spaced(truth: str) -> str:
    """The parts of a ground truth set apart from their signs, as officially."""
    return " ".join(truth.replace("<AND>", " <AND> ").replace("<OR>", " <OR> ").split())


def _judge_of(grades: Sequence[Grade]) -> tuple[Judge, str]:
    found = {(row.judge_model, row.prompt, row.prompt_version, row.prompt_digest, row.system) for row in grades}
    if len(found) != 1:
        named = ", ".join(f"{model} by {prompt} v{version} of {system}" for model, prompt, version, _, system in found)
        raise SchemaError(
            f"a figure is one judge's by one prompt of one system, these {len(grades)} grades are: {named}"
        )
    ((model, prompt, version, digest, system),) = found
    if prompt != CORRECTNESS.name:
        raise SchemaError(f"these grades are by prompt {prompt}, not {CORRECTNESS.name}")
    return Judge(model, "correctness", version, digest), system


def _answers(grades: Sequence[Grade]) -> list[Graded]:
    """One answer an item, sorted by item, its grades by run."""
    rows: dict[str, dict[int, Grade]] = {}
    for grade in sorted(grades, key=lambda row: (row.item_id, row.run)):
        if grade.run in rows.setdefault(grade.item_id, {}):
            raise SchemaError(f"item {grade.item_id!r} is graded twice in run {grade.run}")
        rows[grade.item_id][grade.run] = grade
    runs = set().union(*rows.values())
    for item_id, found in rows.items():
        if found.keys() != runs:
            raise SchemaError(f"item {item_id!r} is graded in runs {sorted(found)}, others in {sorted(runs)}")
    return [
        Graded(next(iter(found.values())).capabilities, tuple(row.grade for row in found.values()))
        for found in rows.values()
    ]
