"""Commands on a phone that records what it is asked."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.action_formats.pyautogui_call import (
    MOBILE_FUNCTIONS,
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Wait,
    Write,
)
from journeyman.android.adapter import AndroidAdapter
from journeyman.android.executor import FUNCTIONS, AndroidExecutor
from journeyman.errors import ToolError
from tests.action_formats.screen_turns import COMMANDS, FRACTIONS
from tests.android.phone import RecordingPhone

POINTS = st.tuples(FRACTIONS, FRACTIONS)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=5), POINTS)
CALLS = st.one_of(
    st.builds(Call, st.just("swipe"), st.tuples(*(st.tuples(st.just(n), POINTS) for n in ("from_coord", "to_coord")))),
    st.builds(Call, st.just("long_press"), st.tuples(*(st.tuples(st.just(name), FRACTIONS) for name in "xy"))),
    st.builds(
        Call,
        st.sampled_from(FUNCTIONS),
        st.dictionaries(st.sampled_from(("from_coord", "to_coord", "app_name", "z")), VALUES).map(
            lambda given: tuple(given.items())
        ),
    ),
)


def did(*commands: Command, phone: RecordingPhone | None = None) -> list[tuple[Any, ...]]:
    """What the phone is asked to do for ``commands``."""
    recording = phone or RecordingPhone()
    adapter: AndroidAdapter = recording

    async def act() -> None:
        executor = AndroidExecutor(adapter)
        for command in commands:
            await executor.perform(command)

    asyncio.run(act())
    return recording.did


def test_clicks_are_taps() -> None:
    assert did(Click(0.5, 0.25)) == [("tap", (540, 600), 1)]
    assert did(Click(1.0, 1.0, clicks=2)) == [("tap", (1079, 2399), 2)]


def test_a_place_is_remembered_of_moves_and_touches() -> None:
    assert did(MoveTo(0.5, 0.5)) == []
    assert did(MoveTo(0.5, 0.5), Click()) == [("tap", (540, 1200), 1)]
    assert did(Click(0.1, 0.1), Click()) == [("tap", (108, 240), 1)] * 2
    swipe = ("swipe", (540, 1200), (108, 240))
    assert did(MoveTo(0.5, 0.5), DragTo(0.1, 0.1)) == did(DragTo(0.1, 0.1, 0.5, 0.5)) == [swipe]
    assert did(DragTo(0.1, 0.1, 0.5, 0.5), Click())[-1] == ("tap", (108, 240), 1)


@pytest.mark.parametrize("command", [Click(), DragTo(0.5, 0.5)], ids=["click", "drag"])
def test_a_touch_at_no_place_is_refused(command: Command) -> None:
    with pytest.raises(ToolError, match=r"a phone has no pointer to (click|drag) at, .*; give x and y"):
        did(command)


def test_what_a_finger_cannot_do_is_refused_with_what_to_use_instead() -> None:
    with pytest.raises(ToolError, match="a phone has no right button; use long_press instead"):
        did(Click(0.5, 0.5, "right"))
    with pytest.raises(ToolError, match="a phone has no middle button; tap instead"):
        did(Click(0.5, 0.5, "middle"))
    with pytest.raises(ToolError, match=r"holds no keys together, as in ctrl\+c; press one key"):
        did(Hotkey(("ctrl", "c")))
    with pytest.raises(ToolError, match="a phone has no key 'f5'; there is: a single character, or one of home, back"):
        did(Press(("enter", "f5")))


def test_scrolling_moves_the_finger_the_other_way() -> None:
    assert did(Scroll(0.5)) == [("swipe", (540, 1800), (540, 600))]
    assert did(Scroll(-0.5)) == [("swipe", (540, 600), (540, 1800))]
    assert did(Scroll(0.5, "horizontal")) == [("swipe", (810, 1200), (270, 1200))]
    assert did(Scroll(-0.5, "horizontal")) == [("swipe", (270, 1200), (810, 1200))]


def test_a_long_way_is_several_swipes_of_its_length() -> None:
    swipes = did(Scroll(2.0))
    assert len(swipes) == 3
    assert sum(start[1] - end[1] for _, start, end in swipes) == pytest.approx(2 * 2400, abs=6)
    assert all(240 <= place[1] <= 2160 for swipe in swipes for place in swipe[1:]), "not where gestures begin"


def test_scrolling_goes_through_the_remembered_place() -> None:
    assert did(MoveTo(0.25, 0.9), Scroll(0.5)) == [("swipe", (270, 1800), (270, 600))]
    assert did(MoveTo(0.0, 1.0), Scroll(0.5, "horizontal")) == [("swipe", (810, 2160), (270, 2160))]


def test_texts_and_keys_are_typed() -> None:
    assert did(Write("a b\n")) == [("type_text", "a b\n")]
    assert did(Press(("home", "enter", "A"))) == [("press", "home"), ("press", "enter"), ("type_text", "A")]


def test_the_published_functions_are_done() -> None:
    assert {function.name for function in MOBILE_FUNCTIONS} == {*FUNCTIONS, "wait"}
    assert did(Call("home"), Call("back")) == [("press", "home"), ("press", "back")]
    assert did(Call("long_press", (("x", 0.5), ("y", 0.5)))) == [("long_press", (540, 1200))]
    assert did(Call("open_app", (("app_name", "Clock"),))) == [("open_app", "Clock")]
    swipe = Call("swipe", (("from_coord", (0.5, 0.9)), ("to_coord", (0.5, 0.1))))
    assert did(swipe) == [("swipe", (540, 2160), (540, 240))]
    assert did(Wait(0.01)) == []


def test_other_functions_and_wrong_arguments_are_refused() -> None:
    with pytest.raises(ToolError, match="no function 'select_option' here; there is: swipe, home, back, long_press"):
        did(Call("select_option"))
    with pytest.raises(ToolError, match="from_coord of swipe is None; it is a point"):
        did(Call("swipe"))
    with pytest.raises(ToolError, match="long_press takes x and y, not x"):
        did(Call("long_press", (("x", 0.5),)))
    with pytest.raises(ToolError, match="app_name of open_app is ' '"):
        did(Call("open_app", (("app_name", " "),)))
    with pytest.raises(ToolError, match="no function 'home' here; there is: back"):
        asyncio.run(AndroidExecutor(RecordingPhone()).perform(Call("home"), ("back",)))


@given(command=COMMANDS | CALLS, size=st.tuples(st.integers(1, 3000), st.integers(1, 3000)), is_placed=st.booleans())
def test_any_command_is_done_on_the_screen_or_refused(command: Command, size: tuple[int, int], is_placed: bool) -> None:
    if isinstance(command, Wait):
        return
    phone = RecordingPhone(size)  # which checks every point
    try:
        did(*[MoveTo(1.0, 0.0)] * is_placed, command, phone=phone)
    except ToolError:
        assert phone.did == [], "what is refused is not begun"
    else:
        assert phone.did or isinstance(command, MoveTo)
