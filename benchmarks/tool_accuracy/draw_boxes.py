"""Whether boxes are drawn where they should be and nothing else is touched."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import opened, photograph, png, random_box

PICTURES = 30
RIM = 6
"""Pixels on either side of an edge that an outline may take."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of boxes with all four edges drawn, and of pictures that are unchanged off the edges."""
    import numpy as np

    rng = random.Random(71)
    drawn = wanted = clean = 0
    for _ in range(PICTURES):
        picture = photograph(rng)
        boxes = [random_box(rng, picture) for _ in range(rng.randint(1, 3))]
        answer = opened(call({"p.png": png(picture)}, image="p.png", boxes=[list(box) for box in boxes]))
        changed = (np.asarray(answer) != np.asarray(picture)).any(axis=2)
        edges = np.zeros_like(changed)
        for left, top, *ends in boxes:
            right, bottom = min(ends[0], picture.width - 1), min(ends[1], picture.height - 1)
            across, down = slice(left, right + 1), slice(top, bottom + 1)
            sides = (changed[top, across], changed[bottom, across], changed[down, left], changed[down, right])
            drawn += all(float(side.mean()) > 0.9 for side in sides)
            for row in (top, bottom):
                edges[max(0, row - RIM) : row + RIM, max(0, left - RIM) : right + RIM] = True
            for column in (left, right):
                edges[max(0, top - RIM) : bottom + RIM, max(0, column - RIM) : column + RIM] = True
        wanted, clean = wanted + len(boxes), clean + (not (changed & ~edges).any())
    return (
        Accuracy("boxes with all four edges drawn", drawn / wanted, wanted),
        Accuracy("pictures unchanged off the edges", clean / PICTURES, PICTURES),
    )
