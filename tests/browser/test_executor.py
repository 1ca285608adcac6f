"""Commands on a real page, seen from the page's own events."""

import asyncio
from typing import Any

import pytest

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
from journeyman.browser.executor import KEYS, seconds_of
from journeyman.browser.page import GuardedPage
from journeyman.errors import ToolError
from tests.browsers import Browsers

WATCH = """<body style="margin:0;height:2000px;width:2000px"><textarea id=t style="position:fixed;left:0;top:0;
width:200px;height:50px"></textarea><script>
var log = [];
for (const kind of ['mousedown', 'mouseup', 'click', 'dblclick', 'contextmenu', 'auxclick'])
  addEventListener(kind, e => {
    log.push([kind, e.clientX, e.clientY, e.button, e.detail]);
    if (e.target.id !== 't') e.preventDefault();
  });
var moves = 0;
addEventListener('mousemove', e => { moves += 1; });
addEventListener('keydown', e => log.push(['key', e.key, e.ctrlKey, e.shiftKey]));
</script>"""


def events_of(browsers: Browsers, *commands: Command, result: str = "log") -> Any:
    async def act(page: GuardedPage) -> Any:
        for command in commands:
            await page.perform(command)
        return await page.evaluate(result)

    return browsers.on_page(act, WATCH)


def test_a_click_lands_on_its_fraction_of_the_screen(browsers: Browsers) -> None:
    assert events_of(browsers, Click(0.5, 0.75)) == [
        ["mousedown", 200, 225, 0, 1],
        ["mouseup", 200, 225, 0, 1],
        ["click", 200, 225, 0, 1],
    ]


def test_the_far_edge_is_still_on_the_screen(browsers: Browsers) -> None:
    assert events_of(browsers, Click(1.0, 1.0))[-1] == ["click", 399, 299, 0, 1]


def test_clicks_are_counted_and_buttons_told_apart(browsers: Browsers) -> None:
    twice = events_of(browsers, Click(0.5, 0.5, clicks=2))
    assert [event[0] for event in twice].count("click") == 2
    assert "dblclick" in [event[0] for event in twice]
    assert events_of(browsers, Click(0.5, 0.5, clicks=3))[-1][4] == 3
    assert "contextmenu" in [event[0] for event in events_of(browsers, Click(0.5, 0.5, button="right"))]
    assert ["auxclick", 200, 150, 1, 1] in events_of(browsers, Click(0.5, 0.5, button="middle"))


def test_a_click_without_a_place_is_where_the_pointer_is(browsers: Browsers) -> None:
    assert events_of(browsers, MoveTo(0.25, 0.5), Click())[-1] == ["click", 100, 150, 0, 1]
    assert events_of(browsers, Click())[-1] == ["click", 200, 150, 0, 1], "the pointer starts in the middle"


def test_a_drag_presses_moves_in_steps_and_lets_go(browsers: Browsers) -> None:
    log = events_of(browsers, DragTo(0.75, 0.5, from_x=0.6, from_y=0.3))
    assert log[:2] == [["mousedown", 240, 90, 0, 1], ["mouseup", 300, 150, 0, 1]]
    assert events_of(browsers, MoveTo(0.6, 0.3), DragTo(0.75, 0.5))[:2] == log[:2], "from where the pointer is"
    assert events_of(browsers, DragTo(0.75, 0.5, from_x=0.6, from_y=0.3), result="moves") >= 10


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (Scroll(0.5), [0, 150]),
        (Scroll(1.0), [0, 300]),
        (Scroll(0.25, "horizontal"), [100, 0]),
    ],
)
def test_scrolling_shows_what_is_further_down_or_right_by_a_share_of_the_screen(
    browsers: Browsers, command: Scroll, expected: list[int]
) -> None:
    assert events_of(browsers, command, result="[scrollX, scrollY]") == expected
    back = Scroll(-command.pages, command.axis)
    assert events_of(browsers, command, back, result="[scrollX, scrollY]") == [0, 0]


def test_the_wheel_turns_what_is_under_the_pointer(browsers: Browsers) -> None:
    html = "<div id=d style='height:100px;overflow:auto'><p style='height:900px'></div><p style='height:2000px'>"

    async def act(page: GuardedPage) -> Any:
        await page.perform(MoveTo(0.5, 0.1))
        await page.perform(Scroll(0.5))
        return await page.evaluate("[d.scrollTop, scrollY]")

    assert browsers.on_page(act, html) == [150, 0]


