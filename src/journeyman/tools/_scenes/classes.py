"""The colours in which a map shows the classes of a scene."""

import colorsys
from functools import lru_cache

from journeyman.tools._pictures.colour_words import WORDS
from journeyman.tools._scenes.outlines import SHAPES
from journeyman.tools._scenes.surfaces import Colour
from journeyman.tools._scenes.thing import Thing

GROUND = "ground"
PHOTOGRAPH = "photograph"
MOST_LABELS = 8
"""Labels of photographs on one map that get a colour each; further ones share the last."""
_GOLDEN = 0.618034
"""Steps by this share of the circle of hues keep neighbours in the list far apart."""


def palette() -> dict[str, Colour]:
    """Colour of every class but labels, by name; ``photograph 2`` and on are for further labels."""
    return dict(_palette())


def classes_by_colour() -> dict[Colour, str]:
    """Class of every colour, for reading a map."""
    return {colour: name for name, colour in _palette()}


def class_of(thing: Thing, labels: list[str]) -> str:
    """The name of ``thing`` in the palette; ``labels`` are those of photographs so far, and get a new one added."""
    if thing.kind != "photograph":
        return thing.name
    if thing.name not in labels and len(labels) < MOST_LABELS:
        labels.append(thing.name)
    number = labels.index(thing.name) + 1 if thing.name in labels else MOST_LABELS
    return PHOTOGRAPH if number == 1 else f"{PHOTOGRAPH} {number}"


@lru_cache(maxsize=1)
def _palette() -> tuple[tuple[str, Colour], ...]:
    names = ["text", "face", "barcode", "QR code", PHOTOGRAPH]
    names += [f"{PHOTOGRAPH} {number}" for number in range(2, MOST_LABELS + 1)]
    names += [f"{colour} {shape}" for colour in WORDS for shape in SHAPES]
    pairs: list[tuple[str, Colour]] = [(GROUND, (0, 0, 0))]
    for place, name in enumerate(names):
        light = (0.95, 0.7, 0.85)[place % 3]
        red, green, blue = colorsys.hsv_to_rgb(place * _GOLDEN % 1.0, 0.55 + 0.15 * (place % 4), light)
        pairs.append((name, (round(red * 255), round(green * 255), round(blue * 255))))
    return tuple(pairs)
