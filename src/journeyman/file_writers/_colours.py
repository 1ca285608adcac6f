"""Colour names that specs may use, as the pictures show them."""

import re
from typing import Annotated

from pydantic import AfterValidator

COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "gray": (128, 128, 128),
    "red": (220, 30, 30),
    "orange": (255, 140, 0),
    "yellow": (250, 220, 20),
    "green": (30, 150, 50),
    "blue": (30, 80, 220),
    "purple": (130, 40, 160),
    "pink": (255, 150, 190),
    "brown": (120, 70, 30),
}
"""The eleven basic colour names of English, each well inside its own region of colour space."""


def _known(colour: str) -> str:
    if colour not in COLOURS and not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"colour {colour!r} is unknown; use #rrggbb or one of {', '.join(COLOURS)}")
    return colour


Colour = Annotated[str, AfterValidator(_known)]
"""A basic colour name or ``#rrggbb``."""


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    if colour in COLOURS:
        return COLOURS[colour]
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
