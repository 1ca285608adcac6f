"""Coloured shapes: even surfaces whose outline is that of a plain shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from journeyman.tools._pictures.colour_words import WORDS, nearest_words
from journeyman.tools._scenes.outlines import shape_of
from journeyman.tools._scenes.surfaces import Box, Colour, Surface, Surfaces
from journeyman.tools._scenes.thing import Thing, area_of, overlap, part_inside

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SMALLEST_SIDE = 7
"""Pixels across or down."""
SMALLEST_SHARE = 0.0004
"""Of the picture's pixels."""
MARGIN = 6
"""Pixels around a surface that are looked at with it."""
ONE_COLOUR = 0.7
"""Share of what surrounds an outline that must be of one colour for its edge pixels to be measured against it."""
RING = 0.3
"""Share of hole from which an outline with the ground showing through is a ring or a letter, no shape."""
IN_PHOTOGRAPH = 0.93
"""The fit to reach inside photographs, which have dark blots of many outlines."""
WHOLE = 0.6
"""Share of a photograph's box from which a shape in it is what was taken for a photograph."""
SAME_THING = 0.85
"""Intersection over union from which two outlines of one colour are one shape."""
SEAM_WIDTH = 3
"""Pixels."""
SEAM = 12
"""Difference in a channel up to which two surfaces are of one colour."""
DOUBTFUL = 24
"""Pixels; smaller dots and bars may be parts of letters."""


class Found(NamedTuple):
    """A shape, and whether it could be a part of a letter."""

    thing: Thing
    doubtful: bool


@dataclass(frozen=True, slots=True)
class _Outline:
    """A surface in its window."""

    cover: "Array"
    """How much of each pixel of the window is inside, 0 to 1, holes filled."""
    origin: tuple[int, int]
    """The window's left and top in the picture."""
    holes: float
    """Share of the filled outline that is not of the surface."""


def shapes_of(pixels: "Array", surfaces: Surfaces, photographs: Sequence[Box], codes: Sequence[Box]) -> list[Found]:
    """The shapes in ``pixels``, the largest first."""
    import numpy as np

    smallest = SMALLEST_SHARE * surfaces.labels.size
    found: list[Found] = []
    for part in sorted(surfaces.parts, key=lambda p: (-p.area, p.label)):
        if not part.even or part.area < smallest or _is_ground(part, surfaces):
            continue
        if min(part.box[2] - part.box[0], part.box[3] - part.box[1]) < SMALLEST_SIDE - 2:
            continue
        if _is_margin(part, codes):
            continue
        outline = _outline_of(pixels, surfaces, part)
        photographed = any(
            part_inside(part.box, box) > 0.9 and area_of(part.box) < WHOLE * area_of(box) for box in photographs
        )
        named = _named(outline, IN_PHOTOGRAPH if photographed else 0.0)
        if named is None or _shows_through(part, named[0], outline, surfaces, [f.thing for f in found]):
            continue
        shape, fit, box = named
        if min(box[2] - box[0], box[3] - box[1]) < SMALLEST_SIDE:
            continue
        colour = WORDS[int(nearest_words(np.array([part.colour]))[0])]
        if any(f.thing.colour == colour and overlap(f.thing.box, box) > SAME_THING for f in found):
            continue  # the seam of a JPEG's shape, a surface of its own
        thing = Thing("shape", f"{colour} {shape}", box, round(fit, 3), colour, shape, surface=part.label)
        found.append(Found(thing, _is_doubtful(part, box, shape, surfaces)))
    return found


def cover_of(pixels: "Array", surfaces: Surfaces, label: int) -> "Array":
    """The filled outline of surface ``label``, True inside, (height, width)."""
    import numpy as np

    outline = _outline_of(pixels, surfaces, surfaces.parts[label])
    mask = np.zeros(surfaces.labels.shape, dtype=bool)
    left, top = outline.origin
    height, width = outline.cover.shape
    mask[top : top + height, left : left + width] = outline.cover >= 0.5
    return mask


def _is_ground(part: Surface, surfaces: Surfaces) -> bool:
    left, top, right, bottom = part.box
    own = surfaces.labels[top:bottom, left:right] == part.label
    return bool(surfaces.ground_mask[top:bottom, left:right][own].mean() > 0.5)


