"""A percentile bootstrap of any figure over items, such as a ratio of means, which has no interval of a mean."""

import random
from collections.abc import Callable, Sequence
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
    if samples < 1 or not 0 < confidence < 1:
        raise ValueError(f"no interval of confidence {confidence:g} from {samples} samples")
    if len(items) < 2:
        return None
    drawn = sorted(figure(rng.choices(items, k=len(items))) for _ in range(samples))
    low, high = (_quantile(drawn, share) for share in ((1 - confidence) / 2, (1 + confidence) / 2))
    return Interval(low, high, confidence, len(items))


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
