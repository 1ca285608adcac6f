import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.benchmark import f1_of_counts, quotient
from journeyman.evaluation.statistics import figure_difference, figure_interval, mcnemar_exact, wilson_interval

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=50)


def column(values):
    return np.array(values, dtype=float)[:, None]


def ones(values):
    return np.ones((len(values), 1))


def interval(values, weights=None, *, samples=400, confidence=0.95, seed=1, combine=quotient):
    weights = ones(values) if weights is None else column(weights)
    return figure_interval(column(values), weights, combine, samples=samples, confidence=confidence, seed=seed)


def difference(first, second, *, samples=500, seed=3):
    sides = (column(first), ones(first)), (column(second), ones(second))
    return figure_difference(*sides, quotient, samples=samples, confidence=0.95, seed=seed)


@given(SHARES)
def test_an_interval_holds_its_mean_and_states_its_denominator(values: list[float]) -> None:
    estimate = interval(values)
    assert -1e-9 <= estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9
    assert estimate.high <= 1 + 1e-9
    assert (estimate.n, estimate.denominator) == (len(values), len(values))
    assert estimate.value == pytest.approx(sum(values) / len(values))


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = random.Random(7)
    covered = 0
    for _ in range(200):
        values = [float(rng.random() < 0.3) for _ in range(60)]
        estimate = interval(values, samples=300, confidence=0.9, seed=rng.randrange(10**6))
        covered += estimate.low <= 0.3 <= estimate.high
    assert 165 <= covered <= 195


def test_all_right_still_leaves_room_for_doubt() -> None:
    estimate = interval([1.0] * 10)
    assert (estimate.method, estimate.high) == ("wilson", 1.0)
    assert estimate.low == pytest.approx(0.7225, abs=1e-3)


def test_a_figure_over_steps_weighs_long_problems_more() -> None:
    estimate = interval([4, 0], [4, 1])
    assert (estimate.value, estimate.n, estimate.denominator) == (0.8, 2, 5)


def test_a_problem_to_which_a_figure_does_not_apply_is_not_in_its_denominator() -> None:
    estimate = interval([1, 0, 0], [1, 1, 0])
    assert (estimate.value, estimate.n) == (0.5, 2)
    assert interval([0, 0], [0, 0]) is None


def test_an_f1_is_made_of_sums_and_may_pass_one_where_its_official_counts_do() -> None:
    values = np.array([[2.0, 1.0, 2.0], [2.0, 1.0, 2.0]])
    estimate = figure_interval(values, values, f1_of_counts, samples=100, confidence=0.95, seed=0)
    assert estimate.value == pytest.approx(4 / 3)


def test_wilson_agrees_with_the_published_example() -> None:
    low, high = wilson_interval(81, 263, confidence=0.95)  # Newcombe 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_mcnemar_agrees_with_the_binomial() -> None:
    assert mcnemar_exact(0, 0) == 1
    assert mcnemar_exact(6, 0) == pytest.approx(2 / 64)
    assert mcnemar_exact(10, 3) == pytest.approx(0.0923, abs=1e-4)
    assert mcnemar_exact(700, 3000) < 1e-100


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_does_not_care_who_is_first(better: int, worse: int) -> None:
    assert mcnemar_exact(better, worse) == mcnemar_exact(worse, better) <= 1


def test_a_paired_difference_counts_wins_and_losses() -> None:
    found = difference([1, 1, 1, 0], [0, 0, 1, 1])
    assert (found.value, found.better, found.worse, found.n) == (0.25, 2, 1, 4)
    assert found.p == 1.0


def test_a_difference_that_is_the_same_on_every_problem_still_has_a_width() -> None:
    found = difference([1] * 7, [0] * 7)
    assert (found.value, found.better) == (1, 7)
    assert found.low < 0.6
    assert found.high == pytest.approx(1)
    none = difference([1] * 7, [1] * 7)
    assert none.low < 0 < none.high
    more = difference([1] * 70, [0] * 70)
    assert more.low > found.low


def test_pairing_sees_a_small_gain_that_holds_on_every_problem() -> None:
    rng = random.Random(1)
    hard = [rng.random() for _ in range(40)]
    found = difference([h * 0.9 + 0.1 for h in hard], [h * 0.9 for h in hard])
    assert found.low > 0.09
    assert found.p < 0.01


def test_a_problem_that_one_side_has_no_score_for_counts_for_neither() -> None:
    first = column([1, 1, 1]), column([1, 1, 1])
    second = column([0, 1, 0]), column([1, 1, 0])
    found = figure_difference(first, second, quotient, samples=100, confidence=0.95, seed=0)
    assert (found.n, found.value) == (2, 0.5)


@given(SHARES, st.integers(0, 9))
def test_equal_seeds_give_equal_intervals(values: list[float], seed: int) -> None:
    assert interval(values, samples=50, confidence=0.9, seed=seed) == interval(
        values, samples=50, confidence=0.9, seed=seed
    )


def test_scores_of_other_problems_are_refused() -> None:
    with pytest.raises(ValueError, match="same problems, got 1 and 2"):
        difference([1], [1, 0])
