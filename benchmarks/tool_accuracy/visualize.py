"""How well the model behind ``visualize`` counts discs and names the colour of one square."""

import io
import random
import re

from PIL import Image, ImageDraw

from tool_accuracy import Accuracy, Call

PICTURES = 12
_CELLS = 3
_CELL = 120
"""Pixels; each shape has a cell of its own, so that none hides another."""
_COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "black")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Two questions to each picture of one to eight discs and a square."""
    counted = named = 0
    for seed in range(PICTURES):
        picture, discs, colour = _picture(seed)
        files = {"file_1.png": picture}
        said = call(files, image="file_1.png", question="How many discs are there? Answer with one number.").value
        counted += _number(said) == discs
        said = call(files, image="file_1.png", question="What colour is the square? Answer with one word.").value
        named += [word for word in re.findall(r"[a-z]+", said.lower()) if word in _COLOURS] == [colour]
    return (
        Accuracy("discs counted", counted / PICTURES, PICTURES),
        Accuracy("colour of a square named", named / PICTURES, PICTURES),
    )


def _picture(seed: int) -> tuple[bytes, int, str]:
    """A png, how many discs it shows, and the colour of its one square."""
    draw = random.Random(seed)
    picture = Image.new("RGB", (_CELLS * _CELL, _CELLS * _CELL), "white")
    pen = ImageDraw.Draw(picture)
    discs, colour = draw.randint(1, 8), draw.choice(_COLOURS)
    cells = draw.sample(range(_CELLS * _CELLS), discs + 1)
    for order, cell in enumerate(cells):
        left, top = cell % _CELLS * _CELL + 20, cell // _CELLS * _CELL + 20
        box = (left, top, left + 80, top + 80)
        if order == 0:
            pen.rectangle(box, fill=colour)
        else:
            pen.ellipse(box, fill=draw.choice(_COLOURS))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue(), discs, colour


def _number(said: str) -> int | None:
    """The one number of an answer, in figures or as a word."""
    found = [
        int(word) if word.isdigit() else _NUMBERS.index(word)
        for word in re.findall(r"\d+|[a-z]+", said.lower())
        if word.isdigit() or word in _NUMBERS
    ]
    return found[0] if len(found) == 1 else None
