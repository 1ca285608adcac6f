"""Bars and lines of a chart: areas of one colour, told apart by their shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

SAME_COLOUR = 24
"""Largest difference in a channel within one fill: JPEG and blended grid lines shift it."""
FEWEST_PIXELS = 40
"""Of a colour that may be a mark."""
MOST_COLOURS = 12
FULL = 0.8
"""Share of its box that a bar fills; text printed on it takes the rest."""
PALE, DARK = 170, 60
"""Greys above and below are grounds and grid lines, print and spines; so are then bars of such a grey."""
CHROMA = 24
"""Between the channels of a colour that is no grey."""
THIN = 4
"""Spines and grid lines are thinner than this in pixels, bars are not."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle: edges in pixels, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int
    colour: int
    """Number of its colour among those of the chart."""

    @property
    def x(self) -> float:
        """Centre."""
        return (self.left + self.right) / 2

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def area(self) -> int:
        """In pixels."""
        return self.width * (self.bottom - self.top)


def masks_of(pixels: "np.ndarray[Any, Any]") -> "list[np.ndarray[Any, Any]]":
    """For each colour of the chart that is no ground and no print, where it is: (height, width) booleans."""
    import numpy as np

    coarse = (pixels // 16).astype(np.int32)
    codes = (coarse[:, :, 0] << 8) | (coarse[:, :, 1] << 4) | coarse[:, :, 2]
    counts = np.bincount(codes.ravel(), minlength=4096)
    ground = int(counts.argmax())
    masks: list[np.ndarray[Any, Any]] = []
    greys: list[np.ndarray[Any, Any]] = []
    low, high = pixels.min(axis=2), pixels.max(axis=2)
    # Ground and print are nobody's, also where a blurred edge has nearly their colour.
    taken = (high - low < CHROMA) & ((low > PALE) | (high < DARK))
    for code in np.argsort(counts)[::-1]:
        if counts[code] < FEWEST_PIXELS or len(masks) == MOST_COLOURS:
            break
        centre = np.median(pixels[codes == code], axis=0)
        if code == ground:
            continue
        mask = (np.abs(pixels.astype(np.int16) - centre).max(axis=2) <= SAME_COLOUR) & ~taken
        if mask.sum() >= FEWEST_PIXELS:
            taken |= mask
            (greys if centre.max() - centre.min() < CHROMA else masks).append(mask)
    # Greys between are the blurred edges of print, unless the whole chart is grey.
    return masks or greys


def bars_of(masks: "Sequence[np.ndarray[Any, Any]]") -> list[Bar]:
    """Filled rectangles of every colour, legend swatches among them, left to right."""
    from skimage.measure import label, regionprops

    found = []
    for colour, mask in enumerate(masks):
        for region in regionprops(label(mask, connectivity=1)):
            top, left, bottom, right = region.bbox
            if right - left >= THIN and bottom - top >= 2 and region.area >= FULL * (right - left) * (bottom - top):
                found.append(Bar(left, top, right, bottom, colour))
    return sorted(found, key=lambda bar: (bar.left, bar.top))


def standing(bars: Sequence[Bar]) -> tuple[list[Bar], float]:
    """The bars that stand on one line or hang from it, and that line; none when there is no such line.

    Bars stacked on a standing one count too: their bottom is another's top.
    """
    best: list[Bar] = []
    line, most = 0.0, 0.0
    for edge in sorted({bar.bottom for bar in bars} | {bar.top for bar in bars}):
        up = [bar for bar in bars if abs(bar.bottom - edge) <= 2]
        down = [bar for bar in bars if abs(bar.top - edge) <= 2 and bar not in up]
        # Half for what hangs: two equal bars share the height of their tops too.
        weight = sum(bar.area for bar in up) + 0.5 * sum(bar.area for bar in down)
        if weight > most:
            best, line, most = up + down, float(edge), weight
    # One width, that of the largest: what is much narrower is a swatch or the blurred edge of a bar.
    usual = max(best, key=lambda bar: bar.area).width if best else 0
    best = [bar for bar in best if 0.6 * usual <= bar.width <= 1.6 * usual]
    grown = True
    while grown:
        grown = False
        for bar in bars:
            if bar not in best and any(_stands_on(bar, below) for below in best):
                best.append(bar)
                grown = True
    return sorted(best, key=lambda bar: (bar.left, -bar.bottom)), line


def _stands_on(bar: Bar, below: Bar) -> bool:
    return abs(bar.left - below.left) <= 2 and abs(bar.right - below.right) <= 2 and 0 <= below.top - bar.bottom <= 3


def line_of(mask: "np.ndarray[Any, Any]", left: int, right: int) -> "np.ndarray[Any, Any] | None":
    """Height of a drawn line at each column, NaN where it is not; None when the colour draws no line.

    Args:
        mask: Where the colour is.
        left: First column of the plot.
        right: First column right of it.
    """
    import numpy as np
    from scipy.ndimage import binary_dilation
    from skimage.measure import label, regionprops

    grown = label(binary_dilation(mask, iterations=2), connectivity=2)
    regions = sorted(regionprops(grown), key=lambda region: region.bbox[3] - region.bbox[1], reverse=True)
    if not regions or regions[0].bbox[3] - regions[0].bbox[1] < 0.4 * (right - left):
        return None
    kept = mask & (grown == regions[0].label)
    counts = kept.sum(axis=0)
    if np.median(counts[counts > 0]) > 0.25 * mask.shape[0]:
        return None  # an area, not a line
    rows = np.arange(mask.shape[0])[:, None] + 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        heights: np.ndarray[Any, Any] = np.where(counts > 0, (kept * rows).sum(axis=0) / counts, np.nan)
    return heights
