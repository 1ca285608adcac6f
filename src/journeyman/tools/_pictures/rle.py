"""Masks as run-length text in COCO's form, which pycocotools and the tools around it read.

Runs go down the columns, first those outside the mask. From the fourth on a count is written as its difference
to the count two before it; each number is then written in groups of five bits, lowest first, as one character.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tools._pictures.picture import MAX_PIXELS

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_FIRST, _LAST = 48, 111
"""Character codes of six bits: ``0`` to ``o``."""
_GROUPS = 7
"""Characters a number may take: 35 bits are more than any picture has pixels."""


class Rle(TypedDict):
    """A mask."""

    size: tuple[int, int]
    """Height and width in pixels."""
    counts: str
    """COCO's compressed text."""


RLE_FIELD: Mapping[str, Any] = {"description": 'mask {"size": [height, width], "counts": "..."} as COCO writes it'}


def rle_field(**more: Any) -> Any:
    """A field that holds a mask."""
    return Field(**(dict(RLE_FIELD) | more))


def encode_mask(mask: "Array") -> Rle:
    """``mask``, shape (height, width), as text; what is not zero is inside."""
    import numpy as np

    flat = np.asarray(mask, dtype=bool).ravel(order="F")
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], turns, [flat.size]))
    counts = np.diff(edges).tolist()
    if flat.size and flat[0]:
        counts.insert(0, 0)
    height, width = mask.shape
    return {"size": (int(height), int(width)), "counts": _text_of(counts)}


def decode_mask(rle: Mapping[str, Any]) -> "Array":
    """The mask, shape (height, width), True inside.

    Raises:
        ToolError: The text is no run-length text, or its runs do not fill ``size``.
    """
    import numpy as np

    height, width = rle["size"]
    if height < 1 or width < 1 or height * width > MAX_PIXELS:
        raise ToolError(f"a mask of size [{height}, {width}] is not [height, width] of a picture")
    counts = _counts_of(rle["counts"])
    if min(counts, default=0) < 0 or sum(counts) != height * width:
        raise ToolError(
            f"the mask's counts do not fill its size [{height}, {width}]; give it whole, as the tool returned it"
        )
    inside = np.arange(len(counts)) % 2 == 1
    return np.repeat(inside, counts).reshape((height, width), order="F")


def _text_of(counts: list[int]) -> str:
    codes: list[int] = []
    for place, count in enumerate(counts):
        value = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            bits = value & 31
            value >>= 5
            # The sign is that of the last group's highest bit, so a group with the wrong one is not the last.
            more = value != -1 if bits & 16 else value != 0
            codes.append(_FIRST + (bits | 32 if more else bits))
    return bytes(codes).decode("ascii")


def _counts_of(text: str) -> list[int]:
    counts: list[int] = []
    value = groups = 0
    for character in text:
        code = ord(character)
        if not _FIRST <= code <= _LAST or groups == _GROUPS:
            raise ToolError(f"the mask's counts are no run-length text: character {character!r} is out of place")
        code -= _FIRST
        value |= (code & 31) << (5 * groups)
        groups += 1
        if not code & 32:
            if code & 16:
                value -= 1 << (5 * groups)
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value = groups = 0
    if groups:
        raise ToolError("the mask's counts end in the middle of a number; give them whole, as the tool returned them")
    return counts
