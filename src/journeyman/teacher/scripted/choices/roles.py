"""The three roles: where APIs stand, what is asked, and which APIs satisfy it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from journeyman.schema.api import Modality
from journeyman.teacher.scripted.choices.draws import draws
from journeyman.teacher.scripted.choices.knowledge import KNOWN_BY_NAME, WISH_BY_KEY, Known
from journeyman.teacher.scripted.choices.media import make_any_media, make_media, make_plain_media
from journeyman.teacher.scripted.choices.phrases import VAGUE
from journeyman.teacher.scripted.choices.shown import shown_contents
from journeyman.teacher.scripted.choices.unfamiliar import (
    place_unfamiliar,
    satisfies_unfamiliar,
    word_unfamiliar,
)
from journeyman.teacher.scripted.choices.wording import (
    find_wish,
    word_missing,
    word_question_back,
    word_unknown,
    word_wish,
)

Told = Mapping[str, Any]
MISTAKES = ("names the api", "wrong media", "vague")
_ELSEWHERE: dict[Modality, tuple[str, str]] = {
    "image": ("describe", "chart"),
    "audio": ("timeline", "melody"),
    "video": ("happens", "cuts"),
}
"""A wish and a content that no API takes which takes every content of its own wish."""


class Answered(NamedTuple):
    """What a role says, and the planted mistakes in it."""

    answer: dict[str, Any]
    label: str


class _Written(NamedTuple):
    instruction: dict[str, Any]
    label: str


def place_apis(block: Told) -> Answered:
    """A ``PlacementBatch`` for the APIs of the prompt."""
    return Answered({"placements": [_place(api) for api in block["apis"]]}, "")


def write_instructions(block: Told, mistake_rate: float) -> Answered:
    """An ``InstructionBatch`` for the briefs of the prompt, with mistakes at the rate."""
    written = [_write(brief, mistake_rate) for brief in block["briefs"]]
    labels = [f"{one.instruction['number']}: {one.label}" for one in written if one.label]
    return Answered({"instructions": [one.instruction for one in written]}, "; ".join(labels))


def match_instructions(block: Told, mistake_rate: float) -> Answered:
    """A ``MatchBatch`` for the instructions of the prompt, with slips at a sixth of the rate."""
    matches, labels = [], []
    names = [api["name"] for api in block["apis"]]
    for asked in block["instructions"]:
        wish = find_wish(asked["text"])
        accepted = [api["name"] for api in block["apis"] if _satisfies(api, asked, wish)]
        slipped = _slip(asked, names, accepted, mistake_rate / 6)
        if slipped != accepted:
            labels.append(f"{asked['number']}: judge slip")
        matches.append({"number": asked["number"], "accepted": slipped})
    return Answered({"matches": matches}, "; ".join(labels))


def _place(api: Told) -> dict[str, Any]:
    known = KNOWN_BY_NAME.get(api["name"])
    if known is None:
        return place_unfamiliar(api)
    wish = WISH_BY_KEY[known.wish]
    return {
        "name": known.name,
        "path": list(wish.path),
        "function_class": known.function_class,
        "boundary": known.boundary,
        "differs_by": wish.differs_by,
    }


def _write(brief: Told, mistake_rate: float) -> _Written:
    number, modality = brief["number"], brief["modality"]
    names = [api["name"] for api in brief["apis"]]
    known = [KNOWN_BY_NAME[name] for name in names if name in KNOWN_BY_NAME]
    # The words are one wish's; APIs of two wishes, or strange ones, are known by their descriptions alone.
    wish = known[0].wish if len({one.wish for one in known}) == 1 and len(known) == len(names) else ""
    mistake = _mistake(brief, bool(wish), mistake_rate)
    text = _text(brief, wish)
    if mistake == "vague":
        text = VAGUE
    elif mistake == "names the api":
        text = f"{text} Take {names[0]}."
    media = _media(brief, wish, known)
    if mistake == "wrong media":
        media = _wrong_media(media, known, number)
    instruction = {
        "number": number,
        "text": text,
        "media": media,
        "question": word_question_back(modality, number) if brief["kind"] == "question" else "",
    }
    return _Written(instruction, mistake)


def _text(brief: Told, wish: str) -> str:
    number, style, modality = brief["number"], brief["style"], brief["modality"]
    if brief["kind"] == "unknown" or not brief["apis"]:
        return word_unknown(modality, number, style)
    if not wish:
        return word_unfamiliar(brief["apis"][0], modality, number, style)
    return word_missing(wish, number, style) if brief["kind"] == "question" else word_wish(wish, number, style)


def _media(brief: Told, wish: str, known: Sequence[Known]) -> list[str]:
    """Contents in the brief's order."""
    modality: Modality = brief["modality"]
    number = brief["number"]
    if modality == "text" or brief["kind"] == "question":
        return []
    if not brief["apis"]:
        return [make_any_media(modality, number)]
    if not wish:
        return [make_plain_media(modality, number, salt) for salt, _ in enumerate(brief["apis"])]
    return [make_media(wish, content, number) for content in _drawn_contents(known, number)]


