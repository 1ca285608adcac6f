import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.seed_bench import (
    DIMENSION_SIZES,
    dimension_shares,
    read_choice,
    read_choice_exactly,
    read_choice_first_character,
)
from journeyman.metrics.shares import Share, macro_average, micro_average

# LLaVA-Plus (arXiv:2311.05437), table of SEED-Bench: nine dimensions in the order of DIMENSION_SIZES, average.
ROWS = [
    ([59.50, 54.29, 56.06, 42.54, 39.35, 33.03, 43.30, 41.39, 30.59], 44.45),
    ([67.13, 56.85, 45.24, 47.24, 45.69, 40.18, 60.82, 70.09, 30.59], 51.54),
    ([68.94, 56.80, 58.89, 47.34, 48.14, 45.21, 60.82, 71.30, 37.65], 55.01),
    ([68.43, 56.47, 59.69, 45.40, 41.68, 44.14, 59.79, 69.49, 34.12], 53.25),
]


@pytest.mark.parametrize(
    ("reply", "read", "first", "exact"),
    [
        ("B", "B", "B", "B"),
        ("b", "B", "B", None),
        ("B.", "B", "B", None),
        ("(C)", "C", None, None),
        ("'D'", "D", None, None),
        ("Answer: B", "B", "A", None),
        ("**Answer:** (B)", "B", None, None),
        ("The answer is C because A is small", "C", None, None),
        ("Option D", "D", None, None),
        ("B. Two dogs", "B", "B", None),
        ("I choose\nB", "B", None, None),
        ("A dog is on the left", None, "A", None),
        ("A dog, so the answer is B", "B", "A", None),
        ("answer: A. No, the answer is D.", "D", "A", None),
        ("A. or B.", None, "A", None),
        ("none of them", None, None, None),
        ("E", None, None, None),
        ("", None, None, None),
        ("Don't know", None, "D", None),
        ("it's plan B's fault", None, None, None),
    ],
)
def test_a_reply_under_the_three_readings(reply: str, read: str | None, first: str | None, exact: str | None) -> None:
    assert read_choice(reply) == read
    assert read_choice_first_character(reply) == first
    assert read_choice_exactly(reply) == exact


@given(st.text(max_size=30) | st.text("ABCD.() answer:is\n", max_size=20))
def test_every_reading_is_a_letter_or_none(reply: str) -> None:
    for read in (read_choice, read_choice_exactly, read_choice_first_character):
        assert read(reply) in (None, "A", "B", "C", "D")


@pytest.mark.parametrize("unit", ["answer is ", "A", "A ", "(", "answer" + " " * 50, "A)", "\n", "answer:::"])
def test_long_replies_take_little_time(unit: str) -> None:
    start = time.process_time()
    read_choice(unit * (100_000 // len(unit)) + "x")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(("percents", "average"), ROWS)
def test_the_paper_s_average_is_the_unweighted_mean(percents: list[float], average: float) -> None:
    assert round(sum(percents) / len(percents), 2) == average
    counted = {
        name: Share(round(size * percent / 100), size)
        for (name, size), percent in zip(DIMENSION_SIZES.items(), percents, strict=True)
    }
    assert [round(100 * share.value, 2) for share in counted.values()] == percents
    assert 100 * macro_average(counted) == pytest.approx(average, abs=0.01)
    assert abs(100 * micro_average(counted) - average) > 0.5


def test_an_unread_reply_is_wrong_and_counted() -> None:
    shares = dimension_shares([("Text", "A", "A"), ("Text", None, "B"), ("Scene", "C", "D")])
    assert shares == {"Text": Share(1, 2), "Scene": Share(0, 1)}
