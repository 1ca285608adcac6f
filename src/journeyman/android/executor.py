"""Commands of a GUI agent on a phone: what a mouse does, done by a finger, or refused with what to do instead."""

import asyncio
from typing import cast

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
    Value,
    Wait,
    Write,
)
from journeyman.android.adapter import ANDROID_KEYS, AndroidAdapter, AndroidKey
from journeyman.errors import ToolError

FUNCTIONS = tuple(function.name for function in MOBILE_FUNCTIONS if function.name != "wait")
"""Aguvis' functions of a phone; its ``wait`` is the command ``Wait``."""
_SWIPE_SECONDS = 0.3
_DRAG_SECONDS = 1.0
_SCROLL_SECONDS_A_SCREEN = 1.0
"""Slow, so that what is scrolled does not go on by itself."""
_MARGIN = 0.1
"""Share of the screen at each edge where no scrolling begins or ends: gestures of the system begin there."""
_LONGEST_SWIPE = 1 - 2 * _MARGIN
_TINY = 1e-6
"""Pixels: 0.29 of 100 is the 29th, though the product is a little less."""


class AndroidExecutor:
    """Fingers on one phone.

    There is no pointer: ``MoveTo`` touches nothing and is remembered, since published trajectories write it
    before a drag or a click without a place. The place of the last touch is remembered as well.
    """

    def __init__(self, adapter: AndroidAdapter) -> None:
        self._adapter = adapter
        self._place: tuple[float, float] | None = None

    async def perform(self, command: Command, functions: tuple[str, ...] = FUNCTIONS) -> None:
        """Do ``command``; done when the phone has taken it in. What apps then do takes its own time.

        Args:
            command: Coordinates are fractions of the screenshot; 1.0 is the last pixel.
            functions: Names of the functions that are declared; a call of any other is refused.

        Raises:
            ToolError: A phone has no counterpart, or lacks the key, character, function or app.
            ScreenError: The phone is lost.
        """
        match command:
            case Click():
                await self._tap(command)
            case MoveTo(x, y):
                self._place = (x, y)
            case DragTo(x, y, from_x, from_y):
                start = self._there("drag") if from_x is None or from_y is None else (from_x, from_y)
                await self._swipe(start, (x, y), _DRAG_SECONDS)
            case Scroll(pages, axis):
                await self._scroll(pages, is_sideways=axis == "horizontal")
            case Write(message):
                await self._adapter.type_text(message)
            case Press(keys):
                await self._press(keys)
            case Hotkey(keys):
                raise ToolError(
                    f"a phone holds no keys together, as in {'+'.join(keys)}; press one key, or use the screen"
                )
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Call(name, arguments):
                await self._call(name, dict(arguments), functions)

    async def _tap(self, command: Click) -> None:
        if command.button != "left":
            instead = "use long_press" if command.button == "right" else "tap"
            raise ToolError(f"a phone has no {command.button} button; {instead} instead")
        place = self._there("click") if command.x is None or command.y is None else (command.x, command.y)
        await self._adapter.tap(*await self._point(place), times=command.clicks)
        self._place = place

    async def _swipe(self, start: tuple[float, float], end: tuple[float, float], seconds: float) -> None:
        await self._adapter.swipe(await self._point(start), await self._point(end), seconds)
        self._place = end

    async def _scroll(self, pages: float, *, is_sideways: bool) -> None:
        # The finger takes the content along: what is further down is shown by moving up. More than fits on the
        # screen is several swipes. They go through the remembered place, as the wheel turns where the pointer is.
        beside = min(max((self._place or (0.5, 0.5))[1 if is_sideways else 0], _MARGIN), 1 - _MARGIN)
        left = abs(pages)
        while left > 1e-9:
            length = min(left, _LONGEST_SWIPE)
            half = length / 2 if pages > 0 else -length / 2
            ends = [(0.5 + half, beside), (0.5 - half, beside)]
            start, end = [(across, along) for along, across in ends] if not is_sideways else ends
            seconds = max(_SWIPE_SECONDS, length * _SCROLL_SECONDS_A_SCREEN)
            await self._adapter.swipe(await self._point(start), await self._point(end), seconds)
            left -= length

    async def _press(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            if len(key) > 1 and key not in ANDROID_KEYS:
                there = ", ".join(ANDROID_KEYS)
                raise ToolError(f"a phone has no key {key!r}; there is: a single character, or one of {there}")
        for key in keys:
            if len(key) == 1:
                await self._adapter.type_text(key)
            else:
                await self._adapter.press(cast("AndroidKey", key))

    async def _call(self, name: str, arguments: dict[str, Value], functions: tuple[str, ...]) -> None:
        if name not in functions or name not in FUNCTIONS:
            known = ", ".join(there for there in FUNCTIONS if there in functions) or "none"
            raise ToolError(f"the phone has no function {name!r} here; there is: {known}")
        match name:
            case "swipe":
                start, end = (_pair(name, arguments, argument) for argument in ("from_coord", "to_coord"))
                await self._swipe(start, end, _SWIPE_SECONDS)
            case "long_press":
                if not arguments.keys() >= {"x", "y"}:
                    raise ToolError(f"long_press takes x and y, not {', '.join(arguments) or 'nothing'}")
                # A record's x and y are fractions, whatever it calls.
                self._place = (cast("float", arguments["x"]), cast("float", arguments["y"]))
                await self._adapter.long_press(*await self._point(self._place))
            case "open_app":
                app = arguments.get("app_name")
                if not isinstance(app, str) or not app.strip():
                    raise ToolError(f"app_name of open_app is {app!r}; it is the name of an app")
                await self._adapter.open_app(app)
            case _:
                await self._adapter.press(cast("AndroidKey", name))

    def _there(self, act: str) -> tuple[float, float]:
        if self._place is None:
            raise ToolError(f"a phone has no pointer to {act} at, and nothing was touched yet; give x and y")
        return self._place

    async def _point(self, place: tuple[float, float]) -> tuple[int, int]:
        # The edge at 1.0 is the first pixel that is not on the screen any more.
        width, height = await self._adapter.size()
        return min(int(place[0] * width + _TINY), width - 1), min(int(place[1] * height + _TINY), height - 1)


def _pair(function: str, arguments: dict[str, Value], name: str) -> tuple[float, float]:
    pair = arguments.get(name)
    if not isinstance(pair, tuple):
        raise ToolError(f"{name} of {function} is {pair!r}; it is a point, [x, y]")
    return pair
