"""Pictures of the ``skills`` benchmark, composed from a class and numbers alone, with all that is true of them."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from journeyman.file_writers._extents import box_in_shares
from journeyman.metrics.skills import CaptionFacts
from journeyman.schema.record import Record

SkillClass = Literal["grounding", "tagging", "caption", "ocr"]
CLASSES: tuple[SkillClass, ...] = get_args(SkillClass)

WIDTH, HEIGHT = 256, 192
_COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "black", "pink", "brown")
_SHAPES = ("circle", "square", "triangle", "diamond", "star", "hexagon")
_PALE = ("white", "#eef3fa", "#f4ecdf", "#e6f2ea")
_GROUNDS = ("white", "yellow", "pink", "gray", "black")
"""Grounds with a colour word."""
_HARD_TO_TELL = {frozenset(pair) for pair in (("yellow", "orange"), ("pink", "red"), ("gray", "brown"))}
"""Colours of which one is not put on the other."""
_CELL = (85, 64)
_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "middle", "right")
_PRINTED = (
    "Open daily", "No entry", "Platform {n}", "Fresh bread", "Bus stop {n}", "Please ring", "Room {n}", "Ticket desk",
    "Price {n}.50", "Mind the step", "Gate closes", "Flight {n}", "Summer sale", "Quiet zone", "Level {n}", "Push here",
)  # fmt: skip
_INKS = ("black", "#1d3a6b", "#5b1f1f", "#1f4d2b")

Item = Mapping[str, Any]


class Truth(Record):
    """What is true of a picture, as far as its class asks; other fields are empty."""

    skill_class: SkillClass
    thing: str = ""
    """Grounding: what is asked for, e.g. ``red circle``."""
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    """Grounding: left, top, right, bottom of each, as shares of the picture."""
    names: tuple[str, ...] = ()
    """Tagging: every kind of thing, each once."""
    facts: CaptionFacts | None = None
    """Caption."""
    text: str = ""
    """OCR: the lines, top to bottom, with line feeds between."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A picture and what is asked about it."""

    question: str
    spec: Mapping[str, Any]
    """For the PNG writer."""
    truth: Truth


def compose(skill_class: SkillClass, number: int, seed: int) -> Composed:
    """Picture ``number`` of a class; equal arguments give equal ones, whatever else is composed."""
    rng = random.Random(f"skills/{seed}/{skill_class}/{number}")  # noqa: S311 - reproducible choice, no secret
    spec, truth = _MAKERS[skill_class](rng)
    question = rng.choice(QUESTIONS[skill_class]).format(thing=truth.thing, box="[left, top, right, bottom]")
    return Composed(question=question, spec=spec, truth=truth)


QUESTIONS: Mapping[SkillClass, tuple[str, ...]] = {
    "grounding": (
        "Mark every {thing} on this picture. Answer with a box {box} for each, in shares of width and height.",
        "Where exactly is every {thing}? Write one box {box} for each, all numbers between 0 and 1.",
        "Locate each {thing} for me: its box as {box}, measured in shares of the picture's sides.",
        "I need to cut out every {thing} of this image. Answer with their boxes, each {box}, as shares from 0 to 1.",
    ),
    "tagging": (
        "List everything on this picture: each thing's colour and shape, and text for words. Put commas between.",
        "Which tags fit this image? Give colour and shape of every kind of thing, text for words, commas between.",
        "What different things can be seen here? Only colour and shape of each, text for writing, split by commas.",
        "Tag this image for an archive: colour and shape of all that is on it, text for words, set off by commas.",
    ),
    "caption": (
        "Write one sentence about this image: number, colour, shape and place of the things, colour of the background.",
        "Caption this picture in one sentence with how many things of what colour and shape, where, on what colour.",
        "I cannot see it: say in one sentence what is there, how many, where, and which colour the background has.",
        "Sum up this image in one sentence: how many things, their colour, form and place, and the ground's colour.",
    ),
    "ocr": (
        "Copy what is printed here, line by line, and nothing else.",
        "Which words are printed on this image? Answer with them alone, from top to bottom.",
        "Type out the printed lines of this picture in order, without anything around them.",
        "I cannot make out what is printed on this. Answer with the words only, as they stand.",
    ),
}
"""What each class is asked: other words than training's, and always the form of the answer."""


