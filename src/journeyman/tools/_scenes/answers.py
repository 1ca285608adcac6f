"""What several skills give back."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tools._scenes.scene import Scene
from journeyman.tools._scenes.thing import Thing, in_shares

Share = Annotated[float, Field(ge=0, le=1)]
ShareBox = tuple[Share, Share, Share, Share]
"""Left, top, right, bottom as shares of width and height."""
BOX_WORDS = "[left, top, right, bottom] as shares of width and height, 0 to 1"


class Sighting(TypedDict):
    """A thing that was found."""

    phrase: str
    box: ShareBox
    score: Share


def sightings(scene: Scene, pairs: Iterable[tuple[str, Thing]]) -> list[Sighting]:
    """Pairs of phrase and thing as the skills give them."""
    return [Sighting(phrase=phrase, box=_box(thing, scene), score=round(thing.score, 3)) for phrase, thing in pairs]


def pixel_box(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box in shares as one in pixels of a picture of ``size``, cut at its border.

    Raises:
        ToolError: Nothing of it is in the picture.
    """
    # The comparison also refuses NaN.
    if not (box[0] < box[2] and box[1] < box[3] and max(box[0], box[1]) < 1 and min(box[2], box[3]) > 0):
        raise ToolError(f"box {list(box)} is empty or outside the picture; give {BOX_WORDS}")
    if max(box) > 2:
        raise ToolError(f"box {list(box)} is in pixels; give {BOX_WORDS}")
    left, top = (max(0, min(side - 1, int(edge * side))) for edge, side in zip(box[:2], size, strict=True))
    right, bottom = (max(1, min(side, round(edge * side))) for edge, side in zip(box[2:], size, strict=True))
    return left, top, max(left + 1, right), max(top + 1, bottom)


def _box(thing: Thing, scene: Scene) -> ShareBox:
    left, top, right, bottom = in_shares(thing.box, scene.size)
    return left, top, right, bottom
