"""Whether regions of a map get the colours that a prompt says, and stay where they are."""

import io
import random

from PIL import Image, ImageDraw

from journeyman.tools._scenes.classes import palette
from journeyman.tools._scenes.painter import PAINTS
from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import png

MAPS = 40


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Pixels that are as asked for, over maps of a circle and a square."""
    import numpy as np

    rng = random.Random(157)
    same: list[float] = []
    for _ in range(MAPS):
        colours = palette()
        drawn = Image.new("RGB", (240, 180), colours["ground"])
        truth = drawn.copy()
        ground, first, second = rng.sample(sorted(PAINTS), 3)
        truth.paste(PAINTS[ground], (0, 0, 240, 180))
        left, top = rng.randint(5, 40), rng.randint(5, 80)
        for picture, round_one, square_one in (
            (drawn, colours["red circle"], colours["blue square"]),
            (truth, PAINTS[first], PAINTS[second]),
        ):
            pen = ImageDraw.Draw(picture)
            pen.ellipse((left, top, left + 60, top + 60), fill=round_one)
            pen.rectangle((left + 110, top, left + 160, top + 50), fill=square_one)
        prompt = f"a {second} square and a {first} circle on a {ground} ground"
        answer = call({"m.png": png(drawn)}, map="m.png", prompt=prompt)
        painted = np.asarray(Image.open(io.BytesIO(answer.files[answer.value["picture"]])).convert("RGB"))
        same.append(float((painted == np.asarray(truth)).all(axis=2).mean()))
    return (Accuracy("pixels as asked for", sum(same) / MAPS, MAPS),)
