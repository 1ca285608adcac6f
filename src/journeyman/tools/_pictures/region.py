"""A box that an agent gives, cut at the picture's border: one reading for all tools that take one."""

from PIL import Image

from journeyman.errors import ToolError


def visible_box(
    picture: Image.Image, name: str, left: int, top: int, right: int, bottom: int
) -> tuple[int, int, int, int]:
    """The part of the box that lies in ``picture``; ``right`` and ``bottom`` are the first pixel outside.

    Raises:
        ToolError: None of it does; the message says how large ``name`` is.
    """
    box = (max(0, left), max(0, top), min(picture.width, right), min(picture.height, bottom))
    if box[0] >= box[2] or box[1] >= box[3]:
        given = (left, top, right, bottom)
        raise ToolError(f"box {given} is empty in {name}, which is {picture.width} x {picture.height} pixels")
    return box
