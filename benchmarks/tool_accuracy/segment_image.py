"""How well regions fit coloured shapes on photographs, and how well a boxed thing is cut out of a photograph."""

import io
import random

from PIL import Image, ImageDraw

from tool_accuracy import Accuracy, Answer, Call
from tool_accuracy._pictures import camera, photograph, png

SCENES, CUTOUTS = 10, 12
FITS = 0.8
"""Intersection over union from which a region is a shape."""
COLOURS = ("#d62828", "#f6c915", "#2a9d4a", "#2b59c3", "#7b2cbf", "#101010")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Mean intersection over union with the truth, and share of shapes that a region fits."""
    rng = random.Random(83)
    flat, grainy = (_shapes(call, rng, grain=grain) for grain in (False, True))
    cut = [_cut_out(call, rng) for _ in range(CUTOUTS)]
    return (
        Accuracy(f"shapes with a region (IoU {FITS}), flat drawings", _share(flat), len(flat)),
        Accuracy(f"shapes with a region (IoU {FITS}), blurred and noisy on photographs", _share(grainy), len(grainy)),
        Accuracy("mean IoU of a boxed ellipse of one photograph on another", sum(cut) / len(cut), len(cut)),
        Accuracy(f"boxed ellipses cut out (IoU {FITS})", _share(cut), len(cut)),
    )


def _share(scores: list[float]) -> float:
    return sum(score >= FITS for score in scores) / len(scores)


def _shapes(call: Call, rng: random.Random, *, grain: bool) -> list[float]:
    scores = []
    for _ in range(SCENES):
        scene = photograph(rng) if grain else Image.new("RGB", (320, 240), "#f2efe6")
        truths = []
        for number, colour in enumerate(rng.sample(COLOURS, 4)):
            left, top = 10 + 155 * (number % 2) + rng.randint(0, 40), 8 + 118 * (number // 2) + rng.randint(0, 20)
            box = (left, top, left + rng.randint(50, 100), top + rng.randint(45, 85))
            truth = Image.new("1", scene.size)
            kind = rng.choice(("rectangle", "ellipse"))
            getattr(ImageDraw.Draw(truth), kind)(box, fill=1)
            scene.paste(colour, mask=truth)
            truths.append(truth)
        answer = call({"p.png": png(camera(scene, rng, noise=10.0) if grain else scene)}, image="p.png")
        scores += [max((_iou(mask, truth) for mask in _masks(answer)), default=0.0) for truth in truths]
    return scores


def _cut_out(call: Call, rng: random.Random) -> float:
    scene = photograph(rng)
    left, top = rng.randint(30, 150), rng.randint(30, 100)
    box = (left, top, left + rng.randint(70, 130), top + rng.randint(60, 110))
    truth = Image.new("1", scene.size)
    ImageDraw.Draw(truth).ellipse(box, fill=1)
    scene.paste(photograph(rng), mask=truth)
    around = [box[0] - 8, box[1] - 8, box[2] + 8, box[3] + 8]
    answer = call({"p.png": png(scene)}, image="p.png", box=around)
    return max((_iou(mask, truth) for mask in _masks(answer)), default=0.0)


def _masks(answer: Answer) -> list[Image.Image]:
    return [Image.open(io.BytesIO(answer.files[region["mask"]])).convert("1") for region in answer.value]


def _iou(one: Image.Image, two: Image.Image) -> float:
    import numpy as np

    a, b = np.asarray(one), np.asarray(two)
    either = int((a | b).sum())
    return int((a & b).sum()) / either if either else 0.0
