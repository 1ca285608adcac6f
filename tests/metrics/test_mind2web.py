import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.mind2web import (
    GoldAction,
    PredictedAction,
    StepScores,
    macro_averages,
    micro_averages,
    step_scores,
    step_scores_any,
)

BOX = Box(0.1, 0.1, 0.3, 0.2)
INSIDE, OUTSIDE = Point(0.2, 0.15), Point(0.5, 0.5)
OPERATIONS: list[Any] = ["CLICK", "HOVER", "ENTER", "SELECT", "TYPE"]
VALUES = st.text("ab 23", max_size=8)
GOLD = st.builds(GoldAction, st.sampled_from(OPERATIONS), st.just(BOX), VALUES)
PREDICTED = st.builds(
    PredictedAction, st.sampled_from(OPERATIONS), st.sampled_from([INSIDE, OUTSIDE, None]), st.none() | VALUES
)


def official(step: StepScores) -> tuple[bool, float, bool]:
    return step.element_official, step.operation_f1_official, step.success_official


def corrected(step: StepScores) -> tuple[bool, float, bool]:
    return step.element, step.operation_f1, step.success


def test_a_click_needs_the_point_and_the_class() -> None:
    gold = GoldAction("CLICK", BOX)
    for operation in ("CLICK", "HOVER", "ENTER"):  # one class
        right = step_scores(PredictedAction(operation, INSIDE), gold)
        assert official(right) == corrected(right) == (True, 1.0, True)
    missed = step_scores(PredictedAction("CLICK", OUTSIDE), gold)
    assert official(missed) == corrected(missed) == (False, 1.0, False)
    typed = step_scores(PredictedAction("TYPE", INSIDE, "x"), gold)
    assert official(typed) == corrected(typed) == (True, 0.0, False)


def test_operation_f1_is_over_the_tokens_of_class_and_value() -> None:
    step = step_scores(PredictedAction("TYPE", INSIDE, "new york"), GoldAction("TYPE", BOX, "New York City"))
    # tokens: class, new, york of class, new, york, city
    assert step.operation_f1_official == step.operation_f1 == pytest.approx(2 * 3 / 7)
    assert not step.success
    assert not step.success_official


def test_words_in_another_order_are_an_official_success_only() -> None:
    step = step_scores(PredictedAction("TYPE", INSIDE, "york new new"), GoldAction("TYPE", BOX, "new york"))
    assert official(step) == (True, 1.0, True)
    assert corrected(step) == (True, pytest.approx(6 / 7), False)


def test_the_class_number_is_an_official_word() -> None:
    step = step_scores(PredictedAction("TYPE", INSIDE, "3"), GoldAction("TYPE", BOX, ""))
    assert official(step) == (True, 1.0, True)
    assert corrected(step) == (True, pytest.approx(2 / 3), False)


def test_a_missing_value_is_officially_an_unreadable_reply() -> None:
    step = step_scores(PredictedAction("TYPE", INSIDE), GoldAction("TYPE", BOX, "a"))
    assert official(step) == (True, 0.0, False)
    assert corrected(step) == (True, pytest.approx(2 / 3), False)


def test_the_official_box_is_rounded() -> None:
    gold = GoldAction("CLICK", Box(0.1004, 0.1, 0.3, 0.2))
    step = step_scores(PredictedAction("CLICK", Point(0.1001, 0.15)), gold)
    assert (step.element_official, step.element) == (True, False)


@given(GOLD)
def test_the_gold_action_succeeds(gold: GoldAction) -> None:
    step = step_scores(PredictedAction(gold.operation, INSIDE, gold.value.upper()), gold)
    assert official(step) == corrected(step) == (True, 1.0, True)


@given(st.none() | PREDICTED, GOLD)
def test_scores_are_shares_and_success_is_a_hit_with_a_full_f1(
    predicted: PredictedAction | None, gold: GoldAction
) -> None:
    step = step_scores(predicted, gold)
    for element, f1, success in (official(step), corrected(step)):
        assert 0 <= f1 <= 1
        assert not success or (element and f1 == 1)
    if predicted is None:
        assert official(step) == corrected(step) == (False, 0.0, False)


def scored(operation: Any, hit: bool, f1: float) -> StepScores:
    return StepScores(operation, hit, f1, hit and f1 == 1, hit, f1, hit and f1 == 1)


def test_micro_is_over_steps_with_the_mean_of_classes_and_macro_over_episodes() -> None:
    long = [scored("click", True, 1.0)] * 3 + [scored("type", False, 0.5)]
    short = [scored("type", False, 0.0)]
    micro = micro_averages([*long, *short], official=True)
    assert micro == (pytest.approx(3 / 5), pytest.approx((1 + 0.25) / 2), pytest.approx(3 / 5))
    macro = macro_averages([long, short], official=True)
    assert macro == (pytest.approx(3 / 8), pytest.approx((3.5 / 4 + 0) / 2), pytest.approx(3 / 8))
    assert macro_averages([long, [], short], official=True) == macro


def test_official_and_corrected_figures_are_averaged_apart() -> None:
    step = step_scores(PredictedAction("TYPE", INSIDE, "york new"), GoldAction("TYPE", BOX, "new york"))
    assert micro_averages([step], official=True).step_success_rate == 1
    assert micro_averages([step], official=False).step_success_rate == 0
    assert macro_averages([[step]], official=False).operation_f1 == 1


@given(st.lists(st.tuples(PREDICTED, GOLD), min_size=1, max_size=12), st.randoms(), st.booleans())
def test_averages_do_not_hang_on_the_order(
    pairs: list[tuple[PredictedAction, GoldAction]], rng: random.Random, which: bool
) -> None:
    steps = [step_scores(predicted, gold) for predicted, gold in pairs]
    before = micro_averages(steps, official=which)
    episodes = macro_averages([steps[:1], steps[1:]], official=which)
    assert all(0 <= figure <= 1 for figure in (*before, *episodes))
    assert macro_averages([steps[1:], steps[:1]], official=which) == pytest.approx(episodes)
    rng.shuffle(steps)
    assert micro_averages(steps, official=which) == pytest.approx(before)


def test_averages_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no steps"):
        micro_averages([], official=True)
    with pytest.raises(ValueError, match="no episode"):
        macro_averages([[]], official=True)


def test_a_step_is_hit_where_any_of_its_elements_is() -> None:
    far = GoldAction("CLICK", Box(0.8, 0.8, 0.9, 0.9))
    near = GoldAction("CLICK", Box(0.1, 0.1, 0.3, 0.3))
    there = PredictedAction("CLICK", Point(0.85, 0.85))
    assert step_scores_any(there, [near, far]) == step_scores(there, far)
    assert step_scores_any(there, [near]) == step_scores(there, near)
    assert not step_scores_any(None, [near, far]).element
    wrong = PredictedAction("TYPE", Point(0.85, 0.85), "a")
    assert step_scores_any(wrong, [near, far]).element
    assert not step_scores_any(wrong, [near, far]).success
    with pytest.raises(ValueError, match="at least one right element"):
        step_scores_any(there, [])
