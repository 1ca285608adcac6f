"""Commands of a GUI agent, done by mouse and keyboard: nothing here reaches into the page to change it."""

import asyncio
from typing import TYPE_CHECKING, Any

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
from journeyman.errors import ToolError

if TYPE_CHECKING:
    from playwright.async_api import Page

KEYS = {
    "enter": "Enter", "tab": "Tab", "space": "Space", "backspace": "Backspace", "delete": "Delete",
    "insert": "Insert", "esc": "Escape", "up": "ArrowUp", "down": "ArrowDown", "left": "ArrowLeft",
    "right": "ArrowRight", "home": "Home", "end": "End", "pageup": "PageUp", "pagedown": "PageDown",
    "ctrl": "Control", "shift": "Shift", "alt": "Alt", "win": "Meta", "capslock": "CapsLock", "apps": "ContextMenu",
    # This browser is Linux's, where the shortcuts of a Mac's command key are those of ctrl.
    "command": "Control",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}  # fmt: skip
"""Named keys of ``pyautogui_call`` in Playwright's words; the others are refused. Characters stand for themselves."""
_SECONDS_A_CHARACTER = 0.1
_DRAG_STEPS = 12
_LONG_PRESS_SECONDS = 0.8
_FUNCTIONS = ("select_option", "swipe", "long_press")

DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
"""JavaScript that is done when the page has drawn what was done to it."""
_OPTION_UNDER = """([x, y, value]) => {
  const hit = document.elementFromPoint(x, y), select = hit && hit.closest('select');
  if (!select) return null;
  const words = text => text.replace(/\\s+/g, ' ').trim();
  const names = [...select.options].map(option => words(option.label));
  let wanted = names.indexOf(words(value));
  if (wanted < 0) wanted = [...select.options].findIndex(option => option.value === value);
  const open = [...select.options].map((option, n) => n).filter(n => !select.options[n].disabled);
  return {names, wanted, downs: open.indexOf(wanted), now: open.indexOf(select.selectedIndex)};
}"""


class Executor:
    """Hands on one page. The pointer starts in the middle of the screen."""

    def __init__(self, page: "Page", width: int, height: int) -> None:
        """Args: page: Playwright's. width, height: CSS pixels that coordinates are fractions of."""
        self._page = page
        self._width = width
        self._height = height
        self._pointer: tuple[float, float] | None = None

    async def perform(self, command: Command, functions: tuple[str, ...] = ()) -> None:
        """Do ``command``; done when the page has taken it in.

        Raises:
            ToolError: A key or function that is not known here.
        """
        match command:
            case Click(x, y, button, clicks):
                await self._click(await self._there(x, y), button, clicks)
            case MoveTo(x, y):
                await self._move(self._point(x, y))
            case DragTo(x, y, from_x, from_y):
                await self._drag(await self._there(from_x, from_y), self._point(x, y))
            case Scroll(pages, axis):
                await self._scroll(pages, axis == "horizontal")
            case Write(message):
                await self._type(message)
            case Press(keys):
                for key in keys:
                    await self._press(key)
            case Hotkey(keys):
                await self._page.keyboard.press("+".join(map(_key, keys)))
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Call(name, arguments):
                await self._call(name, dict(arguments), functions)

    async def release(self) -> None:
        """Take the pointer off whatever it is on."""
        await self._page.mouse.move(0, 0)
        self.forget()

    def forget(self) -> None:
        """Another page was loaded: the pointer is nowhere yet."""
        self._pointer = None

    def _point(self, x: float, y: float) -> tuple[float, float]:
        # The edge at 1.0 is the first pixel that is not on the screen any more.
        return min(x * self._width, self._width - 1), min(y * self._height, self._height - 1)

    async def _there(self, x: float | None, y: float | None) -> tuple[float, float]:
        if x is not None and y is not None:
            return self._point(x, y)
        return self._pointer or (self._width / 2, self._height / 2)

    async def _move(self, point: tuple[float, float]) -> None:
        await self._page.mouse.move(*point)
        self._pointer = point

    async def _click(self, point: tuple[float, float], button: Any, clicks: int) -> None:
        await self._page.mouse.click(*point, button=button, click_count=clicks)
        self._pointer = point

    async def _drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        await self._move(start)
        await self._page.mouse.down()
        await self._page.mouse.move(*end, steps=_DRAG_STEPS)
        await self._page.mouse.up()
        self._pointer = end

    async def _type(self, message: str) -> None:
        # Playwright puts a tab into the text; on a keyboard, and for pyautogui, it goes to the next field.
        first, *others = message.split("\t")
        await self._page.keyboard.type(first)
        for text in others:
            await self._page.keyboard.press("Tab")
            await self._page.keyboard.type(text)

    async def _press(self, key: str) -> None:
        if len(key) == 1 and not key.isascii():
            await self._page.keyboard.insert_text(key)  # no key of the keyboard that is played on has it
        else:
            await self._page.keyboard.press(_key(key))

    async def _scroll(self, pages: float, sideways: bool) -> None:
        await self._move(await self._there(None, None))
        if sideways:
            await self._page.mouse.wheel(pages * self._width, 0)
        else:
            await self._page.mouse.wheel(0, pages * self._height)
        await self._page.evaluate(DRAWN)

    async def _call(self, name: str, arguments: dict[str, Any], functions: tuple[str, ...]) -> None:
        if name not in functions or name not in _FUNCTIONS:
            known = ", ".join(sorted(set(functions) & set(_FUNCTIONS))) or "none"
            raise ToolError(f"the browser has no function {name!r} here; there is: {known}")
        if name == "select_option":
            await self._select(self._point(arguments["x"], arguments["y"]), str(arguments["value"]))
        elif name == "swipe":
            await self._drag(self._point(*arguments["from_coord"]), self._point(*arguments["to_coord"]))
        else:
            await self._move(self._point(arguments["x"], arguments["y"]))
            await self._page.mouse.down()
            await asyncio.sleep(_LONG_PRESS_SECONDS)
            await self._page.mouse.up()

    async def _select(self, point: tuple[float, float], value: str) -> None:
        # The list of a native select is drawn outside the page, where neither a screenshot nor the mouse gets to it.
        found = await self._page.evaluate(_OPTION_UNDER, [*point, value])
        if found is None:
            raise ToolError(f"there is no list with {value!r} at x={point[0]:.0f}, y={point[1]:.0f}; look again")
        if found["downs"] < 0:
            raise ToolError(f"the list has no option {value!r}; there is: {', '.join(found['names'][:20])}")
        await self._click(point, "left", 1)
        await self._page.keyboard.press("Home")
        for _ in range(found["downs"]):
            await self._page.keyboard.press("ArrowDown")
        await self._page.keyboard.press("Enter")


def seconds_of(command: Command) -> float:
    """What ``command`` takes by itself, beside what the page does with it."""
    match command:
        case Wait(seconds):
            return seconds
        case Write(message):
            return len(message) * _SECONDS_A_CHARACTER
        case _:
            return 0.0


def _key(name: str) -> str:
    if len(name) == 1 and name.isascii():
        return name
    if name not in KEYS:
        raise ToolError(f"this browser has no key {name!r}; there is: a single character, or one of {', '.join(KEYS)}")
    return KEYS[name]
