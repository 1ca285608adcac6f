"""Whether masks of named things are the things."""

import random

from journeyman.tools._pictures.rle import decode_mask
from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import composed
from tool_accuracy._scenes_found import mask_overlap

SCENES = 40


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Mean intersection over union with what was drawn; a thing that is not found counts as 0."""
    rng = random.Random(103)
    scores: dict[str, list[float]] = {"shape": [], "text": [], "photograph": []}
    for _ in range(SCENES):
        scene = composed(rng)
        names = list(dict.fromkeys(t.names[0] for t in scene.things if t.kind in scores))
        if not names:
            continue
        found = call({"s.png": scene.data}, image="s.png", phrases=" . ".join(names)).value
        masks = [decode_mask(one["mask"]) for one in found]
        for thing in scene.things:
            if thing.kind in scores:
                scores[thing.kind].append(max((mask_overlap(m, thing.mask) for m in masks), default=0.0))
    words = {"shape": "shapes and panels", "text": "strokes of print", "photograph": "photographs"}
    return tuple(Accuracy(f"mean mask IoU, {words[k]}", sum(v) / max(1, len(v)), len(v)) for k, v in scores.items())
