"""Which pixel is which number: an axis told from the tick labels that OCR found along it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FEWEST_TICKS = 3
"""Two points make a line of any two numbers; a third says that they are an axis."""
TOLERANCE = 0.06
"""Share of the distance between neighbouring labels by which one may stand beside the fitted line."""

_FACTORS = {"": 1.0, "%": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "m": 1e6, "B": 1e9, "bn": 1e9}
_TICK = re.compile(r"([-+]?)[$\N{EURO SIGN}\N{POUND SIGN}]?(\d[\d,]*\.?\d*|\.\d+)(%|k|K|M|m|bn|B)?")


@dataclass(frozen=True, slots=True)
class Text:
    """A line of print: its box in pixels, right and bottom exclusive."""

    left: float
    top: float
    right: float
    bottom: float
    words: str

    @property
    def x(self) -> float:
        """Centre."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """Centre."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """Of the box."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from rows of pixels to numbers: ``value = slope * y + offset``."""

    slope: float
    """Of one pixel; below 0, as pictures count downwards."""
    offset: float
    ticks: tuple[Text, ...]

    def value(self, y: float) -> float:
        """The number at height ``y`` in pixels."""
        return self.slope * y + self.offset


def number_of(words: str) -> float | None:
    """The number that a tick label says, ``1,200`` or ``$3.5k``; None when it says none."""
    plain = words.strip().replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").replace(" ", "")
    plain = plain[:1] + plain[1:].rstrip("-_")  # the tick mark read as print
    found = _TICK.fullmatch(plain)
    if found is None or len(plain) > 15:
        return None
    digits = found[2]
    if "," in digits and not re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d*)?", digits):
        return None
    value = float(digits.replace(",", "")) * _FACTORS[found[3] or ""]
    return -value if found[1] == "-" else value


def axis_of(texts: Sequence[Text], pixels: "np.ndarray[Any, Any]") -> Axis | None:
    """The upright axis whose labels stand in one column and rise evenly; the one with most labels.

    Args:
        texts: All print in the picture.
        pixels: The picture, (height, width, 3), for the tick marks beside the labels.
    """
    numbered = [(text, value) for text in texts if (value := number_of(text.words)) is not None]
    best: Axis | None = None
    keys: tuple[Callable[[Text], float], ...] = (lambda t: t.right, lambda t: t.x, lambda t: t.left)
    for key in keys:
        for anchor, _ in numbered:
            column = [(t, v) for t, v in numbered if abs(key(t) - key(anchor)) < max(3.0, 0.5 * anchor.height)]
            axis = _fitted(column)
            if axis is not None and (best is None or len(axis.ticks) > len(best.ticks)):
                best = axis
    return _sharpened(best, pixels) if best is not None else None


def _fitted(column: Sequence[tuple[Text, float]]) -> Axis | None:
    """The line through most labels of a column; OCR misreads one now and then, so not through all."""
    best: list[tuple[Text, float]] = []
    for first, low in column:
        for second, high in column:
            if second.y - first.y < 4 or low <= high:
                continue
            slope = (high - low) / (second.y - first.y)
            near = TOLERANCE * _spacing(column)
            inliers = [(t, v) for t, v in column if abs(t.y - (first.y + (v - low) / slope)) < near]
            if len(inliers) > len(best):
                best = inliers
    if len(best) < FEWEST_TICKS:
        return None
    slope, offset = _line([text.y for text, _ in best], [value for _, value in best])
    return Axis(slope, offset, tuple(text for text, _ in best))


def _spacing(column: Sequence[tuple[Text, float]]) -> float:
    places = sorted(text.y for text, _ in column)
    gaps = sorted(b - a for a, b in pairwise(places))
    return max(gaps[len(gaps) // 2], 10.0)


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    import numpy as np

    slope, offset = np.polyfit(x, y, 1)
    return float(slope), float(offset)


def _sharpened(axis: Axis, pixels: "np.ndarray[Any, Any]") -> Axis:
    """The axis through the tick marks beside the labels, where there are: boxes of OCR are a pixel or two off."""
    for side in ("right", "left"):
        marks = [_mark(text, side, pixels) for text in axis.ticks]
        found = [
            (mark, number_of(text.words)) for mark, text in zip(marks, axis.ticks, strict=True) if mark is not None
        ]
        if len(found) >= max(FEWEST_TICKS, 0.7 * len(axis.ticks)):
            slope, offset = _line([mark for mark, _ in found], [value or 0.0 for _, value in found])
            residue = max(abs(slope * mark + offset - (value or 0.0)) for mark, value in found)
            if residue < 1.2 * abs(slope):  # marks lie within a pixel of where their numbers put them
                return Axis(slope, offset, axis.ticks)
    return axis


def _mark(text: Text, side: str, pixels: "np.ndarray[Any, Any]") -> float | None:
    """Height of the dash between a label and the axis."""
    import numpy as np

    reach = max(3, round(0.6 * text.height))
    start = round(text.right) + 1 if side == "right" else round(text.left) - 1 - reach
    top, bottom = round(text.y - 0.45 * text.height), round(text.y + 0.45 * text.height) + 1
    strip = pixels[max(0, top) : bottom, max(0, start) : max(0, start + reach)].astype(float).mean(axis=2)
    if strip.size == 0 or strip.shape[0] < 3:
        return None
    # The mark fills a part of the strip; the rest of it is as light as the ground.
    dark = np.sort(strip.max() - strip, axis=1)[:, -max(2, strip.shape[1] // 4) :].mean(axis=1)
    if dark.max() < 40 or (dark > 0.5 * dark.max()).sum() > 4:
        return None
    weights = np.where(dark > 0.3 * dark.max(), dark, 0.0)
    return float((weights * (np.arange(len(dark)) + 0.5)).sum() / weights.sum() + max(0, top))
