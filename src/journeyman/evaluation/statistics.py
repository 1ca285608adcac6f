"""Intervals and tests for scores of one problem set: percentile bootstrap, paired bootstrap, McNemar, Wilson.

Every estimate carries its denominator. Two agents are compared on the same problems, pair by pair:
problems differ far more than agents do, and unpaired intervals would hide most real gains.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

_DRAWS_AT_ONCE = 1_000_000


class Estimate(BaseModel):
    """A mean over problems with its interval."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    value: float
    low: float
    high: float
    n: int
    """Problems in the denominator; a failed run is among them."""
    method: Literal["bootstrap", "wilson"]


class Difference(BaseModel):
    """Mean of one agent minus mean of another, over the same problems."""

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


def bootstrap_interval(values: Sequence[float], *, samples: int, confidence: float, seed: int) -> Estimate:
    """Mean and percentile interval over problems drawn with replacement.

    When all values are 0 or all are 1 a bootstrap has no width, however few they are; the interval
    is then Wilson's.

    Args:
        values: One score in [0, 1] per problem.
        samples: Resamples drawn.
        confidence: Coverage in (0, 1), e.g. 0.95.
        seed: Equal seeds and values give equal intervals.

    Raises:
        ValueError: No values; a mean over nothing is not 0.
    """
    scores = _array(values)
    if scores.min() == scores.max() and scores[0] in (0.0, 1.0):
        low, high = wilson_interval(int(scores.sum()), len(scores), confidence=confidence)
        return Estimate(value=float(scores[0]), low=low, high=high, n=len(scores), method="wilson")
    low, high = _percentiles(_resampled_means(scores, samples, seed), confidence)
    return Estimate(value=float(scores.mean()), low=low, high=high, n=len(scores), method="bootstrap")


def paired_difference(
    first: Sequence[float], second: Sequence[float], *, samples: int, confidence: float, seed: int
) -> Difference:
    """Mean of ``first`` minus mean of ``second`` with a paired bootstrap interval and a p value.

    Args:
        first: One score per problem.
        second: Scores of the same problems in the same order.
        samples: Resamples drawn.
        confidence: Coverage in (0, 1).
        seed: Equal seeds and values give equal intervals.

    Raises:
        ValueError: No values, or not as many on one side as on the other.
    """
    left, right = _array(first), _array(second)
    if len(left) != len(right):
        raise ValueError(f"paired scores must be of the same problems, got {len(left)} and {len(right)}")
    gaps = left - right
    means = _resampled_means(gaps, samples, seed)
    low, high = _percentiles(means, confidence)
    better, worse = int((gaps > 0).sum()), int((gaps < 0).sum())
    if np.isin(left, (0.0, 1.0)).all() and np.isin(right, (0.0, 1.0)).all():
        p = mcnemar_exact(better, worse)
    else:
        tail = min(int((means <= 0).sum()), int((means >= 0).sum()))
        p = min(1.0, 2 * (tail + 1) / (samples + 1))
    return Difference(value=float(gaps.mean()), low=low, high=high, n=len(gaps), p=p, better=better, worse=worse)


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


def _array(values: Sequence[float]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if not values:
        raise ValueError("no scores to average")
    return np.array(values, dtype=np.float64)


def _resampled_means(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]", samples: int, seed: int
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    draws = np.random.default_rng(seed)
    means = np.empty(samples)
    # In portions: samples x problems at once would be gigabytes for a large benchmark.
    rows = max(1, _DRAWS_AT_ONCE // len(values))
    for start in range(0, samples, rows):
        size = (min(rows, samples - start), len(values))
        means[start : start + rows] = values[draws.integers(0, len(values), size)].mean(axis=1)
    return means


def _percentiles(means: "np.ndarray[tuple[int], np.dtype[np.float64]]", confidence: float) -> tuple[float, float]:
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
