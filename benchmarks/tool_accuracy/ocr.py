"""How much of the print on rendered pages, receipts, buttons and boxes the tool reads."""

import random
from collections import Counter

from PIL import Image, ImageDraw

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import WORDS, font, page, png, receipt
from tool_accuracy._scores import intersection_over_union

PAGE_FAMILIES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono")
PAGES, RECEIPTS, SCREENS = 6, 8, 8
BOX_OVERLAP = 0.5
"""Intersection over union from which a box counts as right."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Word recall (a word counts when it was read letter for letter), and how many boxes are right."""
    rng = random.Random(41)
    pages = [page(rng, PAGE_FAMILIES[number % len(PAGE_FAMILIES)]) for number in range(PAGES)]
    receipts = [receipt(rng) for _ in range(RECEIPTS)]
    return (
        Accuracy("word recall, clean pages", _recall(call, pages), PAGES, reach=0.95),
        Accuracy("word recall, noisy receipts", _recall(call, receipts), RECEIPTS, reach=0.7),
        *_screens(call, rng),
    )


def _recall(call: Call, cases: list[tuple[Image.Image, list[str]]]) -> float:
    read = wanted = 0
    for picture, lines in cases:
        truth = Counter(" ".join(lines).split())
        text = Counter(call({"page.png": png(picture)}, image="page.png").value.split())
        read += (truth & text).total()
        wanted += truth.total()
    return read / wanted


def _screens(call: Call, rng: random.Random) -> tuple[Accuracy, ...]:
    found = boxed = wanted = 0
    for _ in range(SCREENS):
        picture, buttons = _screen(rng)
        lines = call({"page.png": png(picture)}, image="page.png", boxes=True).value
        for word, box in buttons:
            said = [line for line in lines if line["text"] == word]
            found += bool(said)
            boxed += any(intersection_over_union(line["box"], box) >= BOX_OVERLAP for line in said)
        wanted += len(buttons)
    return (
        Accuracy("words read, white on coloured buttons", found / wanted, wanted),
        Accuracy(f"words read and boxed (IoU {BOX_OVERLAP})", boxed / wanted, wanted),
    )


def _screen(rng: random.Random) -> tuple[Image.Image, list[tuple[str, tuple[float, ...]]]]:
    """A dialogue of 480 x 320 pixels with six buttons, and each one's word with its line box."""
    picture = Image.new("RGB", (480, 320), (232, 234, 238))
    pen = ImageDraw.Draw(picture)
    letters = font(20)
    truth = []
    for number, word in enumerate(rng.sample(WORDS, 6)):
        left, top = 30 + 230 * (number % 2), 30 + 95 * (number // 2)
        ground = rng.choice(((25, 90, 190), (20, 120, 60), (180, 40, 40), (90, 60, 140)))
        pen.rounded_rectangle((left, top, left + 190, top + 60), 10, fill=ground)
        pen.text((left + 20, top + 16), word, fill="white", font=letters)
        width, height = pen.textlength(word, font=letters), sum(letters.getmetrics())
        truth.append((word, (left + 20, top + 16, left + 20 + width, top + 16 + height)))
    return picture, truth
