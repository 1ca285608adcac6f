"""Mouse and keyboard of one desktop, as a process: ``python -m journeyman.desktop.hands``.

pyautogui connects to its display when it is imported, and a process has one, so it lives here, behind the wall.
JSON lines over stdin and stdout, one reply a request: ``{"number": 1, "act": "move", "arguments": {"x": 5, "y": 7}}``
gives ``{"number": 1}``, or with ``"refused"`` why nothing was done. An act is a method of :class:`Hands`; nothing
that a model wrote is evaluated. Ends with its stdin, or by an error where the display is lost.
"""

import base64
import json
import os
import sys
import time
from typing import Any

from journeyman.action_formats.pyautogui_call import NAMED_KEYS
from journeyman.desktop.keyboard import Keyboard
from journeyman.errors import ToolError

ACTS = ("begin", "click", "move", "drag", "hold", "wheel", "write", "press", "hotkey", "picture")
OWN_NAMES = {"command": "ctrl"}
"""Keys that pyautogui has not on Linux: the shortcuts of a Mac's command key are those of ctrl."""
DRAG_STEPS = 12
_STEP_SECONDS = 0.01
"""A program takes a drag for one when it sees the pointer move on the way."""


class Hands:
    """What can be done; all coordinates are pixels from the top left."""

    def __init__(self) -> None:
        # Windows of its own, which nobody asks for here; one of them ends the process where Python has no tkinter.
        sys.modules.update(dict.fromkeys(("mouseinfo", "pymsgbox", "pyscreeze")))  # type: ignore[arg-type]
        import mss
        import pyautogui  # type: ignore[import-untyped,import-not-found,unused-ignore]

        pyautogui.PAUSE = 0
        # It stops a script whose mouse a person pushes into a corner. Nobody holds this one, and corners are places.
        pyautogui.FAILSAFE = False
        self._gui = pyautogui
        self._keyboard = Keyboard(pyautogui)
        self._eyes = mss.MSS(backend="xgetimage")

    def begin(self) -> dict[str, Any]:
        """Names of the keys that there are."""
        own = (name for name, key in OWN_NAMES.items() if self._keyboard.names([key]))
        return {"keys": sorted({*self._keyboard.names(NAMED_KEYS), *own})}

    def click(self, button: str, clicks: int, x: int | None = None, y: int | None = None) -> None:
        """Click, where the pointer is when no place is given."""
        self._gui.click(x, y, clicks=clicks, button=button)

    def move(self, x: int, y: int) -> None:
        """Move the pointer."""
        self._gui.moveTo(x, y)

    def drag(self, x: int, y: int, from_x: int | None = None, from_y: int | None = None) -> None:
        """Drag in steps with the left button, from where the pointer is when no start is given."""
        if from_x is None or from_y is None:
            from_x, from_y = self._gui.position()
        self._gui.mouseDown(from_x, from_y)
        try:
            for step in range(1, DRAG_STEPS + 1):
                share = step / DRAG_STEPS
                self._gui.moveTo(round(from_x + (x - from_x) * share), round(from_y + (y - from_y) * share))
                time.sleep(_STEP_SECONDS)
        finally:
            self._gui.mouseUp(x, y)

    def hold(self, x: int, y: int, seconds: float) -> None:
        """Press the left button and let go after a while."""
        self._gui.mouseDown(x, y)
        time.sleep(seconds)
        self._gui.mouseUp(x, y)

    def wheel(self, clicks: int, is_sideways: bool) -> None:
        """Turn the wheel; positive shows what is further down, or further right."""
        if is_sideways:
            self._gui.hscroll(clicks)
        else:
            self._gui.vscroll(-clicks)  # pyautogui's positive is up

    def write(self, message: str) -> None:
        """Type a text."""
        self._keyboard.learn(message)
        self._gui.write(message)

    def press(self, keys: list[str]) -> None:
        """Press keys one after the other; those that there are."""
        self._keyboard.learn("".join(key for key in keys if len(key) == 1))
        self._gui.press([OWN_NAMES.get(key, key) for key in keys])

    def hotkey(self, keys: list[str]) -> None:
        """Press keys together: held in this order, let go in the other."""
        held = self._keyboard.plain_keys(OWN_NAMES.get(key, key) for key in keys)
        for key in held:
            self._gui.keyDown(key)
        for key in reversed(held):
            self._gui.keyUp(key)

    def picture(self) -> dict[str, Any]:
        """The screen as a PNG, in base64."""
        import mss.tools

        shot = self._eyes.grab(self._eyes.monitors[0])
        png = mss.tools.to_png(shot.rgb, shot.size, level=1)
        assert png is not None
        return {"png": base64.b64encode(png).decode()}


def main() -> None:
    """Do what stdin says until it ends."""
    # Xlib prints warnings; the replies' pipe is for replies.
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    hands = Hands()
    for line in sys.stdin:
        request = json.loads(line)
        reply: dict[str, Any] = {"number": request["number"]}
        if request["act"] not in ACTS:
            raise SystemExit(f"there is no act {request['act']!r}; there is: {', '.join(ACTS)}")
        try:
            reply |= getattr(hands, request["act"])(**request["arguments"]) or {}
        except ToolError as exc:
            reply["refused"] = str(exc)
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main()
