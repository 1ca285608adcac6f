"""The even surfaces of a picture, and the ground they lie on, plain or grainy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SAME = 6
"""Difference in a channel up to which neighbours belong to one surface; JPEG leaves this much on a plain one."""
SMALLEST = 24
"""Pixels of a surface."""
EVEN = 4
"""Distance in a channel from its own median within which nine tenths of an even surface lie."""
GRAIN = 72
"""Brightest shift in a channel that grain makes on a plain ground."""
NEUTRAL = 4
"""Difference in a channel from ``ground + grain`` up to which a pixel is grain: grain is grey."""
MOSTLY = 0.55
"""Share of the picture's border that shows the ground, where there is one."""
RIPPLE = 16
"""Difference in a channel that JPEG's ripples make on plain colour."""
PEAKED = 0.3
"""Share of the pixels near a plain colour that have nearly exactly it."""
LEAST_PLAIN = (40, 0.0015)
"""Pixels of a plain colour, and as a share of the picture."""
MOST_PLAIN = 24

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first outside."""
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Surface:
    """A connected piece of one colour."""

    label: int
    """Its number in ``Surfaces.labels``."""
    colour: Colour
    area: int
    box: Box
    even: bool
    """Of one colour all over: drawn, not photographed."""


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What a picture is made of."""

    labels: "Array"
    """Number of the surface of every pixel, (height, width); -1 between surfaces: seams, thin strokes, texture."""
    parts: tuple[Surface, ...]
    """By label."""
    ground: Colour | None
    """Colour of what the picture's border shows; None where it shows no one colour, as a photograph does."""
    ground_mask: "Array"
    """(height, width), True on the ground."""
    plain: "Array"
    """(height, width), True where a pixel for itself could be ground: the ground's colour, or that with grain."""
    grain: int
    """Largest shift of the ground's pixels; 0 on a plain one."""


def surfaces_of(pixels: "Array") -> Surfaces:
    """The surfaces of ``pixels``, (height, width, 3), 0 to 255."""
    import numpy as np

    labels, count = _linked(pixels)
    parts: list[Surface] = []
    kept = np.full(count, -1)
    areas = np.bincount(labels.ravel(), minlength=count)
    for number, box in _boxes(labels, np.flatnonzero(areas >= SMALLEST)):
        left, top, right, bottom = box
        inside = labels[top:bottom, left:right] == number
        own = pixels[top:bottom, left:right][inside]
        median = np.median(own, axis=0).astype(np.int16)
        even = float((np.abs(own - median).max(axis=1) <= EVEN).mean()) >= 0.9
        kept[number] = len(parts)
        red, green, blue = (int(v) for v in median)
        parts.append(Surface(len(parts), (red, green, blue), int(areas[number]), box, even))
    own_labels = kept[labels]
    return Surfaces(own_labels, tuple(parts), *_ground(pixels, own_labels, parts))


def without_ripples(pixels: "Array") -> "Array":
    """``pixels`` of a JPEG with those that are nearly of one of its few plain colours made that colour.

    A plain colour is one that many pixels have exactly, and few nearly; photographs have none.
    """
    import numpy as np

    wide = pixels.astype(np.int32)
    codes = (wide[:, :, 0] << 16) | (wide[:, :, 1] << 8) | wide[:, :, 2]
    present, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    near = np.stack((present >> 16, (present >> 8) & 255, present & 255), axis=1).astype(np.int16)
    colours = near.astype(np.uint8)
    least = max(LEAST_PLAIN[0], int(LEAST_PLAIN[1] * counts.sum()))
    left = counts.copy()
    for _ in range(MOST_PLAIN):
        # The colour that most pixels have; those around it go with it, or are no candidates any more.
        most = near[int(left.argmax())]
        off = np.abs(near - most).max(axis=1)
        alike, exact = (off <= RIPPLE) & (left > 0), off <= RIPPLE // 4
        if counts[alike].sum() < least:
            break
        if counts[exact].sum() >= PEAKED * counts[alike].sum():
            colours[alike] = most.astype(np.uint8)
        left[alike] = 0
    return np.asarray(colours[inverse.reshape(-1)].reshape(pixels.shape))


