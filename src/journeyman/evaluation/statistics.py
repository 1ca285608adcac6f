"""Intervals and tests for scores of one problem set: percentile bootstrap, paired bootstrap, McNemar, Wilson.

Every estimate carries its denominator. Two agents are compared on the same problems, pair by pair:
problems differ far more than agents do, and unpaired intervals would hide most real gains.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from journeyman.benchmark import FloatArray

Combine = Callable[[FloatArray, FloatArray], FloatArray]

_DRAWS_AT_ONCE = 1_000_000


class Estimate(BaseModel):
    """A figure over problems with its interval."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    value: float
    low: float
    high: float
    n: int
    """Problems that count; a failed run is among them."""
    denominator: float
    """What the figure divides by: ``n`` for a mean over problems, more for one over steps."""
    method: Literal["bootstrap", "wilson"]


class Difference(BaseModel):
    """A figure of one agent minus that of another, over the same problems."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    value: float
    low: float
    high: float
    n: int
    p: float
    """Two-sided; McNemar's exact test when every score is 0 or 1, else from the paired bootstrap."""
    better: int
    """Problems on which the first agent scored higher."""
    worse: int


def figure_interval(
    values: FloatArray, weights: FloatArray, combine: Combine, *, samples: int, confidence: float, seed: int
) -> Estimate | None:
    """A figure and its percentile interval over problems drawn with replacement.

    When every problem counts once and all are 0 or all are 1 a bootstrap has no width, however few they are; the
    interval is then Wilson's.

    Args:
        values: [P, M] numerators of each problem's measures; 0 where one does not apply.
        weights: [P, M] denominators likewise.
        combine: (sums [R, M] of values, sums [R, M] of weights) -> the figure [R].
        samples: Resamples drawn.
        confidence: Coverage in (0, 1), e.g. 0.95.
        seed: Equal seeds and values give equal intervals.

    Returns:
        None when no problem has a weight, or the figure is over nothing.
    """
    applies = (weights > 0).any(axis=1)
    values, weights = values[applies], weights[applies]
    if not len(values):
        return None
    value = float(combine(values.sum(axis=0, keepdims=True), weights.sum(axis=0, keepdims=True))[0])
    if not math.isfinite(value):
        return None
    counted = float(weights[:, -1].sum())
    if values.shape[1] == 1 and (weights == 1).all() and value in (0.0, 1.0) and len(set(values[:, 0])) == 1:
        low, high = wilson_interval(int(values.sum()), len(values), confidence=confidence)
        return Estimate(value=value, low=low, high=high, n=len(values), denominator=counted, method="wilson")
    drawn = combine(*_resampled_sums(values, weights, samples, seed))
    low, high = _percentiles(drawn[np.isfinite(drawn)], confidence)
    return Estimate(value=value, low=low, high=high, n=len(values), denominator=counted, method="bootstrap")


def figure_difference(
    first: tuple[FloatArray, FloatArray],
    second: tuple[FloatArray, FloatArray],
    combine: Combine,
    *,
    samples: int,
    confidence: float,
    seed: int,
) -> Difference | None:
    """A figure of ``first`` minus that of ``second``, with a paired bootstrap interval and a p value.

    Args:
        first: Values and weights [P, M] of one agent, as :func:`figure_interval` takes them.
        second: Those of another on the same problems in the same order; a problem that lacks a measure for one of
            them counts for neither.
        combine: Sums -> the figure.
        samples: Resamples drawn.
        confidence: Coverage in (0, 1).
        seed: Equal seeds and values give equal intervals.

    Raises:
        ValueError: Not as many problems on one side as on the other.
    """
    if len(first[0]) != len(second[0]):
        raise ValueError(f"paired scores must be of the same problems, got {len(first[0])} and {len(second[0])}")
    both = (first[1] > 0).any(axis=1) & (second[1] > 0).any(axis=1)
    left, right = (first[0][both], first[1][both]), (second[0][both], second[1][both])
    if not len(left[0]):
        return None
    value = _figure(left, combine) - _figure(right, combine)
    if not math.isfinite(value):
        return None
    # One seed, so that both sides draw the same problems.
    drawn = combine(*_resampled_sums(left[0], left[1], samples, seed)) - combine(
        *_resampled_sums(right[0], right[1], samples, seed)
    )
    drawn = drawn[np.isfinite(drawn)]
    low, high = _percentiles(drawn, confidence)
    if low == high and _are_binary(left) and _are_binary(right):
        low, high = newcombe_interval(left[0], right[0], confidence=confidence)
    ours, theirs = (_own_shares(side, combine) for side in (left, right))
    better, worse = int((ours > theirs).sum()), int((ours < theirs).sum())
    if _are_binary(left) and _are_binary(right):
        p = mcnemar_exact(better, worse)
    else:
        tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
        p = min(1.0, 2 * (tail + 1) / (len(drawn) + 1))
    return Difference(value=value, low=low, high=high, n=len(ours), p=p, better=better, worse=worse)


