"""Commands on a real X server, seen from a window's own events."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.action_formats.pyautogui_call import (
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
from journeyman.desktop.hands import DRAG_STEPS
from journeyman.errors import ToolError
from tests.action_formats.screen_turns import COMMANDS, FRACTIONS
from tests.desktop.conftest import Watched

CTRL, SHIFT = 0xFFE3, 0xFFE1
POINTS = st.tuples(FRACTIONS, FRACTIONS)
CALLS = st.one_of(
    st.builds(Call, st.just("swipe"), st.tuples(*(st.tuples(st.just(n), POINTS) for n in ("from_coord", "to_coord")))),
    st.builds(Call, st.sampled_from(["swipe", "long_press", "home"]), st.tuples(st.tuples(st.just("x"), FRACTIONS))),
)


def buttons(events: list[list[Any]]) -> list[list[Any]]:
    """The buttons' events without their time."""
    return [event[:4] for event in events if event[0] in ("down", "up")]


def test_a_click_lands_on_its_fraction_of_the_screen(watched: Watched) -> None:
    assert buttons(watched.events_of(Click(0.5, 0.75))) == [["down", 200, 224, 1], ["up", 200, 224, 1]]


def test_corners_are_places_like_others(watched: Watched) -> None:
    assert buttons(watched.events_of(Click(1.0, 1.0)))[0] == ["down", 400, 298, 1]
    assert buttons(watched.events_of(Click(0.0, 0.0)))[0] == ["down", 0, 0, 1]
    assert buttons(watched.events_of(Click(0.5, 0.5)))[0] == ["down", 200, 149, 1], "it goes on after a corner"


def test_clicks_are_counted_and_buttons_told_apart(watched: Watched) -> None:
    for button, number in (("left", 1), ("middle", 2), ("right", 3)):
        for clicks in (1, 2, 3):
            command = Click(0.25, 0.5, button, clicks)  # type: ignore[arg-type]
            expected = [["down", 100, 149, number], ["up", 100, 149, number]] * clicks
            assert buttons(watched.events_of(command)) == expected


def test_a_double_click_is_quick_and_two_clicks_are_none(watched: Watched) -> None:
    twice = [event[4] for event in watched.events_of(Click(0.5, 0.5, clicks=2)) if event[0] == "down"]
    assert twice[1] - twice[0] < 200
    single = [event[4] for event in watched.events_of(Click(0.2, 0.2), Click(0.2, 0.2)) if event[0] == "down"]
    assert single[1] - single[0] >= 500


def test_a_click_without_a_place_is_where_the_pointer_is(watched: Watched) -> None:
    assert buttons(watched.events_of(MoveTo(0.75, 0.5), Click()))[0] == ["down", 300, 149, 1]


def test_a_move_presses_nothing(watched: Watched) -> None:
    events = watched.events_of(MoveTo(0.1, 0.1), MoveTo(0.3, 0.6))
    assert events[-1][:3] == ["move", 120, 179]
    assert not buttons(events)


@pytest.mark.parametrize(
    "commands",
    [(DragTo(0.75, 0.5, from_x=0.25, from_y=0.25),), (MoveTo(0.25, 0.25), DragTo(0.75, 0.5))],
    ids=["both ends", "from the pointer"],
)
def test_a_drag_presses_moves_in_steps_and_lets_go(watched: Watched, commands: tuple[Command, ...]) -> None:
    events = watched.events_of(MoveTo(0.9, 0.9), *commands)
    start = next(place for place, event in enumerate(events) if event[0] == "down")
    assert events[start][:4] == ["down", 100, 74, 1]
    assert events[-1][:4] == ["up", 300, 149, 1]
    path = [event[1:3] for event in events[start + 1 : -1]]
    assert len(path) >= DRAG_STEPS
    assert path == sorted(path)
    assert path[-1] == [300, 149]


def test_the_wheel_turns_down_and_right_for_what_is_positive(watched: Watched) -> None:
    expected = {Scroll(1.0): (5, 3), Scroll(-1.0): (4, 3), Scroll(1.0, "horizontal"): (7, 4),
                Scroll(-2.0, "horizontal"): (6, 8), Scroll(0.01): (5, 1)}  # fmt: skip
    for command, (number, clicks) in expected.items():
        events = buttons(watched.events_of(MoveTo(0.5, 0.5), command))
        assert events == [["down", 200, 149, number], ["up", 200, 149, number]] * clicks


def test_every_character_of_ascii_is_typed_as_itself(watched: Watched) -> None:
    text = "".join(map(chr, range(0x20, 0x7F)))
    assert watched.text_of(Write(text)) == text


def test_characters_that_no_key_has_are_typed_too(watched: Watched) -> None:
    for text in ("Grüße, élève: ÄÖÜ ßñ € Жук 日本", "<é>", "é", "".join(map(chr, range(0x430, 0x460)))):
        assert watched.text_of(Write(text)) == text
    for start in (0x4E00, 0x4E30, 0x4E60):  # more than there are keys to give, one text after the other
        text = "".join(map(chr, range(start, start + 0x30)))
        assert watched.text_of(Write(text)) == text
    assert watched.text_of(Write("aé!"), Press(("Ä", "ß"))) == "aé!Äß"