def test_text_is_typed_whatever_the_script(browsers: Browsers) -> None:
    text = "Grüße, 世界!\nline 2\tx"
    typed = events_of(browsers, Click(0.1, 0.05), Write(text), result="t.value")
    assert typed == "Grüße, 世界!\nline 2"  # the tab went to the next field, and x with it
    assert seconds_of(Write(text)) == pytest.approx(len(text) * 0.1)


def test_keys_and_hotkeys_edit(browsers: Browsers) -> None:
    field = (Click(0.1, 0.05), Write("one two"))
    assert events_of(browsers, *field, Press(("backspace", "backspace")), result="t.value") == "one t"
    assert events_of(browsers, *field, Hotkey(("ctrl", "a")), Press(("delete",)), result="t.value") == ""
    copied = (Hotkey(("ctrl", "a")), Hotkey(("command", "c")), Press(("end",)), Hotkey(("ctrl", "v")))
    assert events_of(browsers, *field, *copied, result="t.value") == "one twoone two"
    assert events_of(browsers, *field, Press(("home", "é")), result="t.value") == "éone two"
    assert events_of(browsers, *field, Hotkey(("shift", "home")), Press(("x",)), result="t.value") == "x"


def test_every_named_key_reaches_the_page(browsers: Browsers) -> None:
    async def act(page: GuardedPage) -> list[str]:
        for key in KEYS:
            await page.perform(Press((key,)))
        return [event[1] for event in await page.evaluate("log.filter(event => event[0] === 'key')")]

    pressed = browsers.on_page(act, WATCH)
    assert len(pressed) == len(KEYS)
    assert "Unidentified" not in pressed


def test_a_key_that_this_browser_lacks_is_refused_by_name(browsers: Browsers) -> None:
    with pytest.raises(ToolError, match="no key 'f20'"):
        events_of(browsers, Press(("f20",)))


def test_waiting_waits(browsers: Browsers) -> None:
    async def act(page: GuardedPage) -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await page.perform(Wait(0.3))
        return loop.time() - start

    assert 0.3 <= browsers.on_page(act, WATCH) < 3
    assert seconds_of(Wait(7.0)) == 7.0


LIST = "<select><option>Red<option>Green<option disabled>Grey<option value=b>Blue  sky</select>"


def option_chosen(browsers: Browsers, call: Call, functions: tuple[str, ...]) -> Any:
    async def act(page: GuardedPage) -> Any:
        (element,) = await page.elements()
        x, y = element.middle
        placed = tuple((name, {"x": x, "y": y}.get(name, value)) for name, value in call.arguments)
        await page.perform(Call(call.name, placed), functions)
        return await page.evaluate("document.querySelector('select').value")

    return browsers.on_page(act, LIST)


@pytest.mark.parametrize(("value", "expected"), [("Green", "Green"), ("Blue sky", "b"), ("Red", "Red")])
def test_an_option_is_selected_by_keys(browsers: Browsers, value: str, expected: str) -> None:
    call = Call("select_option", (("x", 0.5), ("y", 0.5), ("value", value)))
    assert option_chosen(browsers, call, ("select_option",)) == expected


def test_what_cannot_be_selected_is_refused(browsers: Browsers) -> None:
    def chosen(value: str, functions: tuple[str, ...] = ("select_option",)) -> Any:
        call = Call("select_option", (("x", 0.5), ("y", 0.5), ("value", value)))
        return option_chosen(browsers, call, functions)

    with pytest.raises(ToolError, match="no option 'Pink'; there is: Red, Green, Grey, Blue sky"):
        chosen("Pink")
    with pytest.raises(ToolError, match="no function 'select_option' here; there is: swipe"):
        chosen("Red", ("swipe", "answer"))
    with pytest.raises(ToolError, match="no function 'answer'"):
        events_of(browsers, Call("answer", (("answer", "42"),)))


def test_a_swipe_drags_and_a_long_press_holds(browsers: Browsers) -> None:
    async def act(page: GuardedPage) -> Any:
        functions = ("swipe", "long_press")
        await page.perform(Call("swipe", (("from_coord", (0.6, 0.9)), ("to_coord", (0.6, 0.4)))), functions)
        await page.perform(Call("long_press", (("x", 0.7), ("y", 0.5))), functions)
        return await page.evaluate("log")

    log = browsers.on_page(act, WATCH)
    assert log[0] == ["mousedown", 240, 270, 0, 1]
    assert log[1] == ["mouseup", 240, 120, 0, 1]
    assert ["mousedown", 280, 150, 0, 1] in log
