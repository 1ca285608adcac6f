"""Whether cut parts hold the very pixels of the box."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import opened, photograph, png, random_box

CUTS = 40


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of cuts that are the picture's pixels, boxes beyond the border included."""
    import numpy as np

    rng = random.Random(61)
    right = 0
    for _ in range(CUTS):
        picture = photograph(rng)
        left, top, right_edge, bottom = random_box(rng, picture, beyond=30)
        answer = call({"p.png": png(picture)}, image="p.png", left=left, top=top, right=right_edge, bottom=bottom)
        wanted = np.asarray(picture)[max(0, top) : bottom, max(0, left) : right_edge]
        right += np.array_equal(np.asarray(opened(answer)), wanted)
    return (Accuracy("cuts with exactly the box's pixels", right / CUTS, CUTS),)
