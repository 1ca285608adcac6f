"""What gives an API away is found; ordinary words that happen to be in a name are not."""

import pytest

from journeyman.generation.choices.hints import HintGate, name_tokens
from tests.choice_toys import apis, placements

GATE = HintGate(apis(), placements())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Run lab/mistlift on this.", "names 'lab/mistlift'"),
        ("Run LAB/MistLift on this.", "names 'lab/mistlift'"),
        ("The mistlift one, please.", "names 'lab/mistlift'"),
        ("Use the mistlifts for it.", "says 'mistlifts'"),
        ("Something like mist-lift or mistlif would do.", "says 'mistlif'"),
    ],
    ids=["whole name", "other case", "last part", "near name", "a letter short"],
)
def test_a_hint_is_found_and_said(text: str, said: str) -> None:
    assert said in GATE.hint(text, ["lab/mistlift"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The hills are hard to see; make it clear.", ["lab/mistlift"]),
        ("Please sharpen up this mess.", ["lab/mistlift"]),
        ("What is the view like?", ["mill/clearview-2"]),
        ("A question about nothing.", []),
    ],
    ids=["plain words", "another API's token", "half of a token", "no API"],
)
def test_ordinary_words_are_no_hint(text: str, names: list[str]) -> None:
    assert GATE.hint(text, names) == ""


def test_a_token_that_many_classes_use_is_a_word() -> None:
    common = [api.model_copy(update={"name": f"house/picture-{i}"}) for i, api in enumerate(apis())]
    gate = HintGate(common, [])
    assert gate.hint("Mend my picture.", ["house/picture-3"]) == ""


def test_tokens_are_lower_case_words_of_four_letters_or_more() -> None:
    assert name_tokens("Owner/DeepClear-v2_large13B") == ("owner", "deep", "clear", "large")
