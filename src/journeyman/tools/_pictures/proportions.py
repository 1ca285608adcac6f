"""Refuse strips: a picture reduced to a model's input size by its long side keeps nothing of a short one."""

from PIL import Image

from journeyman.errors import ToolError

MOST_ELONGATED = 50
"""Long side to short side."""
LONG_SIDE = 1600
"""Pixels; up to it no tool reduces so much that a strip is lost."""


def check_proportions(picture: Image.Image, name: str) -> None:
    """Let pass what can be looked at whole.

    Raises:
        ToolError: Longer than ``LONG_SIDE`` and more than ``MOST_ELONGATED`` times as long as wide.
    """
    long, short = max(picture.size), min(picture.size)
    if long > LONG_SIDE and long > MOST_ELONGATED * short:
        size = f"{picture.width} x {picture.height} pixels"
        raise ToolError(f"{name} is a strip of {size}, too long to look at whole; cut it into parts with crop_image")
