"""MM-Vet's two averages, by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.mm_vet import (
    CAPABILITIES,
    Graded,
    by_capability,
    by_combination,
    combination,
    correctness,
    in_order,
    read_grade,
)

THREE = [
    Graded(("rec",), (1.0, 0.5)),
    Graded(("ocr", "math"), (0.0, None)),
    Graded(("rec", "ocr"), (0.2, 0.4)),
]


def test_both_figures_are_those_worked_out_by_hand() -> None:
    found = correctness(THREE)
    # Run 1: (1 + 0 + 0.2) / 3; run 2: (0.5 + 0 + 0.4) / 3, the unread grade being 0.
    assert found.runs == pytest.approx((40.0, 30.0))
    assert found.official == pytest.approx(35.0)
    assert found.sd == pytest.approx(5.0)
    # (0.75 + 0 + 0.3) / 3: what was read of the second answer is one 0.
    assert found.corrected == pytest.approx(35.0)
    assert (found.num_answers, found.num_unread, found.num_left_out) == (3, 1, 0)


def test_an_answer_no_grade_of_which_was_read_is_0_officially_and_left_out_of_the_corrected_figure() -> None:
    found = correctness([Graded(("rec",), (0.8,)), Graded(("rec",), (None,))])
    assert (found.official, found.corrected, found.num_left_out) == (pytest.approx(40.0), pytest.approx(80.0), 1)
    nothing = correctness([Graded(("rec",), (None, None))])
    assert (nothing.official, nothing.corrected, nothing.num_unread) == (0.0, None, 2)


def test_one_run_has_no_spread() -> None:
    assert correctness([Graded(("rec",), (0.3,)), Graded(("rec",), (0.9,))]).sd == 0.0


def test_an_answer_counts_in_each_capability_it_tests_and_in_one_combination() -> None:
    capabilities = by_capability(THREE)
    assert {name: len(found) for name, found in capabilities.items()} == {"rec": 2, "ocr": 2, "math": 1}
    assert list(capabilities) == ["rec", "ocr", "math"]
    assert correctness(capabilities["rec"]).runs == pytest.approx((60.0, 45.0))
    assert {name: len(found) for name, found in by_combination(THREE).items()} == {
        "ocr_math": 1,
        "rec": 1,
        "rec_ocr": 1,
    }
    assert list(by_combination([THREE[0], THREE[1], THREE[1]])) == ["ocr_math", "rec"]


@pytest.mark.parametrize("answers", [[], [Graded(("rec",), ())], [Graded(("rec",), (1.0,)), THREE[0]]])
def test_a_mean_over_nothing_or_over_unequal_runs_is_refused(answers: list[Graded]) -> None:
    with pytest.raises(ValueError, match="as many grades each"):
        correctness(answers)


@given(st.permutations([*CAPABILITIES, "smell", "rec"]))
def test_equal_sets_of_capabilities_have_one_name(names: list[str]) -> None:
    assert combination(names) == "rec_ocr_know_gen_spat_math_smell"
    assert in_order(names) == (*CAPABILITIES, "smell")


@pytest.mark.parametrize(
    ("reply", "grade"),
    [
        ("0.5", 0.5),
        (" 1.0 \nBecause.", 1.0),
        ("\n\n0\nwrong", 0.0),
        (".7", 0.7),
        ("1.", 1.0),
        ("1.1", None),
        ("-0.1", None),
        ("0.5 or 0.6", None),
        ("8/10", None),
        ("Grade: 0.5", None),
        ("nan", None),
        ("1_0", None),
        ("0,5", None),
        ("", None),
    ],
)
def test_a_grade_is_the_whole_first_line(reply: str, grade: float | None) -> None:
    assert read_grade(reply) == grade


@given(st.text(max_size=12) | st.floats(allow_nan=True).map(str))
def test_a_grade_is_never_out_of_range(reply: str) -> None:
    grade = read_grade(reply)
    assert grade is None or (math.isfinite(grade) and 0 <= grade <= 1)
