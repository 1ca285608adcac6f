"""Whether every action gives the pixels that its definition says."""

import random
from typing import Any

from PIL import Image

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import opened, photograph, png

ROUNDS = 5


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of results that are right to one grey level, for each action that has a definition in pixels."""
    import numpy as np

    rng = random.Random(79)
    right: dict[str, int] = {}
    for _ in range(ROUNDS):
        picture, layer = photograph(rng), photograph(rng).resize((40, 30))
        for action, arguments, wanted in _cases(rng, picture, layer):
            files = {"p.png": png(picture), "o.png": png(layer)}
            result = np.asarray(
                opened(call(files, image="p.png", action=action, **arguments)).convert("RGB"), dtype=float
            )
            same = result.shape == wanted.shape and float(np.abs(result - wanted).max()) <= 1.0
            right[action] = right.get(action, 0) + same
    total = sum(right.values())
    cases = ROUNDS * len(right)
    wrong = ", ".join(sorted(action for action, hits in right.items() if hits < ROUNDS)) or "none"
    return (Accuracy(f"results right to one grey level (wrong: {wrong})", total / cases, cases),)


def _cases(rng: random.Random, picture: Image.Image, layer: Image.Image) -> list[tuple[str, dict[str, Any], Any]]:
    import numpy as np

    pixels = np.asarray(picture, dtype=float)
    grey = pixels @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as the JPEG standard's luma
    bright, contrast, turns = rng.uniform(0.3, 1.8), rng.uniform(0.3, 1.8), rng.choice((1, 2, 3))
    x, y = rng.randint(0, 60), rng.randint(0, 60)
    pasted = pixels.copy()
    pasted[y : y + layer.height, x : x + layer.width] = np.asarray(layer, dtype=float)
    mean = round(float(np.floor(grey + 0.5).mean()))
    halved = pixels[: picture.height // 2 * 2, : picture.width // 2 * 2]
    return [
        ("mirror", {}, pixels[:, ::-1]),
        ("flip", {}, pixels[::-1]),
        ("invert", {}, 255 - pixels),
        ("grey", {}, np.repeat(np.floor(grey + 0.5)[:, :, None], 3, axis=2)),
        ("rotate", {"amount": 90 * turns}, np.rot90(pixels, -turns)),
        ("brightness", {"amount": bright}, np.clip(pixels * bright, 0, 255)),
        ("contrast", {"amount": contrast}, np.clip(mean + (pixels - mean) * contrast, 0, 255)),
        ("paste", {"other": "o.png", "at": [x, y]}, pasted),
        ("resize", {"size": [halved.shape[1], halved.shape[0]]}, halved),
    ]
