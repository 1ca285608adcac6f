"""Whether enlarged parts have the right size and the right pixels."""

import random

from PIL import Image

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import opened, photograph, png, random_box

ZOOMS = 30
NEAR = 3.0
"""Mean difference in grey levels between the part and its enlargement reduced again."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of right sizes, and of enlargements that reduce to the part again."""
    import numpy as np

    rng = random.Random(67)
    sized = same = 0
    for _ in range(ZOOMS):
        picture, factor = photograph(rng), rng.choice((1.5, 2.0, 3.0, 4.0))
        box = random_box(rng, picture)
        edges = dict(zip(("left", "top", "right", "bottom"), box, strict=True))
        zoomed = opened(call({"p.png": png(picture)}, image="p.png", factor=factor, **edges))
        part = picture.crop(box)
        sized += zoomed.size == (round(part.width * factor), round(part.height * factor))
        again = zoomed.resize(part.size, Image.Resampling.BOX)
        same += float(np.abs(np.asarray(again, dtype=float) - np.asarray(part, dtype=float)).mean()) <= NEAR
    return (
        Accuracy("right size", sized / ZOOMS, ZOOMS),
        Accuracy(f"reduces to the part again (mean difference up to {NEAR:g} of 255)", same / ZOOMS, ZOOMS),
    )
