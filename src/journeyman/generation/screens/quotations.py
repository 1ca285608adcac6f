"""Words in quotation marks: which are quoted, and what is said around them."""

import re
from collections.abc import Iterable

BLANK = "QUOTED"
"""Stands where something was quoted; a word, so that a sentence stays one."""
_PAIRS = (('"', '"'), ("\u201c", "\u201d"), ("\u201e", "\u201c"), ("\u00ab", "\u00bb"), ("`", "`"))
_SINGLE = (("'", "'"), ("\u2018", "\u2019"))
_ANY = re.compile(
    "|".join(
        [f"{a}([^{b}]+){b}" for a, b in _PAIRS]
        # An apostrophe inside a word opens and closes nothing.
        + [f"(?<!\\w){a}([^\\s{b}](?:[^{b}]|{b}(?=\\w))*){b}(?!\\w)" for a, b in _SINGLE]
    )
)


def quoted_in(text: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """What is quoted, in order of its length within ``known``, then as it stands.

    Args:
        text: Any.
        known: Texts that may be quoted whole although they have quotation marks themselves.
    """
    found, rest = _taken_out(text, known)
    return (*found, *(next(filter(None, match.groups())) for match in _ANY.finditer(rest)))


def without_quotations(text: str, known: Iterable[str] = ()) -> str:
    """``text`` with :data:`BLANK` for each quotation; arguments are those of :func:`quoted_in`."""
    _, rest = _taken_out(text, known)
    return _ANY.sub(BLANK, rest)


def plain(text: str) -> str:
    """``text`` for comparing: one blank between words, no capitals, no mark at its end."""
    return " ".join(text.split()).casefold().rstrip(".,;:!? ")


def _taken_out(text: str, known: Iterable[str]) -> tuple[list[str], str]:
    found: list[str] = []
    text = " ".join(text.split())
    for name in sorted({" ".join(one.split()) for one in known}, key=lambda one: (-len(one), one)):
        for opening, closing in (*_PAIRS, *_SINGLE) if name and name in text else ():
            if opening + name + closing in text:
                text = text.replace(opening + name + closing, BLANK)
                found.append(name)
    return found, text
