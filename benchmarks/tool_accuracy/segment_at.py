"""Whether a point or a box gives the mask of the thing it is on."""

import random
from collections.abc import Mapping
from typing import Any

from journeyman.tools._pictures.rle import decode_mask
from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import Known, composed
from tool_accuracy._scenes_found import mask_overlap

SCENES = 30
LOOSE = 6
"""Pixels by which a box is drawn too wide, as a hand draws it."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Mean intersection over union with what was drawn, of the best mask for a point and of the one for a box."""
    rng = random.Random(107)
    by_point: list[float] = []
    by_box: list[float] = []
    for _ in range(SCENES):
        scene = composed(rng, kinds=("shape", "panel", "photograph"))
        width, height = scene.size
        for thing in scene.things:
            if thing.kind not in ("shape", "photograph"):
                continue
            x, y = _inside(thing, rng)
            point = [(x + 0.5) / width, (y + 0.5) / height]
            by_point.append(_best(call({"s.png": scene.data}, image="s.png", points=[point]).value, thing))
            left, top, right, bottom = thing.box
            box = [(left - LOOSE) / width, (top - LOOSE) / height, (right + LOOSE) / width, (bottom + LOOSE) / height]
            by_box.append(_best(call({"s.png": scene.data}, image="s.png", box=box).value[:1], thing))
    return (
        Accuracy("mean mask IoU, by a point, best of those given", sum(by_point) / len(by_point), len(by_point)),
        Accuracy("mean mask IoU, by a loose box", sum(by_box) / len(by_box), len(by_box)),
    )


def _inside(thing: Known, rng: random.Random) -> tuple[int, int]:
    import numpy as np

    rows, columns = np.nonzero(thing.mask)
    place = rng.randrange(len(rows))
    return int(columns[place]), int(rows[place])


def _best(cuts: list[Mapping[str, Any]], thing: Known) -> float:
    return max((mask_overlap(decode_mask(cut["mask"]), thing.mask) for cut in cuts), default=0.0)
