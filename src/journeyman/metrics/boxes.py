"""Points and boxes on a screen; which two conventions a number follows is said by the function that reads it.

Two things go wrong silently in public evaluators: x, y, width, height taken for two corners (lmms-eval's
``screenspot_v2`` guesses, and guesses wrong whenever w > x and h > y), and pixels taken for fractions.
Nothing here guesses. A point and a box that are compared must be in one unit.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """A place on the screen; x grows to the right, y downwards."""

    x: float
    y: float

    def distance_to(self, other: "Point") -> float:
        """Euclidean distance in the points' own unit."""
        return math.hypot(self.x - other.x, self.y - other.y)


class Box(NamedTuple):
    """An axis-parallel box by its left upper and right lower corner."""

    x1: float
    y1: float
    x2: float
    y2: float

    def contains(self, point: Point) -> bool:
        """Whether the point is inside, edges included; a NaN is in no box."""
        return self.x1 <= point.x <= self.x2 and self.y1 <= point.y <= self.y2

    @property
    def area(self) -> float:
        """Area in the square of the box's unit."""
        return (self.x2 - self.x1) * (self.y2 - self.y1)

    @property
    def centre(self) -> Point:
        """The middle of the box."""
        return Point((self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2)


def box_from_xywh(values: Sequence[float]) -> Box:
    """A box stored as left, top, width, height (ScreenSpot's and Mind2Web's files).

    Raises:
        ValueError: Not four finite numbers, or a negative width or height.
    """
    x, y, width, height = _four_numbers(values)
    return box_from_corners((x, y, x + width, y + height))


def box_from_corners(values: Sequence[float]) -> Box:
    """A box stored as left, top, right, bottom (ScreenSpot-Pro, AndroidControl's ``bbox_pixels``).

    Raises:
        ValueError: Not four finite numbers, or right of left, or above top: width and height were given.
    """
    box = Box(*_four_numbers(values))
    if box.x2 < box.x1 or box.y2 < box.y1:
        raise ValueError(f"no box from {tuple(values)}: its right lower corner lies left of or above the other one")
    return box


def box_to_fractions(box: Box, *, width_pixels: int, height_pixels: int) -> Box:
    """A box in pixels as fractions of the screenshot's width and height.

    Raises:
        ValueError: A size that is not positive.
    """
    left, top = point_to_fractions(Point(box.x1, box.y1), width_pixels=width_pixels, height_pixels=height_pixels)
    right, bottom = point_to_fractions(Point(box.x2, box.y2), width_pixels=width_pixels, height_pixels=height_pixels)
    return Box(left, top, right, bottom)


def polygon_holds(vertices: Sequence[Point], point: Point) -> bool:
    """Whether a point is inside a polygon, by the even-odd rule (a ray to the right); no NaN is in one.

    A point exactly on an edge is inside on the left and upper edges only, as in OSWorld-G's ray casting.

    Args:
        vertices: In order around it, the last one joined to the first.
        point: In the vertices' own unit.

    Raises:
        ValueError: Fewer than three vertices.
    """
    if len(vertices) < 3:
        raise ValueError(f"a polygon has at least three vertices, not {len(vertices)}")
    inside = False
    for first, second in zip(vertices, (*vertices[1:], vertices[0]), strict=True):
        if (first.y > point.y) != (second.y > point.y):
            crossing = first.x + (second.x - first.x) * (point.y - first.y) / (second.y - first.y)
            inside ^= point.x < crossing
    return inside


def point_to_fractions(point: Point, *, width_pixels: int, height_pixels: int) -> Point:
    """A point in pixels as fractions of the screenshot's width and height.

    Raises:
        ValueError: A size that is not positive.
    """
    if width_pixels <= 0 or height_pixels <= 0:
        raise ValueError(f"no screenshot has {width_pixels} x {height_pixels} pixels")
    return Point(point.x / width_pixels, point.y / height_pixels)


def _four_numbers(values: Sequence[float]) -> tuple[float, float, float, float]:
    if len(values) != 4 or not all(math.isfinite(value) for value in values):
        raise ValueError(f"a box is four finite numbers, not {tuple(values)}")
    first, second, third, fourth = values
    return float(first), float(second), float(third), float(fourth)
