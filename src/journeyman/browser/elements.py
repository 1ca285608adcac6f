"""What of a page can be hit: elements with boxes, from the page itself.

A list of nodes is not enough: of MiniWoB++'s leaves 24 % have their middle outside the screen and 4 % are covered by
something else. Here an element counts when a click on the middle of its box hits it: it is drawn, not disabled, at
least 8 CSS pixels wide and high, at least half of it is on the screen, and no other element that can be acted on
lies at that point. A wrapped link has the box of its first line that is hit.
"""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from journeyman.schema.screen import Element

EXTRACTION = resources.files("journeyman.browser").joinpath("elements.js").read_text().strip()
"""JavaScript function of what :func:`look` gives, without a semicolon: it can be part of another script."""


def look(within: str, without: str, width: int, height: int) -> dict[str, str | int]:
    """Where to look: inside the first match of ``within``, not in ``without``, on a screen of so many CSS pixels."""
    return {"within": within, "without": without, "width": width, "height": height}


def elements_of(found: Sequence[Mapping[str, Any]], width: int, height: int) -> tuple[Element, ...]:
    """Elements from what the script found.

    Args:
        found: In document order; boxes in CSS pixels.
        width: Of the screen in CSS pixels; so is ``height``.
        height: See above.
    """
    return tuple(
        Element(
            element_id=given["id"],
            kind=given["kind"],
            role=given["role"],
            name=given["name"],
            function=given["function"],
            look=given["look"],
            left=given["left"] / width,
            top=given["top"] / height,
            right=given["right"] / width,
            bottom=given["bottom"] / height,
        )
        for given in found
    )
