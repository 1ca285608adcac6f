"""Put a wish into words, and find the wish in words."""

import re
from functools import cache

from journeyman.schema.api import Modality
from journeyman.teacher.scripted.choices.draws import draws
from journeyman.teacher.scripted.choices.knowledge import WISH_BY_KEY
from journeyman.teacher.scripted.choices.payloads import make_payload
from journeyman.teacher.scripted.choices.phrases import (
    ASKED_BACK,
    CORES,
    PURPOSES,
    STYLES,
    SUBJECTS,
    THINGS,
    UNKNOWN,
)

NOTHING = "nothing"
"""Found where the words ask for what no embedded API does."""
_PURPOSE_SHARE = 0.6
_PLAIN = ("{Q}?", "{Q}?")


def word_wish(wish: str, number: int, style: str) -> str:
    """The instruction's text; it follows from the wish, whichever of its APIs is meant."""
    return _worded(CORES[wish], wish, WISH_BY_KEY[wish].modality, number, style)


def word_missing(wish: str, number: int, style: str) -> str:
    """The same about something that is not there: words that are worked on are left out."""
    cores = tuple((question.replace('"{payload}"', "this text"), order.replace('"{payload}"', "this text"))
                  for question, order in CORES[wish])  # fmt: skip
    return _worded(cores, wish, WISH_BY_KEY[wish].modality, number, style)


def word_unknown(modality: Modality, number: int, style: str) -> str:
    """A wish that nothing in the embedded catalogue satisfies."""
    return _worded(UNKNOWN[modality], NOTHING, modality, number, style)


def word_question_back(modality: Modality, number: int) -> str:
    """What is asked back when the file is missing."""
    return draws("asked back", modality, number).choice(ASKED_BACK[modality])


def dress(question: str, order: str, number: int, style: str) -> str:
    """A question and an order, the one that the style needs, in one of the style's patterns."""
    pattern = STYLES.get(style, _PLAIN)[draws("pattern", number).randrange(2)]
    return pattern.format(q=question, Q=_capital(question), o=order, O=_capital(order))


def find_wish(text: str) -> str:
    """The wish that ``text`` words, :data:`NOTHING` for one beyond the catalogue, or '' where it is none of ours."""
    folded = text.casefold()
    return next((wish for fragment, wish in _fragments() if fragment in folded), "")


def _worded(cores: tuple[tuple[str, str], ...], wish: str, modality: Modality, number: int, style: str) -> str:
    rng = draws("words", wish, modality, number)
    question, order = rng.choice(cores)
    values = {"subject": rng.choice(SUBJECTS), **make_payload(wish, rng)}
    if modality in THINGS:
        values["thing"] = rng.choice(THINGS[modality])
        if wish != NOTHING and rng.random() < _PURPOSE_SHARE:
            purpose = rng.choice(PURPOSES)
            question, order = f"{question} {purpose}", f"{order} {purpose}"
    return dress(question.format(**values), order.format(**values), number, style)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


@cache
def _fragments() -> tuple[tuple[str, str], ...]:
    """For every question and order the longest fixed piece that no other wish has, with its wish; longest first."""
    cores = [(core.casefold(), wish) for wish, own in CORES.items() for pair in own for core in pair]
    cores += [(core.casefold(), NOTHING) for own in UNKNOWN.values() for pair in own for core in pair]
    found = {}
    for core, wish in cores:
        foreign = [other for other, others_wish in cores if others_wish != wish]
        pieces = [piece for piece in re.split(r"\{\w+\}", core) if not any(piece in other for other in foreign)]
        found[max(pieces, key=len)] = wish
    return tuple(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))
