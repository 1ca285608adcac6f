"""LLaVA-Bench's relative score: two grades from 1 to 10, a reference and a candidate, asked in both orders.

The official figure has the reference first only, and a reply that cannot be read as -1 for both in the
means. The corrected one averages both orders, and leaves out and counts what cannot be read.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from journeyman.judging.calibration import Calibration, judge_facts
from journeyman.judging.interval import Interval, item_interval, strata_interval
from journeyman.judging.judge import (
    Asking,
    Contest,
    Judge,
    Outcome,
    Pair,
    Reading,
    ask_in_both_orders,
    count_problems,
    judge_of,
    pair_orders,
)
from journeyman.judging.prompt import RELATIVE
from journeyman.metrics.llava_bench import (
    UNREAD,
    JudgedTwice,
    PositionBias,
    RelativeScore,
    Scores,
    parse_scores,
    parse_scores_official,
    position_bias,
    relative_score_official,
    swapped_relative_score,
)
from journeyman.schema.judgement import Judgement
from journeyman.teacher.client import Teacher

REFERENCE = "reference"
"""Whose answer the candidate is measured by, as judgements name it."""


@dataclass(frozen=True, slots=True)
class RelativeItem:
    """A question with the reference's answer and the candidate's; an empty answer is one, and is judged."""

    item_id: str
    question: str
    context: str
    """What the judge may know of the picture, such as captions and boxes."""
    reference: str
    candidate: str
    category: str = ""


class ItemScores(NamedTuple):
    """One item's two judgements, to be averaged, resampled or set against labels."""

    item_id: str
    category: str
    judged: JudgedTwice

    @property
    def outcome(self) -> Outcome:
        """Whether the candidate got more points than the reference, both orders together."""
        if self.judged.reference_first is None or self.judged.candidate_first is None:
            return "unread"
        one, two = self.judged.reference_first, self.judged.candidate_first
        gap = math.fsum((one.second, two.first, -one.first, -two.second))
        return "win" if gap > 0 else "loss" if gap < 0 else "tie"


@dataclass(frozen=True, slots=True)
class RelativeFigure:
    """The relative score of some items, officially and corrected."""

    num_items: int
    official: float | None
    """Reference first only; failures are in it as -1 and -1. NaN or None where the official parser took
    something for numbers that has no ratio of means, such as "nan 9"."""
    official_interval: Interval | None
    """Of ``official``, over items; None for fewer than two, or where a resample has no ratio of means."""
    num_failed_official: int
    """Replies that the official parser could not read. When that is all of them, ``official`` is 100."""
    corrected: RelativeScore | None
    """Both orders averaged, with the items scored and left out; None when no item was read in both."""
    interval: Interval | None
    """Of ``corrected``, over items; None for fewer than two."""
    bias: PositionBias | None
    """How often the place decided; None as for ``corrected``."""


@dataclass(frozen=True, slots=True)
class CategoryMean:
    """The plain mean over categories, however few items one has: the ``All`` of LLaVA-Bench (Tools)."""

    official: float | None
    """None where a category has no official figure."""
    corrected: float | None
    """None where a category has no item that was read in both orders."""
    interval: Interval | None
    """Of ``corrected``, items being drawn anew within each category."""