def _linked(pixels: "Array") -> tuple["Array", int]:
    """A number for every pixel: neighbours that hardly differ have the same."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    height, width = pixels.shape[:2]
    wide = pixels.astype(np.int16)
    number = np.arange(height * width, dtype=np.int32).reshape(height, width)
    across = np.abs(wide[:, 1:] - wide[:, :-1]).max(axis=2) <= SAME
    down = np.abs(wide[1:] - wide[:-1]).max(axis=2) <= SAME
    one = np.concatenate((number[:, :-1][across], number[:-1][down]))
    two = np.concatenate((number[:, 1:][across], number[1:][down]))
    size = height * width
    links = coo_array((np.ones(len(one), dtype=np.int8), (one, two)), shape=(size, size))
    count, labels = connected_components(links, directed=False)
    return labels.reshape(height, width), int(count)


def _boxes(labels: "Array", wanted: "Array") -> list[tuple[int, Box]]:
    """The box around each of the ``wanted`` numbers, in their order."""
    from scipy import ndimage

    slices = ndimage.find_objects(labels + 1)
    found = []
    for number in wanted.tolist():
        rows, columns = slices[number]
        found.append((number, (columns.start, rows.start, columns.stop, rows.stop)))
    return found


def _ground(pixels: "Array", labels: "Array", parts: list[Surface]) -> tuple[Colour | None, "Array", "Array", int]:
    """Colour, mask, plain pixels and grain."""
    import numpy as np
    from scipy import ndimage

    rim = np.concatenate((labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]))
    edge = np.concatenate((pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1])).astype(np.int16)
    shown = np.bincount(rim[rim >= 0], minlength=len(parts) or 1)
    most = int(shown.argmax())
    if parts and shown[most] >= MOSTLY * len(rim) and parts[most].even:
        return _plain_ground(pixels, labels, parts, parts[most])
    median = np.median(edge, axis=0).astype(np.int16)
    shift, off = _shift_off(edge, median)
    grainy = (off <= NEUTRAL) & (np.abs(shift) <= GRAIN)
    if grainy.mean() < MOSTLY:
        if parts and sum(part.area for part in parts if part.even) >= MOSTLY * labels.size and shown.any():
            # Panels may reach over most of the border; what shows most of it is the ground then.
            return _plain_ground(pixels, labels, parts, parts[most])
        nowhere = np.zeros(labels.shape, dtype=bool)
        return None, nowhere, nowhere, 0
    grain = int(np.quantile(np.abs(shift[grainy]), 0.98)) + 2
    shift, off = _shift_off(pixels.reshape(-1, 3).astype(np.int16), median)
    like = ((off <= NEUTRAL) & (np.abs(shift) <= grain)).reshape(labels.shape)
    like &= ~_solid(labels, parts)
    # One pixel of grain says nothing; where most around it are ground, it is.
    mask = ndimage.uniform_filter(like.astype(np.float32), size=5, mode="nearest") > 0.6
    red, green, blue = (int(v) for v in median)
    return (red, green, blue), mask & ~_solid(labels, parts), like, grain


def _plain_ground(
    pixels: "Array", labels: "Array", parts: list[Surface], ground: Surface
) -> tuple[Colour, "Array", "Array", int]:
    import numpy as np

    near = np.abs(pixels.astype(np.int16) - np.array(ground.colour, dtype=np.int16)).max(axis=2) <= 2 * SAME
    return ground.colour, _cut_off_too(labels, parts, ground), near, 0


def _cut_off_too(labels: "Array", parts: list[Surface], ground: Surface) -> "Array":
    import numpy as np

    reach = SAME * 2
    alike = [
        part.label
        for part in parts
        if part.label == ground.label
        or (
            _touches(part.box, labels.shape)
            and max(abs(a - b) for a, b in zip(part.colour, ground.colour, strict=True)) <= reach
        )
    ]
    return np.isin(labels, alike)


def _touches(box: Box, shape: tuple[int, ...]) -> bool:
    return box[0] == 0 or box[1] == 0 or box[2] == shape[1] or box[3] == shape[0]


def _shift_off(colours: "Array", ground: "Array") -> tuple["Array", "Array"]:
    """For each of ``colours`` (n, 3): the grey shift that explains it best on ``ground``, and what it leaves over."""
    import numpy as np

    shifts = colours - ground
    best = np.zeros(len(colours), dtype=np.int16)
    left = np.full(len(colours), 999, dtype=np.int16)
    for channel in range(3):
        shift = shifts[:, channel]
        # Where a channel is full, it says no more than that the shift was at least so large; another one tells.
        made = np.clip(ground[None, :] + shift[:, None], 0, 255)
        off = np.abs(made - colours).max(axis=1)
        better = off < left
        best[better], left[better] = shift[better], off[better]
    return best, left


def _solid(labels: "Array", parts: list[Surface]) -> "Array":
    """True on surfaces that have an inside: grain also makes surfaces, but thin and winding ones."""
    import numpy as np
    from scipy import ndimage

    core = ndimage.minimum_filter(labels, size=3) == ndimage.maximum_filter(labels, size=3)
    inner = np.bincount(labels[core & (labels >= 0)], minlength=len(parts))
    solid = np.array([part.even and inner[part.label] >= 0.2 * part.area for part in parts] + [False])
    return np.asarray(solid[labels])
