"""Masks of the things of a scene, and the picture with them tinted."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from journeyman.tools._scenes.ink import strokes_of
from journeyman.tools._scenes.scene import Scene
from journeyman.tools._scenes.shapes import cover_of
from journeyman.tools._scenes.thing import Thing

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

TINTS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#f032e6", "#9a6324")
OPACITY = 0.45
INK_ROOM = 3
"""Pixels around a line of print within which its strokes are looked for."""


def mask_of(scene: Scene, thing: Thing) -> "Array":
    """True on ``thing``, (height, width) of the scene.

    A shape's mask is its outline, print's its strokes, a face's the ellipse in its box, any other's its box.
    """
    import numpy as np

    width, height = scene.size
    if thing.kind == "shape":
        return cover_of(scene.pixels, scene.surfaces, thing.surface)
    mask = np.zeros((height, width), dtype=bool)
    left, top, right, bottom = thing.box
    if thing.kind == "face":
        oval = Image.new("1", (width, height))
        ImageDraw.Draw(oval).ellipse((left, top, right - 1, bottom - 1), fill=1)
        return np.asarray(oval, dtype=bool)
    if thing.kind == "text":
        room = INK_ROOM
        wide = (max(0, left - room), max(0, top - room), min(width, right + room), min(height, bottom + room))
        ink = strokes_of(wide, scene.surfaces, scene.pixels)
        if ink.any():
            mask[wide[1] : wide[3], wide[0] : wide[2]] = ink
            return mask
    mask[top:bottom, left:right] = True
    return mask


def full_size(scene: Scene, mask: "Array") -> "Array":
    """``mask`` of the scene as one of the whole picture, (height, width)."""
    import numpy as np

    if scene.full_size == scene.size:
        return mask
    return np.asarray(Image.fromarray(mask).resize(scene.full_size, Image.Resampling.NEAREST), dtype=bool)


def tinted(picture: Image.Image, masks: Iterable["Array"]) -> Image.Image:
    """A copy of ``picture`` with each of ``masks`` (height, width) in a tint of its own."""
    shown = picture.copy()
    for number, mask in enumerate(masks):
        tint = Image.new("RGB", picture.size, TINTS[number % len(TINTS)])
        shown.paste(Image.blend(shown, tint, OPACITY), mask=Image.fromarray(mask))
    return shown
