"""Whether the classes of a map lie where the things are, and take as much of the picture."""

import io
import random

from PIL import Image

from journeyman.tools._scenes.classes import palette
from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import composed
from tool_accuracy._scenes_found import mask_overlap

SCENES = 40
NEAR = 0.005


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Mean intersection over union of shape classes with what was drawn, and their shares."""
    import numpy as np

    rng = random.Random(109)
    overlaps: list[float] = []
    near = 0
    for _ in range(SCENES):
        scene = composed(rng, kinds=("shape", "shape", "text", "photograph"))
        answer = call({"s.png": scene.data}, image="s.png")
        painted = np.asarray(Image.open(io.BytesIO(answer.files[answer.value["picture"]])))
        shares = {one["name"]: one["share"] for one in answer.value["classes"]}
        for name in dict.fromkeys(t.names[0] for t in scene.things if t.kind == "shape"):
            drawn = np.any([t.mask for t in scene.things if name in t.names], axis=0)
            overlaps.append(mask_overlap((painted == palette()[name]).all(axis=2), drawn))
            near += abs(shares.get(name, 0.0) - float(drawn.mean())) <= NEAR
    return (
        Accuracy("mean IoU of shape classes", sum(overlaps) / len(overlaps), len(overlaps)),
        Accuracy(f"shares of shape classes within {NEAR}", near / len(overlaps), len(overlaps)),
    )