def mcnemar_exact(better: int, worse: int) -> float:
    """Two-sided p of McNemar's exact test.

    Args:
        better: Problems only the first agent solved.
        worse: Problems only the second agent solved.
    """
    discordant = better + worse
    if discordant == 0:
        return 1.0
    tail = sum(math.comb(discordant, k) for k in range(min(better, worse) + 1))
    # Integers: the sum and the power outgrow a float near a thousand discordant pairs.
    return min(1.0, (2 * tail) / (1 << discordant))


def wilson_interval(successes: int, n: int, *, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a share, which keeps a width at 0 and at 1.

    Raises:
        ValueError: ``n`` is 0, or ``successes`` is not in 0..n.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"no share of {successes} in {n}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the exact bound is the share itself; rounding would put it a hair inside.
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == n else centre + half)


def newcombe_interval(first: FloatArray, second: FloatArray, *, confidence: float) -> tuple[float, float]:
    """Interval of a difference of shares from their Wilson intervals, which keeps a width where a bootstrap has none.

    Newcombe 1998 (Statistics in Medicine 17:873, method 10, 2635 for pairs) without the correlation of the pairs, which
    is not defined where all pairs are alike; so the interval is on the wide side.
    """
    (low, high), (other_low, other_high) = (
        wilson_interval(int(side.sum()), len(side), confidence=confidence) for side in (first, second)
    )
    share, other = float(first.mean()), float(second.mean())
    below = math.hypot(share - low, other_high - other)
    above = math.hypot(high - share, other - other_low)
    return share - other - below, share - other + above


def _figure(side: tuple[FloatArray, FloatArray], combine: Combine) -> float:
    values, weights = side
    return float(combine(values.sum(axis=0, keepdims=True), weights.sum(axis=0, keepdims=True))[0])


def _own_shares(side: tuple[FloatArray, FloatArray], combine: Combine) -> FloatArray:
    """The figure of each problem alone; 0 where it has none."""
    return np.nan_to_num(combine(*side), nan=0.0)


def _are_binary(side: tuple[FloatArray, FloatArray]) -> bool:
    values, weights = side
    return bool(values.shape[1] == 1 and (weights == 1).all() and np.isin(values, (0.0, 1.0)).all())


def _resampled_sums(values: FloatArray, weights: FloatArray, samples: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """[R, M] sums over P problems drawn with replacement, R times."""
    problems = len(values)
    times = _times_drawn(problems, samples, seed)
    sums = np.empty((samples, values.shape[1])), np.empty((samples, values.shape[1]))
    # In portions: samples x problems at once would be gigabytes for a large benchmark.
    rows = max(1, _DRAWS_AT_ONCE // problems)
    for start in range(0, samples, rows):
        portion = times[start : start + rows].astype(np.float64)
        sums[0][start : start + rows] = portion @ values
        sums[1][start : start + rows] = portion @ weights
    return sums


@lru_cache(maxsize=8)  # one number of problems has many figures, agents and pairs, and drawing is the costly part
def _times_drawn(problems: int, samples: int, seed: int) -> npt.NDArray[np.uint16]:
    """[R, P]: how often each problem is drawn in each resample."""
    draws = np.random.default_rng(seed)
    times = np.empty((samples, problems), dtype=np.uint16)
    rows = max(1, _DRAWS_AT_ONCE // problems)
    for start in range(0, samples, rows):
        size = min(rows, samples - start)
        times[start : start + rows] = draws.multinomial(problems, np.full(problems, 1 / problems), size=size)
    times.flags.writeable = False
    return times


def _percentiles(drawn: FloatArray, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
