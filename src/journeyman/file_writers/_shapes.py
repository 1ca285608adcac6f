"""Plain shapes in a bounding square, with smooth edges."""

import math
from typing import Literal

from PIL import Image, ImageDraw

Shape = Literal["circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star"]

_SMOOTHING = 4
"""Drawn this many times larger and scaled down."""


def draw_shape(canvas: Image.Image, shape: Shape, colour: tuple[int, int, int], left: int, top: int, size: int) -> None:
    """Fill ``shape`` into the square of side ``size`` pixels whose corner is at ``left``, ``top``."""
    large = size * _SMOOTHING
    mask = Image.new("L", (large, large), 0)
    draw = ImageDraw.Draw(mask)
    if shape == "circle":
        draw.ellipse((0, 0, large - 1, large - 1), fill=255)
    elif shape == "square":
        draw.rectangle((0, 0, large - 1, large - 1), fill=255)
    else:
        draw.polygon([(x * (large - 1), y * (large - 1)) for x, y in _corners(shape)], fill=255)
    canvas.paste(colour, (left, top), mask.resize((size, size), Image.Resampling.BOX))


def _corners(shape: Shape) -> list[tuple[float, float]]:
    """Corners in the unit square, the first one at the top."""
    if shape == "triangle":
        return [(0.5, 0.0), (1.0, 1.0), (0.0, 1.0)]
    if shape == "star":
        return [_on_circle(i / 10, 0.5 if i % 2 == 0 else 0.2) for i in range(10)]
    sides = {"diamond": 4, "pentagon": 5, "hexagon": 6}[shape]
    return [_on_circle(i / sides, 0.5) for i in range(sides)]


def _on_circle(turn: float, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    return 0.5 + radius * math.sin(angle), 0.5 - radius * math.cos(angle)
