import random
from collections.abc import Sequence
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.judging.interval import item_interval, named_intervals, strata_interval


def interval(items: list[float], **options: float) -> tuple[float, float]:
    found = item_interval(
        items,
        fmean,
        samples=int(options.get("samples", 200)),
        confidence=options.get("confidence", 0.95),
        rng=random.Random(int(options.get("seed", 0))),
    )
    assert found is not None
    assert found.num_items == len(items)
    return found.low, found.high


@pytest.mark.parametrize(("confidence", "errors"), [(0.95, 1.96), (0.5, 0.674)])
def test_the_interval_of_a_mean_is_that_of_theory(confidence: float, errors: float) -> None:
    rng = random.Random(7)
    values = [rng.gauss(0, 1) for _ in range(400)]
    low, high = interval(values, samples=2000, confidence=confidence)
    # So many standard errors to either side, within what 2,000 resamples blur.
    assert high - low == pytest.approx(2 * errors / 20, rel=0.1)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=10))
def test_an_interval_lies_within_the_items_and_grows_with_confidence(values: list[float]) -> None:
    low, high = interval(values, samples=40)
    inner_low, inner_high = interval(values, samples=40, confidence=0.5)
    assert min(values) - 1e-9 <= low <= inner_low <= inner_high <= high <= max(values) + 1e-9


@pytest.mark.parametrize("items", [[], [1.0]])
def test_what_cannot_vary_has_no_interval(items: list[float]) -> None:
    assert item_interval(items, fmean, samples=10, confidence=0.9, rng=random.Random(0)) is None


@pytest.mark.parametrize(("samples", "confidence"), [(0, 0.9), (10, 0.0), (10, 1.0)])
def test_an_interval_of_nothing_is_refused(samples: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="no interval"):
        item_interval([1.0, 2.0], fmean, samples=samples, confidence=confidence, rng=random.Random(0))


def test_one_sample_is_its_own_interval() -> None:
    low, high = interval([1.0, 2.0, 5.0], samples=1)
    assert low == high


def test_strata_are_drawn_each_by_itself_so_that_none_is_ever_empty() -> None:
    seen: list[list[int]] = []

    def figure(drawn: Sequence[Sequence[float]]) -> float:
        seen.append([len(stratum) for stratum in drawn])
        assert set(drawn[0]) == {5.0}
        return fmean(fmean(stratum) for stratum in drawn)

    found = strata_interval([[5.0], [0.0, 2.0]], figure, samples=200, confidence=0.95, rng=random.Random(0))
    assert found == (2.5, 3.5, 0.95, 3)
    assert seen == [[1, 2]] * 200
    assert strata_interval([[1.0], [2.0]], figure, samples=9, confidence=0.5, rng=random.Random(0)) is None


def test_several_figures_of_one_drawing_have_the_intervals_that_each_has_alone() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    found = named_intervals(
        values,
        lambda drawn: {"mean": fmean(drawn), "top": max(drawn)},
        samples=50,
        confidence=0.9,
        rng=random.Random(3),
    )
    alone = item_interval(values, max, samples=50, confidence=0.9, rng=random.Random(3))
    assert found.keys() == {"mean", "top"}
    assert found["top"] == alone
    assert named_intervals([1.0], lambda _: {"x": 1.0}, samples=5, confidence=0.9, rng=random.Random(0)) == {}