def _outline_of(pixels: "Array", surfaces: Surfaces, part: Surface) -> _Outline:
    import numpy as np
    from scipy import ndimage

    height, width = surfaces.labels.shape
    left, top = max(0, part.box[0] - MARGIN), max(0, part.box[1] - MARGIN)
    right, bottom = min(width, part.box[2] + MARGIN), min(height, part.box[3] + MARGIN)
    labels = surfaces.labels[top:bottom, left:right]
    own = labels == part.label
    filled = ndimage.binary_fill_holes(own)
    # Some steps off, past the seam whose pixels are mixtures; thin points are all seam.
    ring = ndimage.binary_dilation(filled, iterations=SEAM_WIDTH + 2) & ~ndimage.binary_dilation(
        filled, iterations=SEAM_WIDTH
    )
    window = pixels[top:bottom, left:right].astype(np.float32)
    cover = filled.astype(np.float32)
    if ring.any():
        middle = np.median(window[ring], axis=0)
        steady = np.abs(window[ring] - middle).max(axis=1) <= 12 + surfaces.grain
        if steady.mean() >= ONE_COLOUR:
            cover = _measured(window, filled, np.array(part.colour, dtype=np.float32), middle)
    holes = 1.0 - float(own.sum()) / float(filled.sum())
    return _Outline(cover, (left, top), holes)


def _measured(window: "Array", filled: "Array", inside: "Array", outside: "Array") -> "Array":
    """``filled`` with its edge pixels as the mixture of ``inside`` and ``outside`` that they are, 0 to 1."""
    import numpy as np
    from scipy import ndimage

    way = inside - outside
    length = float(way @ way)
    if length < 100.0:
        return filled.astype(np.float32)
    edge = ndimage.binary_dilation(filled, iterations=SEAM_WIDTH) & ~ndimage.binary_erosion(filled, border_value=1)
    mixed = np.clip(((window - outside) @ way) / length, 0.0, 1.0)
    # A pixel of a third colour is no mixture: something else lies there.
    off = np.abs(window - (outside + mixed[..., None] * way)).max(axis=2)
    mixed = np.where(off > 40, filled, mixed)
    cover = np.where(edge, mixed, filled).astype(np.float32)
    pieces, _ = ndimage.label(cover >= 0.5)
    own = np.unique(pieces[filled & (pieces > 0)])
    kept = ndimage.binary_dilation(np.isin(pieces, own[own > 0]), iterations=1)
    return np.where(kept, cover, 0.0)


def _named(outline: _Outline, least: float) -> tuple[str, float, Box] | None:
    """Shape, fit and box in the picture."""
    import numpy as np

    rows, columns = (
        np.flatnonzero((outline.cover >= 0.5).any(axis=1)),
        np.flatnonzero((outline.cover >= 0.5).any(axis=0)),
    )
    if not len(rows):
        return None
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    shape = shape_of(outline.cover[top:bottom, left:right], least)
    if shape is None:
        return None
    across, down = outline.origin
    return shape[0], shape[1], (left + across, top + down, right + across, bottom + down)


def _shows_through(part: Surface, shape: str, outline: _Outline, surfaces: Surfaces, accepted: Sequence[Thing]) -> bool:
    """Whether it is a ring, or the hole of a ring or letter, through which what lies around that shows."""
    if outline.holes > RING and shape not in ("square", "rectangle"):
        return True
    hosts = [host for host in accepted if part_inside(part.box, host.box) > 0.9]
    if hosts:
        host = min(hosts, key=lambda thing: area_of(thing.box))
        return _alike(surfaces.parts[host.surface].colour, part.colour, SEAM)
    return surfaces.ground is not None and _alike(surfaces.ground, part.colour, max(SEAM, surfaces.grain))


def _is_margin(part: Surface, codes: Sequence[Box]) -> bool:
    """Whether it is the blank that a code stands on."""
    width, height = part.box[2] - part.box[0], part.box[3] - part.box[1]
    for code in codes:
        if part_inside(part.box, code) > 0.5:
            return True
        if part_inside(code, part.box) > 0.8 and area_of(code) > 0.25 * area_of(part.box):
            return True
        beside = (code[0] - width - 3, code[1] - 3, code[2] + width + 3, code[3] + 3)
        above = (code[0] - 3, code[1] - height - 3, code[2] + 3, code[3] + height + 3)
        if min(part.colour) > 200 and any(part_inside(part.box, margin) > 0.99 for margin in (beside, above)):
            return True
    return False


def _alike(one: Colour, two: Colour, most: int) -> bool:
    return max(abs(a - b) for a, b in zip(one, two, strict=True)) <= most


def _is_doubtful(part: Surface, box: Box, shape: str, surfaces: Surfaces) -> bool:
    """Whether it could be a dot or a bar of a letter: small, or thin, with strokes of its colour beside it."""
    width, height = box[2] - box[0], box[3] - box[1]
    thin = shape in ("rectangle", "oval") and max(width, height) > 2.5 * min(width, height)
    if min(width, height) >= DOUBTFUL and not (thin and min(width, height) < 2 * DOUBTFUL):
        return False
    reach = 3 * max(width, height)
    near = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
    return any(
        other.label != part.label
        and part_inside(other.box, near) > 0.5
        and _alike(other.colour, part.colour, 2 * SEAM)
        and not _is_ground(other, surfaces)
        for other in surfaces.parts
    )