def _drawn_contents(known: Sequence[Known], number: int) -> list[str]:
    """A content for each API; one that takes many gets one that the others do not take, where there is any."""
    drawn: list[str] = []
    for place, one in enumerate(known):
        others = {content for other in known if other.name != one.name for content in _only(other)}
        free = [content for content in one.contents if content not in others | set(drawn)] or list(one.contents)
        drawn.append(draws("content", place, number).choice(free))
    return drawn


def _only(known: Known) -> tuple[str, ...]:
    """What an API is sure to be shown: its content, where it has a single one."""
    return known.contents if len(known.contents) == 1 else ()


def _mistake(brief: Told, is_known: bool, mistake_rate: float) -> str:
    """The planted mistake of a brief, or ''; the rate decides whether there is one, not which."""
    rng = draws("choice mistake", brief["kind"], brief["number"])
    if rng.random() >= mistake_rate or not brief["apis"] or brief["kind"] == "question":
        return ""
    with_file = is_known and brief["modality"] != "text"
    return rng.choice(MISTAKES if with_file else ("names the api", "vague"))


def _wrong_media(media: Sequence[str], known: Sequence[Known], number: int) -> list[str]:
    """The first file replaced by one that its API does not take."""
    wish = known[0].wish
    others = sorted(
        {content for one in KNOWN_BY_NAME.values() if one.wish == wish for content in one.contents}
        - set(known[0].contents)
    )
    if not others:
        # It takes whatever its wish has files for, so the file is one of another wish.
        wish, content = _ELSEWHERE[WISH_BY_KEY[wish].modality]
        return [make_media(wish, content, number), *media[1:]]
    return [make_media(wish, draws("wrong content", number).choice(others), number), *media[1:]]


def _satisfies(api: Told, asked: Told, wish: str) -> bool:
    known = KNOWN_BY_NAME.get(api["name"])
    if known is None or not wish:
        return satisfies_unfamiliar(api, asked["text"], asked["modality"])
    return known.wish == wish and bool(shown_contents(wish, asked.get("media")) & set(known.contents))


def _slip(asked: Told, names: Sequence[str], accepted: list[str], rate: float) -> list[str]:
    """``accepted``, or seldom one name more or less; equal instructions under equal orders slip alike."""
    told = json.dumps([asked["text"], asked.get("media"), list(names)], sort_keys=True)
    rng = draws("judge slip", hashlib.sha256(told.encode()).hexdigest())
    if rng.random() >= rate or not names:
        return accepted
    changed = rng.choice(accepted) if accepted and rng.random() < 0.5 else rng.choice(names)
    return [name for name in names if (name in accepted) != (name == changed)]
