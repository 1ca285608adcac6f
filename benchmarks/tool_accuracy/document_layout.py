"""How many parts of rendered pages are found, called by their kind, and given in reading order."""

import random
from typing import NamedTuple

from PIL import Image, ImageDraw

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import font, png, sentence
from tool_accuracy._scores import intersection_over_union

PAGES = 10
OVERLAP = 0.5
"""Intersection over union from which a part counts as found."""


class Part(NamedTuple):
    """A drawn part."""

    kind: str
    box: tuple[int, int, int, int]


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Recall for each kind, precision over all, and pairs of found parts that come in the right order."""
    rng = random.Random(43)
    found: dict[str, list[bool]] = {}
    given = right = pairs = ordered = 0
    for number in range(PAGES):
        picture, parts = page(rng, columns=1 + number % 2)
        seen = call({"page.png": png(picture)}, image="page.png").value
        places = []
        for part in parts:
            matches = [
                n
                for n, one in enumerate(seen)
                if one["kind"] == part.kind and intersection_over_union(one["box"], part.box) >= OVERLAP
            ]
            found.setdefault(part.kind, []).append(bool(matches))
            places += matches[:1]
        given, right = given + len(seen), right + len(places)
        later = [(a, b) for n, a in enumerate(places) for b in places[n + 1 :]]
        pairs, ordered = pairs + len(later), ordered + sum(a < b for a, b in later)
    kinds = (Accuracy(f"recall, {kind}", sum(hits) / len(hits), len(hits)) for kind, hits in sorted(found.items()))
    return (
        *kinds,
        Accuracy("precision, all kinds", right / max(1, given), given),
        Accuracy("pairs in reading order", ordered / max(1, pairs), pairs),
    )


def page(rng: random.Random, *, columns: int) -> tuple[Image.Image, list[Part]]:
    """A page of 1000 x 1400 pixels: a title, then in each column paragraphs, a table and a figure."""
    picture = Image.new("RGB", (1000, 1400), "white")
    pen = ImageDraw.Draw(picture)
    parts = [_lines(pen, rng, "title", (90, 70), 800, lines=1, size=36)]
    width = 820 if columns == 1 else 390
    for column in range(columns):
        left, top = 90 + column * 430, 160
        for kind in rng.sample(("text", "table", "text", "figure", "text"), 5):
            if kind == "text":
                part = _lines(pen, rng, "text", (left, top), width, lines=rng.randint(4, 7), size=18)
            elif kind == "table":
                part = _table(pen, rng, (left, top), width)
            else:
                part = _figure(picture, rng, (left, top), width)
            parts.append(part)
            top = part.box[3] + 44
    return picture, parts


def _lines(
    pen: ImageDraw.ImageDraw,
    rng: random.Random,
    kind: str,
    corner: tuple[int, int],
    width: int,
    *,
    lines: int,
    size: int,
) -> Part:
    left, top = corner
    letters = font(size, "DejaVuSans-Bold" if kind == "title" else "DejaVuSerif")
    right = left
    for number in range(lines):
        words = sentence(rng, 14).split()
        while pen.textlength(" ".join(words), font=letters) > width:
            words.pop()
        pen.text((left, top + number * round(size * 1.5)), " ".join(words), fill="black", font=letters)
        right = max(right, left + round(pen.textlength(" ".join(words), font=letters)))
    return Part(kind, (left, top, right, top + (lines - 1) * round(size * 1.5) + size))


def _table(pen: ImageDraw.ImageDraw, rng: random.Random, corner: tuple[int, int], width: int) -> Part:
    left, top = corner
    rows, columns = rng.randint(4, 6), 3
    for row in range(rows + 1):
        pen.line((left, top + row * 34, left + width, top + row * 34), fill="black", width=2)
    for column in range(columns + 1):
        x = left + column * width // columns
        pen.line((x, top, x, top + rows * 34), fill="black", width=2)
    for row in range(rows):
        for column in range(columns):
            word = sentence(rng, 1)
            pen.text((left + 8 + column * width // columns, top + 6 + row * 34), word, fill="black", font=font(17))
    return Part("table", (left, top, left + width, top + rows * 34))


def _figure(picture: Image.Image, rng: random.Random, corner: tuple[int, int], width: int) -> Part:
    """A photograph that scikit-image ships, cut to the column."""
    from skimage import data

    photograph = Image.fromarray(getattr(data, rng.choice(("astronaut", "coffee", "chelsea", "rocket")))())
    height = round(width * 0.42)
    picture.paste(photograph.convert("RGB").resize((width, height)), corner)
    return Part("figure", (corner[0], corner[1], corner[0] + width, corner[1] + height))
