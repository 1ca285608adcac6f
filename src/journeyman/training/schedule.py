"""Learning rate by step: linear warm-up, then constant, a straight line down, or half a cosine down."""

import math

from journeyman.training.config import Schedule


def learning_rate(
    step: int,
    steps: int,
    *,
    peak: float,
    warmup_share: float,
    warmup_steps: int = 1,
    schedule: Schedule = "cosine",
    floor_share: float = 0.05,
) -> float:
    """Rate of 0-based ``step`` of ``steps``.

    Args:
        step: 0 to ``steps`` - 1.
        steps: Of the whole stage.
        peak: Rate at the end of the warm-up.
        warmup_share: Share of the steps that rise to it, 0 to 1.
        warmup_steps: At least so many of them.
        schedule: What follows the warm-up.
        floor_share: What the falling schedules end at, over ``peak``.
    """
    warmup = max(warmup_steps, round(warmup_share * steps))
    if step < warmup:
        return peak * (step + 1) / warmup
    if schedule == "constant":
        return peak
    done = (step - warmup) / max(1, steps - warmup)
    left = 1 - done if schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return peak * (floor_share + (1 - floor_share) * left)
