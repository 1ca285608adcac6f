import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.answer import answer_matches, number_in
from journeyman.schema.query import Gold


def number(value: str, tolerance: float = 0.0) -> Gold:
    return Gold(kind="number", value=value, tolerance=tolerance)


def text(value: str, *aliases: str) -> Gold:
    return Gold(kind="text", value=value, aliases=aliases)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("1234.5", "$1,234.50"),
        ("1234.5", 1234.5),
        ("1234.5", "1234.50 dollars"),
        ("1234.5", ["1,234.50"]),
        ("1234.5", {"total": 1234.5}),
        ("-3", "\u22123"),
        ("-3", "-$3"),
        ("42", "42 %"),
        ("42", "\u20ac42"),
        ("3", "3 red apples."),
        ("0.3", 0.1 + 0.2),
        ("1500", "1.5e3"),
        ("12", "12kg"),
    ],
)
def test_a_number_matches_in_every_english_spelling(gold: str, answer: object) -> None:
    assert answer_matches(number(gold), json.dumps(answer))


@pytest.mark.parametrize(
    "answer",
    [
        "3 of 4",
        "1,23",
        "0.42",
        True,
        None,
        [42, 43],
        {"a": 42, "b": 1},
        "42 43",
        "",
        "--42",
        "forty-two",
        "-42",
        [[[[[42]]]]],
    ],
)
def test_what_is_not_plainly_the_number_is_wrong(answer: object) -> None:
    assert not answer_matches(number("42"), json.dumps(answer))


def test_the_tolerance_is_absolute_and_included() -> None:
    assert answer_matches(number("10", 0.5), "10.5")
    assert not answer_matches(number("10", 0.5), "10.51")


@pytest.mark.parametrize(
    "answer_json", ["", "NaN", "Infinity", "-Infinity", "not json", "[" * 60_000, '"' + "4" * 100_000 + '"', "9" * 5000]
)
def test_strange_answers_are_wrong_and_nothing_worse(answer_json: str) -> None:
    assert not answer_matches(number("4"), answer_json)
    assert not answer_matches(text("4"), answer_json)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("Grand Opening!", "  GRAND\nopening "),
        ("Grand Opening", "GRANDOPENING"),
        ("Grand Opening", ["Grand", "Opening"]),
        ("AB-1234", "ab 1234"),
        ("https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("1.5", 1.5),
        ("1234", 1234.0),
        ("caf\u00e9", "cafe\u0301"),
        ("!!!", "!!!"),
    ],
)
def test_texts_match_but_for_case_space_and_punctuation(gold: str, answer: object) -> None:
    assert answer_matches(text(gold), json.dumps(answer))


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("cat", "cats"),
        ("cat", "a dog, a cat, a bird"),
        ("1.5", "15"),
        ("-3", "3"),
        ("", ""),
        ("cat", [["cat", 0.9], ["dog", 0.1]]),
        ("cat", {"label": "cat", "score": 1}),
        ("true", None),
    ],
)
def test_containing_the_answer_is_not_giving_it(gold: str, answer: object) -> None:
    assert not answer_matches(text(gold), json.dumps(answer))


TWO = Gold(kind="boxes", value="[[0.1,0.1,0.3,0.3],[0.6,0.5,0.9,0.9]]", tolerance=0.5)
ONE = Gold(kind="boxes", value="[[0.1,0.1,0.3,0.3]]", tolerance=0.5)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (TWO, [[0.1, 0.1, 0.3, 0.3], [0.6, 0.5, 0.9, 0.9]]),
        (TWO, "[[0.61, 0.5, 0.9, 0.91], [0.1, 0.12, 0.3, 0.3]]"),
        (ONE, [[0.1, 0.1, 0.3, 0.3]]),
        (ONE, "[0.1, 0.1, 0.3, 0.3]"),
        (ONE, "[[0.1, 0.1, 0.3, 0.2]]"),
    ],
)
def test_boxes_match_one_to_one_in_any_order(gold: Gold, answer: object) -> None:
    assert answer_matches(gold, json.dumps(answer))


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (TWO, [[0.1, 0.1, 0.3, 0.3]]),
        (TWO, [[0.1, 0.1, 0.3, 0.3], [0.1, 0.1, 0.3, 0.3]]),
        (ONE, [[0.1, 0.1, 0.3, 0.3], [0.6, 0.5, 0.9, 0.9]]),
        (ONE, [[0.1, 0.1, 0.3, 0.19]]),
        (ONE, "about [[0.1, 0.1, 0.3, 0.3]]"),
        (ONE, [[22, 16, 67, 48]]),
        (ONE, [[0.3, 0.3, 0.1, 0.1]]),
        (ONE, [[0.1, 0.1, 0.3, "0.3"]]),
        (ONE, [[True, 0.1, 0.3, 0.3]]),
        (ONE, [[10**400, 0.1, 0.3, 0.3]]),
        (ONE, [[float("nan"), 0.1, 0.3, 0.3]]),
        (ONE, [[0.1, 0.1, 0.3, 0.3]] * 101),
        (ONE, []),
        (ONE, "the left one"),
        (ONE, "[" * 50_000),
    ],
    ids=range(15),
)
def test_a_box_that_is_missing_extra_or_elsewhere_is_wrong(gold: Gold, answer: object) -> None:
    assert not answer_matches(gold, json.dumps(answer))


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("blue square, red circle", True),
        (["Red circle", "blue squares"], True),
        ("a red circle and a blue square", True),
        ("red circle, red circle, blue square", True),
        ("red circle", False),
        (["red circle"], False),
        ("red circle, blue square, green star", False),
        ("about red circle, blue square", False),
        ("", False),
        (None, False),
        ({"a": 1, "b": 2}, False),
    ],
)
def test_names_of_a_set_may_stand_in_any_order(answer: object, right: bool) -> None:
    assert answer_matches(Gold(kind="set", value="red circle, blue square"), json.dumps(answer)) is right


def test_an_alias_is_as_right_as_the_value() -> None:
    assert answer_matches(text("espresso", "cup of coffee"), '"Cup of coffee."')


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_number_matches_itself_as_number_and_as_text(value: float) -> None:
    gold = number(repr(value))
    assert answer_matches(gold, json.dumps(value))
    assert answer_matches(gold, json.dumps(repr(value)))
    assert answer_matches(gold, json.dumps(f"${value:,.60f}".replace("$-", "-$")))


@given(st.text(max_size=60))
def test_every_text_that_is_not_blank_matches_itself(value: str) -> None:
    assert answer_matches(text(value), json.dumps(value)) == bool(value.strip())


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_no_json_value_breaks_the_rule(value: object) -> None:
    for gold in (number("7"), text("seven"), ONE, Gold(kind="set", value="seven")):
        assert answer_matches(gold, json.dumps(value)) in (True, False)


def test_a_boolean_is_no_number() -> None:
    assert number_in(True) is None
