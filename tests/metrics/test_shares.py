import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.shares import Share, macro_average, micro_average, shares_by_group

RESULTS = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=40)


@given(RESULTS, st.randoms(use_true_random=False))
def test_averages_are_shares_and_do_not_hang_on_the_order(results: list[tuple[str, bool]], rng: random.Random) -> None:
    shares = shares_by_group(results)
    rng.shuffle(results)
    again = shares_by_group(results)
    assert again == shares
    assert 0 <= micro_average(shares) <= 1
    assert macro_average(again) == pytest.approx(macro_average(shares))
    assert micro_average(shares) == sum(hit for _, hit in results) / len(results)


def test_micro_weighs_problems_and_macro_weighs_groups() -> None:
    shares = {"large": Share(90, 100), "small": Share(0, 1)}
    assert micro_average(shares) == pytest.approx(90 / 101)
    assert macro_average(shares) == pytest.approx(0.45)


def test_a_mean_over_nothing_is_refused() -> None:
    for empty in ({}, {"a": Share(0, 0)}):
        with pytest.raises(ValueError, match="no "):
            macro_average(empty)
        with pytest.raises(ValueError, match="no share"):
            micro_average(empty)
