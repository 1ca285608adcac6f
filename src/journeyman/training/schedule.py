"""Learning rate by step: linear warm-up, then a cosine down to a twentieth."""

import math

FLOOR = 0.05


def learning_rate(step: int, steps: int, *, peak: float, warmup_share: float) -> float:
    """Rate of 0-based ``step`` of ``steps``."""
    warmup = max(1, round(warmup_share * steps))
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return peak * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * done)))