def _grounding(rng: random.Random) -> tuple[dict[str, Any], Truth]:
    colour, other = rng.sample(_COLOURS, 2)
    shape, another = rng.sample(_SHAPES, 2)
    thing = f"{colour} {shape}"
    # Same colour and same shape are there as well, so that neither word alone is enough.
    beside = [f"{colour} {another}", f"{other} {shape}", *_names(rng, rng.randint(0, 2), without=(thing,))]
    things = [thing] * rng.randint(1, 3) + beside
    spec = _spec(rng.choice(_PALE), _placed(rng, things))
    boxes = tuple(box_in_shares(item, spec) for item in spec["items"] if f"{item['colour']} {item['shape']}" == thing)
    return spec, Truth(skill_class="grounding", thing=thing, boxes=boxes)


def _tagging(rng: random.Random) -> tuple[dict[str, Any], Truth]:
    kinds = _names(rng, rng.randint(2, 4))
    things = [*kinds, *(rng.choice(kinds) for _ in range(rng.randint(0, 2)))]
    has_text = rng.random() < 1 / 3
    # Print takes the lowest row.
    items = _placed(rng, things, rows=2 if has_text else 3)
    text = [_line(rng, _words(rng, 1)[0], top=2 * _CELL[1] + rng.randint(4, 18))] if has_text else []
    names = (*kinds, *(["text"] if has_text else []))
    return _spec(rng.choice(_PALE), [*items, *text]), Truth(skill_class="tagging", names=names)


def _caption(rng: random.Random) -> tuple[dict[str, Any], Truth]:
    ground = rng.choice(_GROUNDS)
    seen = [c for c in _COLOURS if c != ground and frozenset((c, ground)) not in _HARD_TO_TELL]
    colour, shape, count = rng.choice(seen), rng.choice(_SHAPES), rng.randint(1, 3)
    row, column = rng.randrange(3), rng.randrange(3)
    size = rng.randint(34, 46) if count == 1 else rng.randint(22, 24)
    width = count * size + (count - 1) * 3
    left = round((column + 0.5) * WIDTH / 3 - width / 2) + (0 if count == 3 else rng.randint(-4, 4))
    top = round((row + 0.5) * HEIGHT / 3 - size / 2) + rng.randint(-4, 4)
    items = [_shape(f"{colour} {shape}", left + place * (size + 3), top, size) for place in range(count)]
    said = {"gray": "grey"}.get(ground, ground)
    facts = CaptionFacts(count, colour, shape, _ROWS[row], _COLUMNS[column], said)
    return _spec(ground, items), Truth(skill_class="caption", facts=facts)


def _ocr(rng: random.Random) -> tuple[dict[str, Any], Truth]:
    lines = _words(rng, rng.randint(1, 3))
    high = HEIGHT // len(lines)
    items = [
        _line(rng, text, top=number * high + rng.randint(4, max(4, high - 44))) for number, text in enumerate(lines)
    ]
    return _spec(rng.choice(_PALE), items), Truth(skill_class="ocr", text="\n".join(lines))


def _names(rng: random.Random, count: int, *, without: Sequence[str] = ()) -> list[str]:
    """Names of ``count`` different things."""
    every = [f"{colour} {shape}" for colour in _COLOURS for shape in _SHAPES]
    return rng.sample([name for name in every if name not in without], count)


def _placed(rng: random.Random, things: Sequence[str], *, rows: int = 3) -> list[Item]:
    """Each of ``things`` somewhere in a cell of its own, in the upper ``rows`` of three."""
    cells = rng.sample([(column, row) for column in range(3) for row in range(rows)], len(things))
    items = []
    for (column, row), thing in zip(cells, things, strict=True):
        size = rng.randint(28, 48)
        left = column * _CELL[0] + rng.randint(2, _CELL[0] - size - 2)
        items.append(_shape(thing, left, row * _CELL[1] + rng.randint(2, _CELL[1] - size - 2), size))
    return items


def _shape(thing: str, left: int, top: int, size: int) -> Item:
    colour, shape = thing.split()
    return {"kind": "shape", "shape": shape, "colour": colour, "left": left, "top": top, "size": size}


def _words(rng: random.Random, count: int) -> list[str]:
    return [text.format(n=rng.randint(2, 98)) for text in rng.sample(_PRINTED, count)]


def _line(rng: random.Random, text: str, *, top: int) -> Item:
    at = {"left": rng.randint(8, 30), "top": top, "size": rng.randint(24, 30)}
    return {"kind": "text", "text": text, "colour": rng.choice(_INKS), **at}


def _spec(background: str, items: Sequence[Item]) -> dict[str, Any]:
    return {"width": WIDTH, "height": HEIGHT, "background": background, "items": list(items)}


_MAKERS: Mapping[SkillClass, Callable[[random.Random], tuple[dict[str, Any], Truth]]] = {
    "grounding": _grounding,
    "tagging": _tagging,
    "caption": _caption,
    "ocr": _ocr,
}
