"""The strokes of print: what in a text's box is not what it is printed on."""

from typing import TYPE_CHECKING, Any

from journeyman.tools._pictures.colour_words import WORDS, nearest_words
from journeyman.tools._scenes.surfaces import Surfaces
from journeyman.tools._scenes.thing import Box, area_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LEAST_LEFT = 0.12
"""Share of the reader's box that the strokes' own box must have; smaller, and strokes were not told from paper."""


def ink_of(box: Box, surfaces: Surfaces) -> "Array":
    """True on the strokes in ``box``, (bottom - top, right - left); all False where they cannot be told."""
    import numpy as np
    from scipy import ndimage

    left, top, right, bottom = box
    labels = surfaces.labels[top:bottom, left:right]
    plain = surfaces.plain[top:bottom, left:right]
    counts = np.bincount(labels[labels >= 0], minlength=1)
    paper = int(counts.argmax())
    if counts[paper] >= max(0.25 * labels.size, 1) and not plain[labels == paper].mean() > 0.5:
        marks = labels != paper
    elif plain.mean() > 0.3:
        marks = ~plain
        if surfaces.grain:
            marks = ndimage.median_filter(marks, size=3)
    else:
        return np.zeros(labels.shape, dtype=bool)
    pieces, _ = ndimage.label(marks, np.ones((3, 3)))
    rim = np.unique(np.concatenate((pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1])))
    # What runs out of the box is the edge of a panel, or another thing.
    strokes = marks & ~np.isin(pieces, rim[rim > 0])
    return np.asarray(strokes if strokes.any() else marks)


def strokes_of(box: Box, surfaces: Surfaces, pixels: "Array") -> "Array":
    """As ``ink_of``, without the seams: pixels that are more than half ink."""
    import numpy as np

    ink = ink_of(box, surfaces)
    left, top, right, bottom = box
    window = pixels[top:bottom, left:right].astype(np.float32)
    if not ink.any() or ink.all():
        return ink
    off = np.abs(window - np.median(window[~ink], axis=0)).sum(axis=2)
    return np.asarray(ink & (off > 0.5 * np.quantile(off[ink], 0.9)))


def inked_box(box: Box, surfaces: Surfaces) -> Box:
    """``box``, as text readers give it with much room, drawn close around the strokes."""
    import numpy as np

    ink = ink_of(box, surfaces)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return box
    left, top = box[0] + int(columns[0]), box[1] + int(rows[0])
    close = (left, top, box[0] + int(columns[-1]) + 1, box[1] + int(rows[-1]) + 1)
    return close if area_of(close) >= LEAST_LEFT * area_of(box) else box


def colour_of_ink(box: Box, surfaces: Surfaces, pixels: "Array") -> str:
    """The colour word of the strokes in ``box``; empty where they cannot be told."""
    import numpy as np

    left, top, right, bottom = box
    # A little room, so that the strokes do not run out of the box.
    wide = (max(0, left - 3), max(0, top - 3), right + 3, bottom + 3)
    ink = ink_of(wide, surfaces)
    if not ink.any():
        return ""
    own = pixels[wide[1] : wide[3], wide[0] : wide[2]][ink].astype(np.float32)
    paper = pixels[wide[1] : wide[3], wide[0] : wide[2]][~ink].astype(np.float32)
    # Of thin strokes most pixels are seams: those farthest from the paper show the colour.
    off = np.abs(own - np.median(paper, axis=0)).sum(axis=1)
    colour = np.median(own[off >= np.quantile(off, 0.6)], axis=0, keepdims=True)
    return WORDS[int(nearest_words(colour)[0])]
