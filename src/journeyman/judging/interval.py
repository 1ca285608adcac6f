"""A percentile bootstrap of any figure over items, such as a ratio of means, which has no interval of a mean."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Interval(NamedTuple):
    """Where the figure lies when the items are drawn anew. The judge's own errors are not in it."""

    low: float
    high: float
    confidence: float
    num_items: int


def item_interval(
    items: Sequence[T],
    figure: Callable[[Sequence[T]], float],
    *,
    samples: int,
    confidence: float,
    rng: random.Random,
) -> Interval | None:
    """Percentiles of ``figure`` over resamples of ``items``; None for fewer than two, which cannot vary.

    Args:
        items: What is drawn with replacement; their order has an influence, so sort them.
        figure: Of any non-empty resample.
        samples: Resamples drawn, at least 1.
        confidence: Coverage in (0, 1), e.g. 0.95.
        rng: Draws; equal seeds and items give equal intervals.

    Raises:
        ValueError: No samples, or a confidence outside (0, 1).
    """
    return strata_interval([items], lambda strata: figure(strata[0]), samples=samples, confidence=confidence, rng=rng)


def strata_interval(
    strata: Sequence[Sequence[T]],
    figure: Callable[[Sequence[Sequence[T]]], float],
    *,
    samples: int,
    confidence: float,
    rng: random.Random,
) -> Interval | None:
    """As :func:`item_interval`, each of ``strata`` drawn anew by itself: none is ever empty, and its size is kept.

    Args:
        strata: Groups of items, none empty.
        figure: Of a resample of every stratum.
        samples: Resamples drawn, at least 1.
        confidence: Coverage in (0, 1), e.g. 0.95.
        rng: Draws; equal seeds and items give equal intervals.

    Raises:
        ValueError: As :func:`item_interval`.
    """
    _check(samples, confidence)
    if not any(len(stratum) > 1 for stratum in strata):
        return None
    drawn = [figure([rng.choices(stratum, k=len(stratum)) for stratum in strata]) for _ in range(samples)]
    return _percentiles(drawn, confidence, sum(map(len, strata)))


def named_intervals(
    items: Sequence[T],
    figures: Callable[[Sequence[T]], Mapping[str, float]],
    *,
    samples: int,
    confidence: float,
    rng: random.Random,
) -> dict[str, Interval]:
    """As :func:`item_interval`, of several figures that one computation gives; empty for fewer than two items.

    Args:
        items: What is drawn with replacement.
        figures: Of any non-empty resample, by name; a name may be absent from some.
        samples: Resamples drawn, at least 1.
        confidence: Coverage in (0, 1), e.g. 0.95.
        rng: Draws; equal seeds and items give equal intervals.

    Raises:
        ValueError: As :func:`item_interval`.
    """
    _check(samples, confidence)
    drawn: dict[str, list[float]] = {}
    for _ in range(samples if len(items) > 1 else 0):
        for name, value in figures(rng.choices(items, k=len(items))).items():
            drawn.setdefault(name, []).append(value)
    return {name: _percentiles(values, confidence, len(items)) for name, values in drawn.items()}


def _check(samples: int, confidence: float) -> None:
    if samples < 1 or not 0 < confidence < 1:
        raise ValueError(f"no interval of confidence {confidence:g} from {samples} samples")


def _percentiles(drawn: Sequence[float], confidence: float, num_items: int) -> Interval:
    ordered = sorted(drawn)
    low, high = (_quantile(ordered, share) for share in ((1 - confidence) / 2, (1 + confidence) / 2))
    return Interval(low, high, confidence, num_items)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
