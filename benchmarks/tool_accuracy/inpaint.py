"""Whether a filled place looks as if nothing had been there."""

import io
import random
from typing import Any

from PIL import Image, ImageDraw

from journeyman.tools._pictures.rle import encode_mask
from tool_accuracy import Accuracy, Answer, Call
from tool_accuracy._pictures import photograph, png

PICTURES = 20


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Mean difference (of 255) of the filled place from the picture without the thing; grain by its mean and spread."""
    import numpy as np

    rng = random.Random(163)
    plain: list[float] = []
    textured: list[float] = []
    grainy = 0
    for _ in range(PICTURES):
        flat = Image.new("RGB", (240, 180), rng.choice(("white", "yellow", "navy")))
        noise = np.random.default_rng(rng.getrandbits(32)).uniform(-20, 20, (180, 240, 1))
        grain = Image.fromarray((np.full((180, 240, 3), 128) + noise).astype(np.uint8))
        for ground in (flat, grain, photograph(rng)):
            thing = Image.new("1", ground.size)
            left, top = rng.randint(10, 150), rng.randint(10, 110)
            ImageDraw.Draw(thing).ellipse((left, top, left + 36, top + 36), fill=1)
            mask = np.asarray(thing, dtype=bool)
            shown = ground.copy()
            shown.paste("red", mask=thing)
            filled = _opened(call({"p.png": png(shown)}, image="p.png", mask=encode_mask(mask)))
            truth = np.asarray(ground, dtype=float)
            off = float(np.abs(filled - truth)[mask].mean())
            if ground is grain:
                inside, around = filled[mask], truth[mask]
                grainy += abs(inside.mean() - around.mean()) < 2 and 0.8 < inside.std() / around.std() < 1.2
            else:
                (plain if ground is flat else textured).append(off)
    return (
        Accuracy("mean difference, plain ground", sum(plain) / len(plain), len(plain), lower_is_better=True),
        Accuracy("grainy grounds with the grain's own mean and spread", grainy / PICTURES, PICTURES),
        Accuracy("mean difference, photographs", sum(textured) / len(textured), len(textured), lower_is_better=True),
    )


def _opened(answer: Answer) -> Any:
    import numpy as np

    return np.asarray(Image.open(io.BytesIO(answer.files[answer.value["picture"]])).convert("RGB"), dtype=float)
