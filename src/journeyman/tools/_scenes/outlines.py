"""The plain shapes: how each one's outline goes, and which of them an outline is."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHAPES = ("circle", "oval", "square", "rectangle", "triangle", "diamond", "pentagon", "hexagon", "star")
SIDE = 48
"""Outlines are compared at this size, stretched to it across and down."""
SMOOTH = 4
"""Drawn so many times larger, then reduced: the edge pixels say how much of them is inside."""
ROUND = 1.12
"""Up to this proportion of the longer side to the shorter one an ellipse is a circle and a rectangle a square."""
LEAST_FIT = 0.87
"""Shared area of an outline and its shape as part of their joint area, for those that are not in ``LEAST_FITS``."""
LEAST_FITS = {"star": 0.78, "square": 0.94, "rectangle": 0.94}
"""The thin points of a small star are lost in its seam; a D and an H are nearly rectangles."""


def corners_of(shape: str) -> tuple[tuple[float, float], ...]:
    """Corners in the unit square, the first at the top; of ``circle`` and ``oval`` none."""
    if shape in ("square", "rectangle"):
        return ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    if shape == "triangle":
        return ((0.5, 0.0), (1.0, 1.0), (0.0, 1.0))
    if shape == "star":
        return tuple(_on_circle(n / 10, 0.2 if n % 2 else 0.5) for n in range(10))
    sides = {"diamond": 4, "pentagon": 5, "hexagon": 6}.get(shape, 0)
    return tuple(_on_circle(n / sides, 0.5) for n in range(sides))


def draw_outline(canvas: Image.Image, shape: str, colour: tuple[int, int, int], box: tuple[int, int, int, int]) -> None:
    """Fill ``shape`` into ``box`` (left, top, right, bottom in pixels) with smooth edges."""
    left, top, right, bottom = box
    wide, high = (right - left) * SMOOTH, (bottom - top) * SMOOTH
    mask = Image.new("L", (wide, high), 0)
    pen = ImageDraw.Draw(mask)
    if corners := corners_of(shape):
        pen.polygon([(x * (wide - 1), y * (high - 1)) for x, y in corners], fill=255)
    else:
        pen.ellipse((0, 0, wide - 1, high - 1), fill=255)
    canvas.paste(colour, (left, top), mask.resize((right - left, bottom - top), Image.Resampling.BOX))


def shape_of(cover: "Array", least: float = 0.0) -> tuple[str, float] | None:
    """The shape that ``cover`` shows and how well it fits, 0 to 1; None when it is none of them.

    Args:
        cover: How much of each pixel is inside, 0 to 1, cut to the outline's box, (height, width).
        least: The fit to reach where it is more than that of ``LEAST_FIT`` and ``LEAST_FITS``.
    """
    import numpy as np

    height, width = cover.shape
    picture = Image.fromarray((cover * 255).astype(np.uint8))
    seen = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32).ravel() / 255.0
    names, drawn = _drawn()
    fits = np.minimum(drawn, seen).sum(axis=1) / np.maximum(drawn, seen).sum(axis=1)
    best = int(fits.argmax())
    if fits[best] < max(least, LEAST_FITS.get(names[best], LEAST_FIT)):
        return None
    return _by_proportion(names[best], max(height, width) / min(height, width)), float(fits[best])


def _by_proportion(shape: str, proportion: float) -> str:
    if proportion > ROUND:
        return {"circle": "oval", "square": "rectangle"}.get(shape, shape)
    return shape


@lru_cache(maxsize=1)
def _drawn() -> tuple[tuple[str, ...], "Array"]:
    """Names and covers (n, SIDE x SIDE) of all shapes, upright and turned by quarters."""
    import numpy as np

    names: list[str] = []
    covers: list[Array] = []
    for shape in ("circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star"):
        upright = _cut_close(shape)
        for turns in range(4):
            turned = np.rot90(upright, turns).ravel()
            if all(np.abs(turned - other).mean() > 0.01 for other in covers):
                names.append(shape)
                covers.append(turned)
    return tuple(names), np.stack(covers)


def _cut_close(shape: str) -> "Array":
    """The shape's cover, stretched to its own box, (SIDE, SIDE), 0 to 1."""
    import numpy as np

    large = SIDE * SMOOTH * 2
    canvas = Image.new("RGB", (large, large))
    draw_outline(canvas, shape, (255, 255, 255), (0, 0, large, large))
    close = canvas.getchannel(0)
    box = close.getbbox()
    assert box is not None
    return np.asarray(close.crop(box).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32) / 255.0


def _on_circle(turn: float, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    return 0.5 + radius * math.sin(angle), 0.5 - radius * math.cos(angle)
