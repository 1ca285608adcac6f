from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import TrainingError
from journeyman.training.guard import SETTLED, LossGuard

ROWS = (("a", "b"), ("c",), ("d",))
TOKENS = (10, 10, 10)
NAN, INFINITY = float("nan"), float("inf")


def report(*passes, norm=1.0):
    return SimpleNamespace(loss=sum(passes) / sum(TOKENS), passes=passes, gradient_norm=norm)


def check(guard, step, told):
    guard.check(step, told, ROWS, TOKENS, rate=0.001)


@pytest.mark.parametrize("bad", [NAN, INFINITY, -INFINITY])
def test_the_rows_of_the_pass_that_is_not_a_number_are_named_and_no_others(bad):
    with pytest.raises(
        TrainingError, match=r"at step 7; rows of that forward pass: c; .*learning_rate \(it was 0.001\)"
    ):
        check(LossGuard(), 7, report(1.0, bad, 1.0))


@pytest.mark.parametrize("norm", [NAN, INFINITY, -1.0])
def test_a_gradient_that_is_not_finite_names_the_whole_step(norm):
    with pytest.raises(TrainingError, match="rows of that step: a, b, c, d;"):
        check(LossGuard(), 1, report(1.0, 1.0, 1.0, norm=norm))


def test_stage_0_has_no_gradient_norm_and_passes():
    check(LossGuard(), 1, report(1.0, 1.0, 1.0, norm=None))


def test_a_spike_is_found_once_the_loss_has_settled():
    guard = LossGuard(spike_factor=3)
    for step in range(SETTLED):
        check(guard, step, report(100.0 if step == 1 else 10.0, 10.0, 10.0))
    with pytest.raises(TrainingError, match=r"spike_factor = 3 times 1, the median.*rows of that forward pass: a, b;"):
        check(guard, SETTLED, report(200.0, 10.0, 10.0))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=100))
def test_without_a_factor_no_finite_loss_ever_stops_a_run(losses):
    guard = LossGuard()
    for step, loss in enumerate(losses):
        check(guard, step, report(loss, loss, loss))


@given(st.floats(1.1, 10), st.lists(st.floats(0.5, 1.0), min_size=SETTLED, max_size=100))
def test_a_loss_within_the_factor_of_the_lowest_never_stops_a_run(factor, losses):
    low = min(losses)
    guard = LossGuard(spike_factor=factor)
    for step, loss in enumerate(losses):
        within = min(loss, low * factor * 0.99)
        check(guard, step, report(within, within, within))


def test_a_long_list_of_rows_is_cut_and_counted():
    many = tuple(tuple(f"row-{i}-{j}" for j in range(10)) for i in range(3))
    with pytest.raises(TrainingError, match="row-1-9 and 10 more"):
        LossGuard().check(1, report(1.0, 1.0, 1.0, norm=NAN), many, TOKENS, rate=0.1)
