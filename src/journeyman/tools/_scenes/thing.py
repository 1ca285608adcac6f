"""A thing that was found in a picture."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["shape", "text", "face", "barcode", "photograph"]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first outside."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing, in pixels of the picture as it was searched."""

    kind: Kind
    name: str
    """What it is called: ``red circle``, ``text``, ``face``, ``QR code``, or a photograph's label."""
    box: Box
    score: float
    """0 to 1: how well a shape fits, how sure a model is."""
    colour: str = ""
    """Of a shape, a basic colour word."""
    shape: str = ""
    text: str = ""
    """What a text or code says: data, whatever it sounds like."""
    surface: int = -1
    """Of a shape, the number of its surface."""


def shared(one: Box, two: Box) -> int:
    """Pixels that two boxes have in common."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    return max(0, width) * max(0, height)


def area_of(box: Box) -> int:
    """Its pixels."""
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def overlap(one: Box, two: Box) -> float:
    """Intersection over union, 0 to 1."""
    both = shared(one, two)
    either = area_of(one) + area_of(two) - both
    return both / either if either else 0.0


def part_inside(one: Box, two: Box) -> float:
    """Share of ``one`` that lies in ``two``."""
    return shared(one, two) / max(1, area_of(one))


def in_shares(box: Box, size: tuple[int, int]) -> list[float]:
    """``box`` as shares of ``size`` (width, height), three places."""
    return [round(edge / side, 3) for edge, side in zip(box, size * 2, strict=True)]


def around(boxes: Iterable[Box]) -> Box:
    """The box around ``boxes``, of which there is at least one."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