@dataclass(frozen=True, slots=True)
class RelativeResult:
    """What a judge says of a candidate."""

    judge: Judge
    candidate: str
    overall: RelativeFigure
    by_category: Mapping[str, RelativeFigure]
    """In alphabetical order."""
    category_mean: CategoryMean
    """Of ``by_category``; LLaVA-Bench (Tools) reports this, LLaVA-Bench ``overall``."""
    items: tuple[ItemScores, ...]
    """Sorted by id."""
    num_read: int
    num_unread: int
    """With ``num_read``, two replies an item."""
    problems: Mapping[str, int]
    """Why replies are unread -> how many."""

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Item -> what became of the candidate, for a calibration."""
        return {item.item_id: item.outcome for item in self.items}


async def judge_relative(
    items: Sequence[RelativeItem], candidate: str, judge: Teacher, *, asking: Asking | None = None
) -> list[Judgement]:
    """Two judgements an item, the reference first and then second; errors are those of ``ask_in_both_orders``.

    Args:
        items: What is judged.
        candidate: Name of the system whose answers are judged.
        judge: The model asked.
        asking: How; None takes the defaults.
    """
    contests = [
        Contest(item.item_id, item.category, item.question, item.context, (item.reference, item.candidate))
        for item in items
    ]
    return await ask_in_both_orders(
        RELATIVE,
        contests,
        (REFERENCE, candidate),
        judge,
        read=_read,
        unreadable="the first line is not two scores from 1 to 10",
        asking=asking or Asking(),
    )


def summarise_relative(
    judgements: Sequence[Judgement], *, samples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> RelativeResult:
    """The figures of stored judgements; equal rows in any order give equal figures.

    Args:
        judgements: Rows of one judge about one candidate, both orders of every item.
        samples: Resamples of the bootstrap.
        confidence: Of the intervals, in (0, 1).
        seed: Equal seeds and rows give equal intervals.

    Raises:
        SchemaError: Rows of several judges, prompts or candidates, or an order of an item missing or twice.
    """
    pairs = pair_orders(judgements, "relative", REFERENCE)

    def figure(name: str, chosen: Sequence[Pair]) -> RelativeFigure:
        return _figure(chosen, samples, confidence, random.Random(f"{seed} {name}"))  # noqa: S311

    categories = sorted({pair.given.category for pair in pairs})
    num_read = sum(row.status == "read" for row in judgements)
    of_category = {name: [pair for pair in pairs if pair.given.category == name] for name in categories}
    by_category = {name: figure(f"in {name}", chosen) for name, chosen in of_category.items()}
    rng = random.Random(f"{seed} mean of categories")  # noqa: S311
    return RelativeResult(
        judge=judge_of(judgements),
        candidate=pairs[0].given.shown_second,
        overall=figure("", pairs),
        by_category=by_category,
        category_mean=_category_mean(by_category, list(of_category.values()), samples, confidence, rng),
        items=tuple(ItemScores(pair.given.item_id, pair.given.category, _judged(pair)) for pair in pairs),
        num_read=num_read,
        num_unread=len(judgements) - num_read,
        problems=count_problems(judgements),
    )


def relative_facts(result: RelativeResult, calibration: Calibration | None = None) -> dict[str, str]:
    """The result in words, for a report: judge and prompt, both figures, their denominators, what is not known.

    Raises:
        ConfigError: The calibration is another judge's.
    """
    facts = judge_facts(result.judge, result.num_read, result.num_unread, result.problems, calibration)
    named = [(f"relative score, {name or 'no category'}", figure) for name, figure in result.by_category.items()]
    for name, figure in (("relative score", result.overall), *named):
        facts[name] = _corrected_in_words(figure)
        facts[f"{name}, official"] = _official_in_words(figure)
    if result.overall.bias is not None:
        facts["position bias"] = bias_in_words(result.overall.bias)
    return facts


def bias_in_words(bias: PositionBias) -> str:
    """How often the place decided, with the denominator."""
    return (
        f"the first place won in both orders for {bias.first_wins_both:.1%}, the second for "
        f"{bias.second_wins_both:.1%} of {bias.num_scored} items"
    )


def _read(reply: str) -> Reading | None:
    scores = parse_scores(reply)
    return None if scores is None else Reading(scores=scores)


def _figure(pairs: Sequence[Pair], samples: int, confidence: float, rng: random.Random) -> RelativeFigure:
    officially = [parse_scores_official(pair.given.reply) for pair in pairs]
    judged, read = [_judged(pair) for pair in pairs], _read_twice(pairs)
    interval = item_interval(
        read, lambda drawn: swapped_relative_score(drawn).value, samples=samples, confidence=confidence, rng=rng
    )
    return RelativeFigure(
        num_items=len(pairs),
        official=_official(officially),
        official_interval=_official_interval(officially, samples, confidence, rng),
        num_failed_official=officially.count(UNREAD),
        corrected=swapped_relative_score(judged) if read else None,
        interval=interval,
        bias=position_bias(judged) if read else None,
    )


def _category_mean(
    figures: Mapping[str, RelativeFigure],
    by_category: Sequence[Sequence[Pair]],
    samples: int,
    confidence: float,
    rng: random.Random,
) -> CategoryMean:
    official = [figure.official for figure in figures.values()]
    corrected = [figure.corrected.value for figure in figures.values() if figure.corrected is not None]
    whole = len(corrected) == len(figures)
    return CategoryMean(
        official=None if None in official else fmean(value for value in official if value is not None),
        corrected=fmean(corrected) if whole else None,
        interval=strata_interval(
            [_read_twice(chosen) for chosen in by_category],
            lambda drawn: fmean(swapped_relative_score(stratum).value for stratum in drawn),
            samples=samples,
            confidence=confidence,
            rng=rng,
        )
        if whole
        else None,
    )


def _read_twice(pairs: Sequence[Pair]) -> list[JudgedTwice]:
    judged = [_judged(pair) for pair in pairs]
    return [item for item in judged if item.reference_first is not None and item.candidate_first is not None]


def _official(scores: Sequence[Scores]) -> float | None:
    try:
        return relative_score_official(scores)
    except (ValueError, OverflowError):  # the references sum to 0, or "inf" and "-inf" are among them
        return None


def _official_interval(
    scores: Sequence[Scores], samples: int, confidence: float, rng: random.Random
) -> Interval | None:
    try:
        found = item_interval(scores, relative_score_official, samples=samples, confidence=confidence, rng=rng)
    except (ValueError, OverflowError):  # as for the figure itself
        return None
    return found if found and math.isfinite(found.low) and math.isfinite(found.high) else None


def _judged(pair: Pair) -> JudgedTwice:
    return JudgedTwice(_scores(pair.given), _scores(pair.swapped))


def _scores(row: Judgement) -> Scores | None:
    if row.score_first is None or row.score_second is None:
        return None
    return Scores(row.score_first, row.score_second)


def _corrected_in_words(figure: RelativeFigure) -> str:
    if figure.corrected is None:
        return f"none: no item of {figure.num_items} was read in both orders"
    score = figure.corrected
    spread = "" if figure.interval is None else f" [{figure.interval.low:.1f}, {figure.interval.high:.1f}]"
    return f"{score.value:.1f}{spread} of {score.num_scored} items, {score.num_failed} unread"


def _official_in_words(figure: RelativeFigure) -> str:
    value = "none" if figure.official is None else f"{figure.official:.1f}"
    return f"{value} of {figure.num_items} items, {figure.num_failed_official} of them unread and counted as -1"
