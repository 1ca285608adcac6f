"""LLaVA-Bench and LLaVA-Bench (Tools): a judge scores two answers from 1 to 10 on its reply's first line.

Sources: ``eval_gpt_review_bench.py`` and ``summarize_gpt_review.py`` of haotian-liu/LLaVA. Officially the
reference always comes first, and a reply that cannot be read scores -1 for both and stays in the means.
The judge (gpt-4-0314) is retired; a figure of another judge is not comparable with the papers'.
"""

import math
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

MIN_SCORE = 1.0
MAX_SCORE = 10.0


class Scores(NamedTuple):
    """The judge's two scores in the order in which the answers were shown."""

    first: float
    second: float


UNREAD = Scores(-1.0, -1.0)
"""What the official parser returns for a reply that it cannot read."""


class RelativeScore(NamedTuple):
    """A relative score with its denominator."""

    value: float
    num_scored: int
    num_failed: int
    """Replies that could not be read, left out of ``value``."""


class JudgedTwice(NamedTuple):
    """One question judged in both orders; None where the reply could not be read."""

    reference_first: Scores | None
    candidate_first: Scores | None


class PositionBias(NamedTuple):
    """Shares in [0, 1] of the questions read in both orders; what is left was judged alike."""

    first_wins_both: float
    """Whichever answer was shown first got more points, in both orders."""
    second_wins_both: float
    num_scored: int


class Agreement(NamedTuple):
    """How far a judge agrees with labels."""

    accuracy: float
    """Share of equal verdicts, in [0, 1]."""
    kappa: float | None
    """Cohen's kappa in [-1, 1]; None when both sides use one label throughout, where chance explains all."""
    n: int


def parse_scores_official(review: str) -> Scores:
    """The two numbers of the first line by ``parse_score``; ``UNREAD`` when that fails.

    Commas become blanks and the line is cut at single blanks, so that "8, 9" and "8 9 " are failures;
    "nan 9" is none and turns every mean into NaN, and no number is out of range.
    """
    parts = review.split("\n", 1)[0].replace(",", " ").split(" ")
    if len(parts) != 2:
        return UNREAD
    try:
        return Scores(float(parts[0]), float(parts[1]))
    except ValueError:
        return UNREAD


def parse_scores(review: str) -> Scores | None:
    """The two numbers of the first line that is not blank, None when it is not two numbers from 1 to 10.

    Blanks, commas and semicolons separate; words around the numbers make the line unreadable, and so does "8/10".
    """
    parts = re.split(r"[\s,;]+", review.strip().split("\n", 1)[0].strip(" \t\r,;"))
    if len(parts) != 2:
        return None
    try:
        scores = Scores(float(parts[0]), float(parts[1]))
    except ValueError:
        return None
    return scores if all(MIN_SCORE <= score <= MAX_SCORE for score in scores) else None


def relative_score_official(scores: Sequence[Scores]) -> float:
    """100 x mean(candidate) / mean(reference), a ratio of means; ``UNREAD`` pairs are in both means.

    Not bounded by 100. A failure adds -1 to both sums, which lowers a score below 100 and raises one above.
    The script rounds the means to three places and the result to one. The "all" of LLaVA-Bench is over all
    questions; that of LLaVA-Bench (Tools) is the plain mean of its four parts.

    Args:
        scores: One pair per question, the reference first.

    Raises:
        ValueError: No pairs, or the references' scores sum to 0.
    """
    reference, candidate = math.fsum(pair.first for pair in scores), math.fsum(pair.second for pair in scores)
    if not scores or reference == 0:
        raise ValueError(f"no relative score: the references of {len(scores)} questions sum to {reference:g}")
    return 100 * candidate / reference


def relative_score(scores: Sequence[Scores | None]) -> RelativeScore:
    """The ratio of means over the replies that could be read, with the number of those that could not.

    Args:
        scores: One pair per question, the reference first; None for an unread reply.

    Raises:
        ValueError: No reply could be read.
    """
    read = [pair for pair in scores if pair is not None]
    return RelativeScore(relative_score_official(read), len(read), len(scores) - len(read))


def swapped_relative_score(judged: Sequence[JudgedTwice]) -> RelativeScore:
    """The ratio of means with each answer's score averaged over both orders, which cancels a bias for a place.

    Args:
        judged: A question of which either reply is unread is left out and counted as failed.

    Raises:
        ValueError: No question was read in both orders.
    """
    return relative_score([_averaged(question) for question in judged])


def position_bias(judged: Sequence[JudgedTwice]) -> PositionBias:
    """How often the place decides: the same place wins in both orders, so the preferred answer changes.

    Raises:
        ValueError: No question was read in both orders.
    """
    pairs = [(q.reference_first, q.candidate_first) for q in judged if q.reference_first and q.candidate_first]
    if not pairs:
        raise ValueError("no question was read in both orders")
    first = sum(all(scores.first > scores.second for scores in pair) for pair in pairs)
    second = sum(all(scores.first < scores.second for scores in pair) for pair in pairs)
    return PositionBias(first / len(pairs), second / len(pairs), len(pairs))


def agreement(verdicts: Sequence[Hashable], labels: Sequence[Hashable]) -> Agreement:
    """Accuracy and Cohen's kappa of a judge's verdicts against labels.

    Kappa = (observed - expected) / (1 - expected), the expected agreement from both sides' frequencies.

    Args:
        verdicts: The judge's verdict per item.
        labels: The right verdict of the same items, in the same order.

    Raises:
        ValueError: No items, or not as many on one side as on the other.
    """
    n = len(labels)
    if n == 0 or len(verdicts) != n:
        raise ValueError(f"agreement needs verdicts and labels of the same items, got {len(verdicts)} and {n}")
    observed = sum(verdict == label for verdict, label in zip(verdicts, labels, strict=True))
    ours, theirs = Counter(verdicts), Counter(labels)
    by_chance = sum(count * theirs[label] for label, count in ours.items())
    # In whole numbers: whether chance explains everything must not hang on rounding.
    kappa = None if by_chance == n * n else (observed * n - by_chance) / (n * n - by_chance)
    return Agreement(observed / n, kappa, n)


def _averaged(question: JudgedTwice) -> Scores | None:
    if question.reference_first is None or question.candidate_first is None:
        return None
    return Scores(
        (question.reference_first.first + question.candidate_first.second) / 2,
        (question.reference_first.second + question.candidate_first.first) / 2,
    )
