"""Bar codes and QR codes: what zxing reads, and how far each one's bars reach."""

from typing import TYPE_CHECKING, Any

from PIL import Image

from journeyman.tools._scenes.thing import Box, Thing, area_of, overlap

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SAME_ROW = 0.9
"""Correlation of a row with the scanned one up to which the bars go on."""
SURE = 0.99
"""Score of a code: what was read has a checksum."""
_SQUARE = ("QR", "Aztec", "DataMatrix", "Data Matrix", "MaxiCode")


def codes_of(picture: Image.Image) -> list[Thing]:
    """The codes, top to bottom, without their quiet zone."""
    import numpy as np
    import zxingcpp

    grey = np.asarray(picture.convert("L"), dtype=np.float32)
    found: list[Thing] = []
    for code in zxingcpp.read_barcodes(picture):
        if not code.valid:
            continue
        place = code.position
        corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        box = _inside([c.x for c in corners], [c.y for c in corners], picture.size)
        kind = str(code.format).rpartition(".")[2]
        square = kind.startswith(_SQUARE)
        if not square:
            box = _full_height(grey, box)
        name = "QR code" if kind.startswith("QR") else "barcode"
        if area_of(box) and all(overlap(box, other.box) < 0.5 for other in found):
            found.append(Thing("barcode", name, box, SURE, text=code.text))
    return sorted(found, key=lambda thing: (thing.box[1], thing.box[0]))


def _inside(across: list[int], down: list[int], size: tuple[int, int]) -> Box:
    left, right = max(0, min(across)), min(size[0], max(across) + 1)
    return left, max(0, min(down)), right, min(size[1], max(down) + 1)


def _full_height(grey: "Array", box: Box) -> Box:
    """``box`` grown up and down over the rows that look like its middle one, for an upright code."""
    import numpy as np

    left, top, right, bottom = box
    if right - left < 8:
        return box
    middle = (top + bottom) // 2
    scanned = grey[min(middle, len(grey) - 1), left:right]
    spread = float(scanned.std()) or 1.0

    def alike(row: int) -> bool:
        other = grey[row, left:right]
        match = float(((scanned - scanned.mean()) * (other - other.mean())).mean())
        return match / (spread * (float(other.std()) or 1.0)) >= SAME_ROW

    rows = np.array([alike(row) for row in range(len(grey))])
    first, last = middle, middle
    while first > 0 and rows[first - 1]:
        first -= 1
    while last < len(rows) and rows[last]:
        last += 1
    return left, min(first, top), right, max(last, bottom)
