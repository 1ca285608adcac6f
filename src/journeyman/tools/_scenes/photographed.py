"""Photographs in a picture: rectangles of many colours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from journeyman.tools._scenes.surfaces import Box, Surfaces
from journeyman.tools._scenes.thing import part_inside

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SMALLEST_SIDE = 16
"""Pixels."""
DENSE = 0.55
"""Share of texture in a 7 x 7 window."""
BACKGROUND = 0.32
"""Share of what lies around, seen in the box, from which it is print or a drawing."""
SMALL = 40
"""Pixels; in lower boxes each pixel counts for itself: between letters there is little ground that is even."""
NEAR = 20
"""Difference in a channel up to which a pixel counts as ground then, grain apart."""
COLOURS = 20
"""Different colours of 4 bits a channel or, of a grey photograph, of 6 bits."""
WHOLE = 0.35
"""Share of texture from which a picture without a ground is one photograph."""


def photographs_of(pixels: "Array", surfaces: Surfaces, codes: Sequence[Box]) -> list[Box]:
    """Boxes of the photographs, the largest first."""
    import numpy as np
    from scipy import ndimage

    even = np.array([part.even for part in surfaces.parts] + [False])
    textured = ~even[surfaces.labels] & ~surfaces.ground_mask
    height, width = textured.shape
    if surfaces.ground is None:
        return [(0, 0, width, height)] if textured.mean() >= WHOLE and min(width, height) >= SMALLEST_SIDE else []
    dense = ndimage.uniform_filter(textured.astype(np.float32), size=7, mode="constant") >= DENSE
    pieces, _ = ndimage.label(dense)
    found: list[Box] = []
    for rows, columns in ndimage.find_objects(pieces):
        rough = (columns.start, rows.start, columns.stop, rows.stop)
        if min(rough[2] - rough[0], rough[3] - rough[1]) < SMALLEST_SIDE - 8:
            continue
        box = _exact(rough, surfaces)
        if (
            min(box[2] - box[0], box[3] - box[1]) >= SMALLEST_SIDE
            and not any(part_inside(box, code) > 0.5 or part_inside(code, box) > 0.8 for code in codes)
            and _is_photograph(pixels, textured, box, surfaces)
            and not any(part_inside(box, other) > 0.6 for other in found)
        ):
            found.append(box)
    return sorted(found, key=lambda b: (-(b[2] - b[0]) * (b[3] - b[1]), b))


def _exact(rough: Box, surfaces: Surfaces) -> Box:
    """``rough`` moved to where its surroundings end: rows and columns that mostly do not show them."""
    import numpy as np

    height, width = surfaces.labels.shape
    reach = 12
    left, top = max(0, rough[0] - reach), max(0, rough[1] - reach)
    right, bottom = min(width, rough[2] + reach), min(height, rough[3] + reach)
    foreign = ~_surroundings(rough, surfaces)[top:bottom, left:right]
    inner_rows = slice(rough[1] - top, rough[3] - top)
    inner_columns = slice(rough[0] - left, rough[2] - left)
    columns = foreign[inner_rows].mean(axis=0) > 0.5
    rows = foreign[:, inner_columns].mean(axis=1) > 0.5
    first, last = _run(columns, (inner_columns.start + inner_columns.stop) // 2)
    highest, lowest = _run(rows, (inner_rows.start + inner_rows.stop) // 2)
    return int(np.int64(left + first)), top + highest, left + last, top + lowest


def _run(true: "Array", middle: int) -> tuple[int, int]:
    """Start and end of the run of ``true`` around ``middle``; gaps of two are bridged, as print on it makes them."""
    first = last = middle
    while first > 0 and true[max(0, first - 3) : first].any():
        first -= 1
    while last < len(true) and true[last : last + 3].any():
        last += 1
    while first < middle and not true[first]:
        first += 1
    return first, last


def _surroundings(box: Box, surfaces: Surfaces) -> "Array":
    """True where the picture shows what lies around ``box``."""
    import numpy as np

    height, width = surfaces.labels.shape
    left, top, right, bottom = max(0, box[0] - 6), max(0, box[1] - 6), min(width, box[2] + 6), min(height, box[3] + 6)
    ring = np.zeros(surfaces.labels.shape, dtype=bool)
    ring[top:bottom, left:right] = True
    ring[max(0, box[1] - 3) : box[3] + 3, max(0, box[0] - 3) : box[2] + 3] = False
    if not ring.any() or surfaces.ground_mask[ring].mean() > 0.3:
        return surfaces.ground_mask
    near = surfaces.labels[ring]
    counts = np.bincount(near[near >= 0], minlength=1)
    return np.asarray(surfaces.labels == int(counts.argmax())) if counts.max() else surfaces.ground_mask


def _is_photograph(pixels: "Array", textured: "Array", box: Box, surfaces: Surfaces) -> bool:
    import numpy as np

    left, top, right, bottom = box
    around = _surroundings(box, surfaces)[top:bottom, left:right]
    if around.mean() > BACKGROUND:
        return False
    if min(right - left, bottom - top) < SMALL and _alike_around(pixels, box, surfaces.grain) > BACKGROUND:
        return False
    if textured[top:bottom, left:right].mean() < 0.3:
        return False
    own = pixels[top:bottom, left:right].reshape(-1, 3)
    coarse = len(np.unique(own >> 4, axis=0))
    fine = len(np.unique(own.mean(axis=1).astype(np.uint8) >> 2))
    return max(coarse, fine) >= COLOURS


def _alike_around(pixels: "Array", box: Box, grain: int) -> float:
    """Share of ``box`` in the colour of what lies around it."""
    import numpy as np

    height, width = pixels.shape[:2]
    left, top, right, bottom = max(0, box[0] - 3), max(0, box[1] - 3), min(width, box[2] + 3), min(height, box[3] + 3)
    wide = pixels[top:bottom, left:right].astype(np.int16)
    inner = (slice(box[1] - top, box[3] - top), slice(box[0] - left, box[2] - left))
    outside = np.ones(wide.shape[:2], dtype=bool)
    outside[inner] = False
    if not outside.any():
        return 0.0
    off = np.abs(wide - np.median(wide[outside], axis=0)).max(axis=2)
    return float((off[inner] <= NEAR + grain).mean())
