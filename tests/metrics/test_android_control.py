import random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.android_control import (
    Action,
    Direction,
    Element,
    Kind,
    accuracy_by_kind,
    is_step_right,
    is_step_right_official,
    taps_match_aitw,
)
from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.shares import Share

SCREEN = Element(Box(0, 0, 1, 1))
BUTTON = Element(Box(0.1, 0.1, 0.3, 0.2), text="Send feedback")
ICON = Element(Box(0.5, 0.5, 0.6, 0.6), description="Clock")
BACK = Element(Box(0.0, 0.0, 0.05, 0.05), description="Navigate up")
TREE = [SCREEN, BUTTON, ICON, BACK]
ON_BUTTON, ON_BUTTON_TOO, ON_ICON, ON_BACK = Point(0.2, 0.15), Point(0.3, 0.2), Point(0.55, 0.55), Point(0.01, 0.01)

POINTS = st.builds(Point, st.floats(0, 1), st.floats(0, 1))
ACTIONS = st.builds(
    Action,
    st.sampled_from(get_args(Kind)),
    st.none() | POINTS,
    st.sampled_from(["", "hello", "Hello"]),
    st.none() | st.sampled_from(get_args(Direction)),
    st.sampled_from(["", "Clock", "clock"]),
)


def both(predicted: Action | None, gold: Action, tree: list[Element] = TREE) -> tuple[bool, bool]:
    return is_step_right_official(predicted, gold, tree), is_step_right(predicted, gold, tree)


@pytest.mark.parametrize("kind", ["click", "long_press"])
def test_a_tap_must_land_in_the_smallest_element_at_the_gold_point(kind: Any) -> None:
    gold = Action(kind, ON_BUTTON)
    assert both(Action(kind, ON_BUTTON_TOO), gold) == (True, True)
    assert both(Action(kind, Point(0.31, 0.2)), gold) == (False, False)  # on the screen, off the button
    assert both(Action(kind), gold) == (False, False)
    assert both(None, gold) == (False, False)


def test_a_tap_on_no_element_is_officially_wrong_and_judged_by_distance_here() -> None:
    gold = Action("click", Point(0.5, 0.5))
    assert both(Action("click", Point(0.5, 0.5)), gold, []) == (False, True)
    assert both(Action("click", Point(0.6, 0.59)), gold, []) == (False, True)
    assert both(Action("click", Point(0.6, 0.6)), gold, []) == (False, False)


def test_typing_needs_the_text_and_where_it_has_one_the_place() -> None:
    gold = Action("type_text", ON_BUTTON, "Hello World")
    assert both(Action("type_text", ON_BUTTON_TOO, "Hello World"), gold) == (True, True)
    assert both(Action("type_text", ON_BUTTON_TOO, "hello  world "), gold) == (False, True)
    assert both(Action("type_text", ON_BUTTON_TOO, "hello"), gold) == (False, False)
    assert both(Action("type_text", ON_ICON, "Hello World"), gold) == (False, False)
    assert both(Action("input_text", text="hi"), Action("input_text", text="hi")) == (True, True)
    assert both(Action("input_text", text="ho"), Action("input_text", text="hi")) == (False, False)


def test_scrolls_need_the_direction_and_plain_kinds_nothing() -> None:
    assert both(Action("scroll", direction="up"), Action("scroll", direction="up")) == (True, True)
    assert both(Action("scroll", direction="down"), Action("scroll", direction="up")) == (False, False)
    for kind in ("navigate_home", "navigate_back", "wait"):
        assert both(Action(kind, ON_ICON), Action(kind)) == (True, True)
    assert both(Action("wait"), Action("navigate_home")) == (False, False)


def test_app_names_are_officially_equal_to_the_letter() -> None:
    gold = Action("open_app", app_name="Clock")
    assert both(Action("open_app", app_name="Clock"), gold) == (True, True)
    assert both(Action("open_app", app_name=" clock"), gold) == (False, True)
    assert both(Action("open_app", app_name="Clocks"), gold) == (False, False)


def test_clicking_an_app_s_icon_opens_it() -> None:
    assert both(Action("click", ON_ICON), Action("open_app", app_name="Clock")) == (True, True)
    assert both(Action("click", ON_BUTTON), Action("open_app", app_name="Clock")) == (False, False)
    assert both(Action("click", ON_BUTTON), Action("open_app", app_name="feed")) == (True, False)  # in "feedback"
    assert both(Action("click"), Action("open_app", app_name="Clock")) == (False, False)


def test_opening_any_app_is_officially_a_click_on_anything_with_a_label() -> None:
    gold = Action("click", ON_ICON)
    assert both(Action("open_app", ON_BUTTON, app_name="Camera"), gold) == (True, False)
    assert both(Action("open_app", app_name="Camera"), gold) == (False, False)
    assert both(Action("open_app", app_name="CLOCK"), gold) == (False, True)
    assert both(Action("open_app", ON_BUTTON), gold) == (True, False)  # no name at all


def test_a_back_arrow_goes_back_and_feedback_does_not() -> None:
    back = Action("navigate_back")
    assert both(Action("click", ON_BUTTON), back) == (True, False)
    assert both(Action("click", ON_BACK), back) == (False, True)
    named = [SCREEN, Element(ICON.box, text="Go back")]
    assert both(Action("click", ON_ICON), back, named) == (True, True)
    assert is_step_right(back, Action("click", ON_ICON), named)
    assert not is_step_right(back, Action("click", ON_ICON), TREE)


@given(ACTIONS, ACTIONS, st.randoms())
def test_the_order_of_elements_has_no_influence(predicted: Action, gold: Action, rng: random.Random) -> None:
    before = both(predicted, gold)
    shuffled = list(TREE)
    rng.shuffle(shuffled)
    assert both(predicted, gold, shuffled) == before


@given(ACTIONS)
def test_the_recorded_action_is_right(gold: Action) -> None:
    has_place = gold.kind not in ("click", "long_press", "type_text") or gold.point is not None
    assert both(gold, gold) == (has_place, has_place)


def test_names_with_regex_metacharacters_are_plain_text() -> None:
    tree = [Element(ICON.box, text="C++ (beta)")]
    assert is_step_right(Action("click", ON_ICON), Action("open_app", app_name="C++ (beta)"), tree)
    assert not is_step_right(Action("click", ON_ICON), Action("open_app", app_name=".*"), tree)


def test_android_in_the_wild_forgives_taps_nearby_and_in_a_widened_box() -> None:
    assert taps_match_aitw(Point(0.5, 0.5), Point(0.5, 0.639), [])
    assert not taps_match_aitw(Point(0.5, 0.5), Point(0.5, 0.65), [])
    wide = [Element(Box(0.4, 0.4, 0.6, 0.6))]  # widened to 0.26..0.74
    assert taps_match_aitw(Point(0.27, 0.5), Point(0.73, 0.5), wide)
    assert not taps_match_aitw(Point(0.25, 0.5), Point(0.73, 0.5), wide)


@given(POINTS, POINTS, st.lists(st.builds(Element, st.just(BUTTON.box)), max_size=2))
def test_android_in_the_wild_is_symmetric(first: Point, second: Point, tree: list[Element]) -> None:
    assert taps_match_aitw(first, second, tree) == taps_match_aitw(second, first, tree)
    assert taps_match_aitw(first, first, tree)


def test_accuracy_is_split_by_the_gold_action() -> None:
    assert accuracy_by_kind([("click", True), ("click", False), ("wait", True)]) == {
        "click": Share(1, 2),
        "wait": Share(1, 1),
    }
