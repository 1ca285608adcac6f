"""Read answers out of the results of skills; LookupError or ValueError where they do not hold one."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Seen = Mapping[str, Any]
"""A thing that a skill found: phrase, box, score, and maybe a mask."""

_NAME = r"[A-Z]\w+(?: (?:van |der |de )*[A-Z]\w+)*"
_TOLD = {
    "year": r"\b((?:19|20)\d\d)\b",
    "maker": rf"(?:photographed|photograph|given to [\w-]+) by ({_NAME})",
    "place": rf"\b(?:in|from) ({_NAME})",
    "person": rf"^({_NAME})",
}


def third_of(seen: Seen, words: Sequence[str]) -> str:
    """In which third the middle of a thing is; ``words`` are those of the columns, or of the rows from ``top`` on."""
    axis = 1 if words[0] == "top" else 0
    middle = (seen["box"][axis] + seen["box"][axis + 2]) / 2
    return words[min(2, int(middle * 3))]


def nearest_to(edge: str, things: Sequence[Seen]) -> str:
    """Phrase of the thing nearest to ``edge``."""
    axis = 0 if edge in ("left", "right") else 1
    if edge in ("left", "top"):
        return str(min(things, key=lambda seen: seen["box"][axis])["phrase"])
    return str(max(things, key=lambda seen: seen["box"][axis + 2])["phrase"])


def at_point(point: Sequence[float], things: Sequence[Seen]) -> str:
    """Phrase of the smallest thing whose box holds ``point``."""
    holding = [s for s in things if s["box"][0] <= point[0] <= s["box"][2] and s["box"][1] <= point[1] <= s["box"][3]]
    return str(min(holding, key=lambda s: (s["box"][2] - s["box"][0]) * (s["box"][3] - s["box"][1]))["phrase"])


def best_of(phrase: str, things: Sequence[Seen]) -> Seen:
    """The first thing that answers to ``phrase``."""
    return {seen["phrase"]: seen for seen in reversed(things)}[phrase]


def told_of(what: str, texts: Sequence[str]) -> str:
    """The first year, maker, place or person that ``texts`` tell of."""
    found = [said for text in texts for said in re.findall(_TOLD[what], text)]
    return str(found[0])


def boxes_of(things: Sequence[Seen]) -> str:
    """The boxes as JSON; where nothing was found there is no answer.

    Raises:
        LookupError: There is no box.
    """
    if not things:
        raise LookupError("nothing was found, so there is no box")
    return json.dumps([seen["box"] for seen in things])


def said_in(caption: str) -> str:
    """A caption without its ground, as one says what is there."""
    words = caption.rstrip(".").partition(", on ")[0]
    return words[0].lower() + words[1:]
