"""Commands of a GUI agent on a virtual desktop, done by mouse and keyboard."""

import time
from typing import cast

from journeyman.action_formats.pyautogui_call import (
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Value,
    Wait,
    Write,
)
from journeyman.desktop.display import VirtualDesktop
from journeyman.errors import ToolError

FUNCTIONS = ("swipe", "long_press")
"""Pluggable functions that a mouse can do."""
WHEEL_PIXELS = 100
"""What one click of a wheel is taken for: X has no pages, and toolkits go 50 (Tk) to 120 pixels a click."""
_SECONDS_A_CHARACTER = 0.1
_LONG_PRESS_SECONDS = 0.8
_DOUBLE_CLICK_SECONDS = 0.5
_DOUBLE_CLICK_PIXELS = 8
_TINY = 1e-6
"""Pixels: 0.29 of 100 is the 29th, though the product is a little less."""


class DesktopExecutor:
    """Hands on one desktop. The pointer is where the last command left it, in the middle at first."""

    def __init__(self, desktop: VirtualDesktop) -> None:
        self._desktop = desktop
        self._clicked: tuple[float, tuple[int, int] | None] = (float("-inf"), None)

    async def perform(self, command: Command, functions: tuple[str, ...] = ()) -> None:
        """Do ``command``; done when the X server has taken it in. What programs then do takes its own time.

        Args:
            command: Coordinates are fractions of the screen; 1.0 is the last pixel.
            functions: Names of the functions that are declared; a call of any other is refused.

        Raises:
            ToolError: A key, a character or a function that is not there; nothing was done.
            ScreenError: The desktop is lost.
        """
        ask = self._desktop.ask
        match command:
            case Click(x, y, button, clicks):
                await self._click(None if x is None or y is None else self._point(x, y), button, clicks)
            case MoveTo(x, y):
                await ask("move", **self._at(x, y))
            case DragTo(x, y, from_x, from_y):
                start = None if from_x is None or from_y is None else (from_x, from_y)
                await self._drag(start, (x, y))
            case Scroll(pages, axis):
                is_sideways = axis == "horizontal"
                turns = max(1, round(abs(pages) * self._desktop.size[0 if is_sideways else 1] / WHEEL_PIXELS))
                await ask("wheel", clicks=turns if pages > 0 else -turns, is_sideways=is_sideways)
            case Write(message):
                # A line end is one key, however a text spells it.
                await ask("write", seconds_of(command), message=message.replace("\r\n", "\n"))
            case Press(keys):
                await ask("press", seconds_of(command), keys=self._known(keys))
            case Hotkey(keys):
                await ask("hotkey", keys=self._known(keys))
            case Wait(seconds):
                await self._desktop.rest(seconds)
            case Call(name, arguments):
                await self._call(name, dict(arguments), functions)

    def _point(self, x: float, y: float) -> tuple[int, int]:
        # The edge at 1.0 is the first pixel that is not on the screen any more.
        width, height = self._desktop.size
        return min(int(x * width + _TINY), width - 1), min(int(y * height + _TINY), height - 1)

    def _at(self, x: float, y: float) -> dict[str, int]:
        return dict(zip(("x", "y"), self._point(x, y), strict=True))

    async def _click(self, point: tuple[int, int] | None, button: str, clicks: int) -> None:
        # Two commands are two clicks, however quick: programs take what is closer for a double click.
        since, there = self._clicked
        left = since + _DOUBLE_CLICK_SECONDS - time.monotonic()
        if left > 0 and _are_near(point, there):
            await self._desktop.rest(left)
        place = {} if point is None else {"x": point[0], "y": point[1]}
        await self._desktop.ask("click", button=button, clicks=clicks, **place)
        self._clicked = (time.monotonic(), point)

    async def _drag(self, start: tuple[float, float] | None, end: tuple[float, float]) -> None:
        place = {} if start is None else dict(zip(("from_x", "from_y"), self._point(*start), strict=True))
        await self._desktop.ask("drag", **self._at(*end), **place)

    def _known(self, keys: tuple[str, ...]) -> list[str]:
        for key in keys:
            if len(key) > 1 and key not in self._desktop.keys:
                there = ", ".join(self._desktop.keys)
                raise ToolError(f"this desktop has no key {key!r}; there is: a single character, or one of {there}")
        return list(keys)

    async def _call(self, name: str, arguments: dict[str, Value], functions: tuple[str, ...]) -> None:
        if name not in functions or name not in FUNCTIONS:
            known = ", ".join(sorted(set(functions) & set(FUNCTIONS))) or "none"
            raise ToolError(f"the desktop has no function {name!r} here; there is: {known}")
        if name == "swipe":
            await self._drag(_pair(name, arguments, "from_coord"), _pair(name, arguments, "to_coord"))
        else:
            if not arguments.keys() >= {"x", "y"}:
                raise ToolError(f"long_press takes x and y, not {', '.join(arguments) or 'nothing'}")
            # A record's x and y are fractions, whatever it calls.
            x, y = (cast("float", arguments[axis]) for axis in ("x", "y"))
            await self._desktop.ask("hold", _LONG_PRESS_SECONDS, **self._at(x, y), seconds=_LONG_PRESS_SECONDS)


def seconds_of(command: Command) -> float:
    """What ``command`` may take by itself, beside the 5 s or so of any action."""
    match command:
        case Wait(seconds):
            return seconds
        case Write(message):
            return len(message) * _SECONDS_A_CHARACTER
        case Press(keys):
            return len(keys) * _SECONDS_A_CHARACTER
        case _:
            return 0.0


def _are_near(one: tuple[int, int] | None, other: tuple[int, int] | None) -> bool:
    if one is None or other is None:
        return True  # where the pointer is: it may be there
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= _DOUBLE_CLICK_PIXELS


def _pair(function: str, arguments: dict[str, Value], name: str) -> tuple[float, float]:
    pair = arguments.get(name)
    if not isinstance(pair, tuple):
        raise ToolError(f"{name} of {function} is {pair!r}; it is a point, [x, y]")
    return pair
