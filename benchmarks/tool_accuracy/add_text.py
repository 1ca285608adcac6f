"""Whether what is written can be read: by the ``ocr`` tool, on photographs and plain ground."""

import random
from pathlib import Path

from PIL import Image

from journeyman.tool import ToolFiles
from journeyman.tools import ocr
from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import WORDS, opened, photograph, png

TEXTS = 12


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of words read back from the very place they were written at."""
    rng = random.Random(73)
    plain = [Image.new("RGB", (480, 320), rng.choice(("white", "#ffe8a0", "#c8e0ff"))) for _ in range(TEXTS)]
    photographs = [photograph(rng) for _ in range(TEXTS)]
    return (
        Accuracy("words read back, dark on plain ground", _read(call, rng, plain, "black"), TEXTS),
        Accuracy("words read back, yellow on photographs", _read(call, rng, photographs, "yellow"), TEXTS),
    )


def _read(call: Call, rng: random.Random, pictures: list[Image.Image], colour: str) -> float:
    found = 0
    for picture in pictures:
        word, size = rng.choice(WORDS), rng.choice((18, 24, 36))
        x, y = rng.randint(0, picture.width // 3), rng.randint(0, picture.height - 2 * size)
        arguments = {"text": word, "x": x, "y": y, "size": size, "colour": colour}
        written = png(opened(call({"p.png": png(picture)}, image="p.png", **arguments)))
        files = ToolFiles(Path(), lambda _, data=written: data, lambda name, _: name)
        seen = ocr.run(ocr.OcrArguments(image="p.png", boxes=True), files).value
        found += any(word == piece["text"] and _near(piece["box"], x, y, size) for piece in seen)
    return found / len(pictures)


def _near(box: list[int], x: int, y: int, size: int) -> bool:
    return abs(box[0] - x) <= size and abs(box[1] - y) <= size
