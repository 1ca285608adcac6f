import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.llava_bench import (
    UNREAD,
    JudgedTwice,
    Scores,
    agreement,
    parse_scores,
    parse_scores_official,
    position_bias,
    relative_score,
    relative_score_official,
    swapped_relative_score,
)

SCORES = st.builds(Scores, st.floats(1, 10), st.floats(1, 10))


@pytest.mark.parametrize(
    ("review", "official", "corrected"),
    [
        ("8 9\nBoth are good", Scores(8, 9), Scores(8, 9)),
        ("7.5,10\n", Scores(7.5, 10), Scores(7.5, 10)),
        ("8, 9", UNREAD, Scores(8, 9)),
        ("8 9 \n", UNREAD, Scores(8, 9)),
        ("\n8 9", UNREAD, Scores(8, 9)),
        ("Scores: 8 9", UNREAD, None),
        ("8", UNREAD, None),
        ("8/10", UNREAD, None),
        ("", UNREAD, None),
        ("eight nine", UNREAD, None),
        ("80 90", Scores(80, 90), None),
        ("-1 -1", UNREAD, None),
    ],
)
def test_the_first_line_is_two_scores(review: str, official: Scores, corrected: Scores | None) -> None:
    assert parse_scores_official(review) == official
    assert parse_scores(review) == corrected


def test_nan_passes_the_official_parser_and_spoils_the_mean() -> None:
    scores = parse_scores_official("nan 9")
    assert math.isnan(relative_score_official([scores, Scores(8, 8)]))
    assert parse_scores("nan 9") is None


@given(st.text(max_size=30) | st.text("0123456789., \n", max_size=12))
def test_no_review_makes_a_parser_raise(review: str) -> None:
    assert len(parse_scores_official(review)) == 2
    read = parse_scores(review)
    assert read is None or all(1 <= score <= 10 for score in read)


def test_the_relative_score_is_a_ratio_of_means_and_not_a_mean_of_ratios() -> None:
    assert relative_score_official([Scores(10, 5), Scores(2, 2)]) == pytest.approx(100 * 7 / 12)


def test_failures_are_in_the_official_score_and_beside_the_corrected_one() -> None:
    assert relative_score_official([Scores(10, 5), UNREAD]) == pytest.approx(100 * 4 / 9)
    assert relative_score([Scores(10, 5), None]) == (pytest.approx(50), 1, 1)


@given(st.lists(SCORES, min_size=1), st.randoms())
def test_a_model_equal_to_the_reference_scores_100(scores: list[Scores], rng: random.Random) -> None:
    equal = [Scores(pair.first, pair.first) for pair in scores]
    assert relative_score_official(equal) == pytest.approx(100)
    before = relative_score(scores).value
    rng.shuffle(scores)
    assert relative_score(scores).value == before  # fsum is exact
    assert 10 - 1e-9 <= before <= 1000 + 1e-9


@pytest.mark.parametrize("scores", [[], [Scores(0, 5)], [UNREAD, Scores(1, 1)]])
def test_a_ratio_to_nothing_is_refused(scores: list[Scores]) -> None:
    with pytest.raises(ValueError, match="no relative score"):
        relative_score_official(scores)


def test_a_judge_who_favours_a_place_is_cancelled_by_the_other_order() -> None:
    biased = JudgedTwice(reference_first=Scores(9, 6), candidate_first=Scores(9, 6))
    assert swapped_relative_score([biased, biased]) == (pytest.approx(100), 2, 0)
    assert position_bias([biased]) == (1, 0, 1)
    steady = JudgedTwice(reference_first=Scores(8, 4), candidate_first=Scores(4, 8))
    assert swapped_relative_score([steady]).value == pytest.approx(50)
    assert position_bias([steady, biased, JudgedTwice(Scores(5, 7), Scores(5, 7))]) == (1 / 3, 1 / 3, 3)


def test_a_question_read_in_one_order_only_is_counted_as_failed() -> None:
    half = JudgedTwice(Scores(8, 8), None)
    full = JudgedTwice(Scores(8, 4), Scores(4, 8))
    assert swapped_relative_score([half, full]) == (pytest.approx(50), 1, 1)
    assert position_bias([half, full]).num_scored == 1
    with pytest.raises(ValueError, match="both orders"):
        position_bias([half])


def test_kappa_agrees_with_the_textbook() -> None:
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    verdicts, labels = zip(*pairs, strict=True)
    assert agreement(verdicts, labels) == (pytest.approx(0.7), pytest.approx(0.4), 50)


def test_kappa_is_none_where_chance_explains_everything_and_zero_for_a_constant_judge() -> None:
    assert agreement(["a", "a"], ["a", "a"]) == (1.0, None, 2)
    assert agreement(["a", "a"], ["a", "b"]) == (0.5, 0.0, 2)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_agreement_is_symmetric_and_bounded(pairs: list[tuple[str, str]]) -> None:
    ours, theirs = zip(*pairs, strict=True)
    forth, back = agreement(ours, theirs), agreement(theirs, ours)
    assert forth == back
    assert 0 <= forth.accuracy <= 1
    assert forth.kappa is None or -1 <= forth.kappa <= 1
    assert agreement(ours, ours).kappa in (None, 1.0)


@pytest.mark.parametrize(("verdicts", "labels"), [([], []), (["a"], [])])
def test_agreement_needs_the_same_items(verdicts: list[str], labels: list[str]) -> None:
    with pytest.raises(ValueError, match="same items"):
        agreement(verdicts, labels)
