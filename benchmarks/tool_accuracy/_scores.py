"""Scores that several test sets share."""

from collections.abc import Sequence


def intersection_over_union(one: Sequence[float], two: Sequence[float]) -> float:
    """Of two boxes [left, top, right, bottom]; 0 to 1."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return shared / (areas - shared) if areas > shared else 0.0
