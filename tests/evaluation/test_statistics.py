import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.evaluation.statistics import bootstrap_interval, mcnemar_exact, paired_difference, wilson_interval

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=50)


@given(SHARES)
def test_an_interval_holds_its_mean_and_states_its_denominator(values: list[float]) -> None:
    estimate = bootstrap_interval(values, samples=400, confidence=0.95, seed=1)
    assert -1e-9 <= estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9
    assert estimate.high <= 1 + 1e-9
    assert estimate.n == len(values)


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = random.Random(7)
    covered = 0
    for _ in range(200):
        values = [float(rng.random() < 0.3) for _ in range(60)]
        estimate = bootstrap_interval(values, samples=300, confidence=0.9, seed=rng.randrange(10**6))
        covered += estimate.low <= 0.3 <= estimate.high
    assert 165 <= covered <= 195


def test_all_right_still_leaves_room_for_doubt() -> None:
    estimate = bootstrap_interval([1.0] * 10, samples=100, confidence=0.95, seed=0)
    assert (estimate.method, estimate.high) == ("wilson", 1.0)
    assert estimate.low == pytest.approx(0.7225, abs=1e-3)


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
    difference = paired_difference([1, 1, 1, 0], [0, 0, 1, 1], samples=500, confidence=0.95, seed=3)
    assert (difference.value, difference.better, difference.worse, difference.n) == (0.25, 2, 1, 4)
    assert difference.p == 1.0


def test_pairing_sees_a_small_gain_that_holds_on_every_problem() -> None:
    rng = random.Random(1)
    hard = [rng.random() for _ in range(40)]
    difference = paired_difference(
        [h * 0.9 + 0.1 for h in hard], [h * 0.9 for h in hard], samples=500, confidence=0.95, seed=3
    )
    assert difference.low > 0.09
    assert difference.p < 0.01


@given(SHARES, st.integers(0, 9))
def test_equal_seeds_give_equal_intervals(values: list[float], seed: int) -> None:
    first = bootstrap_interval(values, samples=50, confidence=0.9, seed=seed)
    assert first == bootstrap_interval(values, samples=50, confidence=0.9, seed=seed)


def test_no_scores_are_refused_rather_than_zero() -> None:
    with pytest.raises(ValueError, match="no scores"):
        bootstrap_interval([], samples=10, confidence=0.9, seed=0)
    with pytest.raises(ValueError, match="same problems, got 1 and 2"):
        paired_difference([1], [1, 0], samples=10, confidence=0.9, seed=0)