def test_a_text_that_cannot_be_typed_is_refused_by_its_characters_and_nothing_is_typed(watched: Watched) -> None:
    with pytest.raises(ToolError, match=r"no key types '\\x00', '\\x1b'"):
        watched.events_of(Write("ab\x1b\x00"))
    with pytest.raises(ToolError, match=r"300 different characters have no key, and .* are too many"):
        watched.events_of(Write("".join(map(chr, range(0x4E00, 0x4E00 + 300)))))
    assert watched.events_of(Write("x"))[0][1] == ord("x")


def test_line_ends_and_tabs_are_keys(watched: Watched) -> None:
    keys = [event[1] for event in watched.events_of(Write("a\tb\r\nc\n")) if event[0] == "key"]
    assert keys == [ord("a"), 0xFF09, ord("b"), 0xFF0D, ord("c"), 0xFF0D]


def test_keys_are_pressed_one_after_the_other(watched: Watched) -> None:
    events = watched.events_of(Press(("enter", "left", "f5", "a")))
    symbols = [0xFF0D, 0xFF51, 0xFFC2, ord("a")]
    assert [event[:2] for event in events] == [[kind, symbol] for symbol in symbols for kind in ("key", "unkey")]


def test_a_hotkey_is_held_in_order_and_let_go_in_the_other(watched: Watched) -> None:
    events = watched.events_of(Hotkey(("ctrl", "shift", "t")))
    assert [event[:2] for event in events] == [
        ["key", CTRL], ["key", SHIFT], ["key", ord("T")], ["unkey", ord("T")], ["unkey", SHIFT], ["unkey", CTRL],
    ]  # fmt: skip
    assert events[2][2] == 0b101, "both are held when it is pressed"


def test_a_capital_in_a_hotkey_is_its_key_and_a_sign_brings_its_shift(watched: Watched) -> None:
    assert [event[:2] for event in watched.events_of(Hotkey(("command", "C")))][:2] == [
        ["key", CTRL],
        ["key", ord("c")],
    ]
    plus = watched.events_of(Hotkey(("ctrl", "+")))
    assert plus[2] == ["key", ord("+"), 0b101]
    assert len(plus) == 6


def test_unknown_keys_are_refused_with_what_there_is(watched: Watched) -> None:
    for command in (Press(("a", "f24")), Hotkey(("fn", "a"))):
        with pytest.raises(ToolError, match=r"this desktop has no key '(f24|fn)'; there is: .*enter.*esc"):
            watched.events_of(command)
    assert watched.events_of() == [], "nothing was pressed"


def test_every_named_key_of_the_desktop_can_be_pressed(watched: Watched) -> None:
    locks = {"capslock", "numlock", "scrolllock"}
    ends_what_is_read = {"f12"}  # pressed behind everything a test does: twice, it would end the reading too early
    for key in sorted(set(watched.desktop.keys) - locks - ends_what_is_read):
        events = watched.events_of(Press((key,)))
        assert [event[0] for event in events] == ["key", "unkey"], key
    for key in sorted(locks):
        assert len(watched.events_of(Press((key,)), Press((key,)))) == 4, key


def test_calls_are_done_by_the_mouse_or_refused(watched: Watched) -> None:
    swipe = Call("swipe", (("from_coord", (0.25, 0.5)), ("to_coord", (0.5, 0.5))))
    events = buttons(watched.events_of(swipe, functions=("swipe",)))
    assert events == [["down", 100, 149, 1], ["up", 200, 149, 1]]
    press = Call("long_press", (("x", 0.5), ("y", 0.5)))
    down, up = (event[4] for event in watched.events_of(press, functions=("long_press",)) if event[0] != "move")
    assert 700 < up - down < 3000
    with pytest.raises(ToolError, match="no function 'open_app' here; there is: swipe"):
        watched.events_of(Call("open_app", (("app_name", "Mail"),)), functions=("swipe", "open_app"))
    with pytest.raises(ToolError, match="no function 'swipe' here; there is: none"):
        watched.events_of(swipe)


def test_a_wait_waits(watched: Watched) -> None:
    start = time.monotonic()
    watched.run(watched.executor.perform(Wait(0.2)))
    assert time.monotonic() - start >= 0.2


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(command=COMMANDS | CALLS)
def test_any_command_is_done_on_the_screen_or_refused(watched: Watched, command: Command) -> None:
    if isinstance(command, Wait):
        return
    try:
        events = watched.events_of(command, functions=("swipe", "long_press"))
    except ToolError:
        return
    width, height = watched.desktop.size
    for event in events:
        if event[0] in ("down", "up", "move"):
            assert 0 <= event[1] < width
            assert 0 <= event[2] < height
