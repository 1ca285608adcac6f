"""MM-Vet (arXiv:2308.02490): a judge's correctness of 0 to 1 per answer, over six capabilities and their combinations.

Source: ``mm-vet_evaluator.py`` of yuweihao/MM-Vet. Officially a judge is asked up to five times for a number it does
not give, then the answer scores 0; the paper's figure is the mean of five runs over all answers, with the population
standard deviation over runs. The judge (gpt-4-0613) is retired; a figure of another judge is not comparable.
"""

import math
import re
from collections.abc import Iterable, Sequence
from statistics import fmean, pstdev
from typing import NamedTuple

CAPABILITIES = ("rec", "ocr", "know", "gen", "spat", "math")
"""Recognition, text in the picture, knowledge, language generation, spatial awareness, maths; in the paper's order."""
NUM_QUESTIONS = 218
NUM_PICTURES = 200

# The whole first line: "0.5 or 0.6" and "8/10" are no grade, and neither is "1_0", which float() takes.
_GRADE = re.compile(r"0(?:\.\d*)?|1(?:\.0*)?|\.\d+")


class Graded(NamedTuple):
    """One answer, graded once or several times."""

    capabilities: tuple[str, ...]
    """What the question tests; it has at least one."""
    grades: tuple[float | None, ...]
    """One a run, each in [0, 1]; None where the judge's reply could not be read."""


class Correctness(NamedTuple):
    """Grades of some answers in percent, two ways; each is over all of them."""

    official: float
    """Mean over runs, an unread reply being 0."""
    runs: tuple[float, ...]
    """``official`` of each run."""
    sd: float
    """Population standard deviation of ``runs``; 0 for one run."""
    corrected: float | None
    """Mean over answers of the mean of their grades that were read; None when none was."""
    num_answers: int
    num_unread: int
    """Replies that could not be read, of ``num_answers`` times the runs."""
    num_left_out: int
    """Answers without a grade that was read, which are not in ``corrected``."""


def read_grade(reply: str) -> float | None:
    """The number from 0 to 1 that is the first line that is not blank; None when that line is anything else."""
    line = reply.strip().split("\n", 1)[0].strip()
    return float(line) if _GRADE.fullmatch(line) else None


def correctness(answers: Sequence[Graded]) -> Correctness:
    """Both figures of ``answers``.

    Raises:
        ValueError: No answers, or not all graded equally often and at least once.
    """
    num_runs = {len(answer.grades) for answer in answers}
    if len(num_runs) != 1 or 0 in num_runs:
        raise ValueError(f"{len(answers)} answers need as many grades each, at least one; found {sorted(num_runs)}")
    by_run = list(zip(*(answer.grades for answer in answers), strict=True))
    runs = tuple(100 * math.fsum(grade or 0.0 for grade in grades) / len(answers) for grades in by_run)
    means = read_means(answers)
    return Correctness(
        official=fmean(runs),
        runs=runs,
        sd=pstdev(runs),
        corrected=100 * fmean(means) if means else None,
        num_answers=len(answers),
        num_unread=sum(grades.count(None) for grades in by_run),
        num_left_out=len(answers) - len(means),
    )


def read_means(answers: Sequence[Graded]) -> list[float]:
    """The mean of each answer's grades that were read, in [0, 1]; answers without one are left out."""
    read = [[grade for grade in answer.grades if grade is not None] for answer in answers]
    return [fmean(grades) for grades in read if grades]


def by_capability(answers: Sequence[Graded]) -> dict[str, list[Graded]]:
    """The answers that test each capability, in the paper's order; an answer is in as many as it tests."""
    found: dict[str, list[Graded]] = {}
    for name in in_order({name for answer in answers for name in answer.capabilities}):
        found[name] = [answer for answer in answers if name in answer.capabilities]
    return found


def by_combination(answers: Sequence[Graded]) -> dict[str, list[Graded]]:
    """The answers that test exactly a combination, such as ``ocr_math``; most frequent first, each answer in one."""
    found: dict[str, list[Graded]] = {}
    for answer in answers:
        found.setdefault(combination(answer.capabilities), []).append(answer)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def combination(capabilities: Sequence[str]) -> str:
    """The name of a set of capabilities, in the paper's order: equal sets have equal names."""
    return "_".join(in_order(capabilities))


def in_order(capabilities: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the paper's order; others than the six come last."""
    known = {name: place for place, name in enumerate(CAPABILITIES)}
    return tuple(sorted(set(capabilities), key=lambda name: (known.get(name, len(known)), name)))
