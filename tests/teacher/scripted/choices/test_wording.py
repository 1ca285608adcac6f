"""Words tell the wish and nothing more: no name, no token of one, and no other wish."""

import re

import pytest

from journeyman.generation.choices.hints import HintGate
from journeyman.generator import STYLES
from journeyman.schema.api import Placement
from journeyman.teacher.scripted.choices import phrases
from journeyman.teacher.scripted.choices.knowledge import KNOWN_BY_NAME, WISH_BY_KEY
from journeyman.teacher.scripted.choices.roles import place_apis
from journeyman.teacher.scripted.choices.wording import NOTHING, find_wish, word_missing, word_unknown, word_wish
from tests.teacher.scripted.choices.asking import APIS, TOLD


def test_every_wish_has_cores_and_every_style_patterns() -> None:
    assert set(phrases.CORES) == set(WISH_BY_KEY)
    assert set(phrases.STYLES) == set(STYLES)
    assert {known.wish for known in KNOWN_BY_NAME.values()} == set(WISH_BY_KEY)


@pytest.mark.parametrize("wish", sorted(WISH_BY_KEY))
def test_a_wish_is_found_in_its_own_words(wish: str) -> None:
    for number in range(240):
        style = STYLES[number % len(STYLES)]
        assert find_wish(word_wish(wish, number, style)) == wish


def test_unknown_wishes_are_found_to_be_beyond_the_catalogue() -> None:
    for number in range(240):
        for modality in ("text", "image", "audio", "video"):
            text = word_unknown(modality, number, STYLES[number % len(STYLES)])  # type: ignore[arg-type]
            assert find_wish(text) == NOTHING


@pytest.mark.parametrize("text", [phrases.VAGUE, "", "Which animal is on this photograph?", "Transcribe it."])
def test_other_words_are_no_wish_of_ours(text: str) -> None:
    assert find_wish(text) == ""


@pytest.mark.parametrize("wish", sorted(WISH_BY_KEY))
def test_no_words_hint_at_an_api(wish: str) -> None:
    names = [known.name for known in KNOWN_BY_NAME.values() if known.wish == wish]
    tokens = {token for name in names for token in re.findall(r"[a-z]{4,}", name)}
    gate = HintGate(
        APIS, [Placement.model_validate(place) for place in place_apis({"apis": TOLD}).answer["placements"]]
    )
    for number in range(120):
        style = STYLES[number % len(STYLES)]
        for text in (word_wish(wish, number, style), word_missing(wish, number, style)):
            assert not tokens & set(re.findall(r"[a-z]+", text.casefold())), text
            assert gate.hint(text, names) == "", text


def test_styles_share_no_pattern() -> None:
    patterns = [re.sub(r"\{\w\}", "", pattern) for pair in phrases.STYLES.values() for pattern in pair]
    assert len(set(patterns)) == len(patterns)
