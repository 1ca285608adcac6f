"""How many faces are found in scenes of small portraits, and how many things are taken for faces."""

import random

from PIL import Image

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import png

SCENES, PORTRAITS = 12, 100
SIDE = 75
"""Pixels of a pasted portrait; the shipped ones have 25 and are cut close around the face."""
GROUNDS = ("coffee", "chelsea", "rocket", "brick", "grass", "gravel", "coins", "page")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Recall over scenes with one to four portraits of scikit-image's LFW subset; false faces on other photographs."""
    from skimage import data

    rng = random.Random(47)
    faces = [Image.fromarray((crop * 255).astype("uint8")) for crop in data.lfw_subset()[:PORTRAITS]]
    wanted = found = false = 0
    for _ in range(SCENES):
        scene = Image.new("RGB", (420, 300), rng.choice(("#88aacc", "#d8d0c0", "#556655")))
        places = rng.sample([(40, 30), (230, 30), (40, 180), (230, 180)], rng.randint(1, 4))
        for place in places:
            scene.paste(rng.choice(faces).resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGB"), place)
        boxes = call({"scene.png": png(scene)}, image="scene.png").value
        hits = sum(any(_holds(box, place) for box in boxes) for place in places)
        wanted, found, false = wanted + len(places), found + hits, false + max(0, len(boxes) - hits)
    mistaken = 0
    for name in GROUNDS:
        photograph = Image.fromarray(getattr(data, name)()).convert("RGB")
        mistaken += bool(call({"scene.png": png(photograph)}, image="scene.png").value)
    return (
        Accuracy("recall, portraits pasted on plain ground", found / wanted, wanted),
        Accuracy("precision, the same scenes", found / max(1, found + false), found + false),
        Accuracy("photographs without a face where one is seen", mistaken / len(GROUNDS), len(GROUNDS), None, True),
    )


def _holds(box: list[int], place: tuple[int, int]) -> bool:
    """Whether the portrait's centre is in ``box`` and the box no larger than twice the portrait."""
    across, down = place[0] + SIDE / 2, place[1] + SIDE / 2
    return box[0] < across < box[2] and box[1] < down < box[3] and box[2] - box[0] <= 2 * SIDE
