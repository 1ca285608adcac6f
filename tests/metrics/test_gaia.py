import math
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from journeyman.metrics.gaia import LEVEL_SIZES, level_accuracies, question_scorer

GOLDS = st.one_of(
    st.text(max_size=30),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
    st.lists(st.text("abc .$5-", max_size=6), min_size=2, max_size=4).map(", ".join),
)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("$1,234.50", "1234.5"),
        ("17%", "17"),
        (17, "17"),
        (17.0, "17"),
        (Decimal("17"), "17"),
        ("1e3", "1000"),
        ("1_000", "1000"),
        (" 42 ", "42"),
        ("b;e", "b, e"),
        ("Dr. No;3.0", "dr.no, 3"),
        ("$5, 5", "$5, 5.0"),
        ("St. Petersburg!", "st petersburg"),
        ("sea gull", "Seagull"),
        ("right", "Right."),
        (None, "None"),
        (True, "true"),
    ],
)
def test_the_official_scorer_takes_it_for_right(answer: object, gold: str) -> None:
    assert question_scorer(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("17 apples", "17"),
        ("17.0000001", "17"),
        ("seventeen", "17"),
        ("", "17"),
        ("e, b", "b, e"),
        ("b, e, f", "b, e"),
        ("b and e", "b, e"),
        ("St Petersburg, Rome", "St. Petersburg, Rome"),  # punctuation is kept in lists
        ("$5, rome", "5 $, rome"),
        (["b", "e"], "b, e"),  # str() leaves brackets and quotes
        ({"answer": "b"}, "b"),
        ("The answer is right", "Right"),
        (None, "17"),
        (math.nan, "17"),
    ],
)
def test_the_official_scorer_takes_it_for_wrong(answer: object, gold: str) -> None:
    assert not question_scorer(answer, gold)


def test_known_defects_are_kept() -> None:
    assert not question_scorer("1000", "1,000")  # a gold with a comma is a list of two
    assert question_scorer("1,000", "1,000")
    assert question_scorer("no number at all", "inf")
    assert not question_scorer("nan", "nan")
    assert not question_scorer(math.nan, "NaN")
    assert question_scorer("!?", "...")  # nothing but punctuation is nothing


@given(GOLDS)
def test_the_gold_answer_is_right(gold: str) -> None:
    assume("nan" not in gold.lower())
    assert question_scorer(gold, gold)


@given(GOLDS, GOLDS)
def test_case_and_outer_blanks_never_matter(answer: str, gold: str) -> None:
    assume(answer.isascii())
    assert question_scorer(answer, gold) == question_scorer(f"  {answer.upper()}\n", gold)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.text(max_size=20))
def test_no_answer_makes_it_raise(answer: Any, gold: str) -> None:
    assert question_scorer(answer, gold) in (True, False)


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_answers_that_have_no_text_are_wrong() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    for answer in (Unprintable(), 10**5000, nested):
        assert not question_scorer(answer, "17")
        assert not question_scorer(answer, "")
        assert not question_scorer(answer, "inf")


@pytest.mark.parametrize("unit", ["9", "1_", "a, ", ";", "$%,", " ", ".*+?(["])
def test_long_answers_take_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        for gold in ("17", "b, e", "right", unit * size + ",x"):
            question_scorer(unit * size, gold)
        return time.process_time() - start

    seconds(1000)
    assert seconds(100_000) < 0.1 + 50 * min(seconds(10_000) for _ in range(3))


def test_accuracies_are_over_the_problems_that_exist() -> None:
    assert sum(LEVEL_SIZES.values()) == 165
    t3_minicpm = level_accuracies({1: 14, 2: 10, 3: 1})  # the paper prints 15.15: 26.42, 11.63, 3.84
    assert round(100 * t3_minicpm.overall, 2) == 15.15
    assert [round(100 * share, 2) for share in t3_minicpm.by_level.values()] == [26.42, 11.63, 3.85]
    assert level_accuracies({1: 53}).by_level == {1: 1.0, 2: 0.0, 3: 0.0}


@pytest.mark.parametrize("counts", [{1: 54}, {4: 1}, {2: -1}])
def test_impossible_counts_are_refused(counts: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="right answers"):
        level_accuracies(counts)
