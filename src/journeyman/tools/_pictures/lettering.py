"""Letters for pictures: DejaVu Sans as matplotlib ships it, so that equal calls draw equal pixels everywhere."""

import importlib.util
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

_NO_CHARACTER = "\uffff"
"""Unicode's promise never to be one: every font draws its sign for an unknown character."""


@lru_cache(maxsize=16)
def letters(size: int) -> ImageFont.FreeTypeFont:
    """The font, ``size`` pixels high; matplotlib is not imported for it."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    folder = Path(next(iter(spec.submodule_search_locations or ()))) / "mpl-data" / "fonts" / "ttf"
    # The basic layout is in every Pillow; Raqm, where it is there, kerns otherwise.
    return ImageFont.truetype(str(folder / "DejaVuSans.ttf"), size, layout_engine=ImageFont.Layout.BASIC)


def undrawable(text: str) -> str:
    """The characters of ``text`` that the font has not, each once."""
    font = letters(24)
    unknown = font.getmask(_NO_CHARACTER)
    return "".join(
        character
        for character in dict.fromkeys(text)
        if not character.isspace()
        and (
            not character.isprintable()
            or (font.getmask(character).size == unknown.size and bytes(font.getmask(character)) == bytes(unknown))
        )
    )
