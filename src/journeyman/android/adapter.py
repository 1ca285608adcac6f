"""What a phone must be able to do for commands to be done on it. Implement it for an emulator, a farm or a fake."""

from typing import Literal, Protocol, get_args

AndroidKey = Literal[
    "home", "back", "enter", "backspace", "delete", "tab", "space", "esc", "up", "down", "left", "right",
    "pageup", "pagedown", "end", "apps",
]  # fmt: skip
"""Keys by the words of ``pyautogui_call``. ``home`` and ``back`` are the phone's buttons, ``apps`` is the menu key."""
ANDROID_KEYS: tuple[AndroidKey, ...] = get_args(AndroidKey)


class AndroidAdapter(Protocol):
    """One phone. Points are whole pixels of the screenshot, from its top left, inside the screen.

    Every method is done when the phone has taken the input in. What a phone cannot do raises
    :class:`~journeyman.errors.ToolError`; a phone that is gone, or does not answer in time, raises
    :class:`~journeyman.errors.ScreenError`.
    """

    async def size(self) -> tuple[int, int]:
        """Width and height of the screenshot in pixels, as the phone is held now."""

    async def screenshot(self) -> bytes:
        """PNG of the whole screen."""

    async def tap(self, x: int, y: int, times: int = 1) -> None:
        """Tap 1 to 3 times, close enough in time for a double tap."""

    async def long_press(self, x: int, y: int) -> None:
        """Hold a finger down until the phone takes it for a long press."""

    async def swipe(self, start: tuple[int, int], end: tuple[int, int], seconds: float) -> None:
        """Move a finger that is down from ``start`` to ``end``, for ``seconds``."""

    async def type_text(self, text: str) -> None:
        """Type into what has the focus. Line ends and tabs are the keys enter and tab."""

    async def press(self, key: AndroidKey) -> None:
        """Press a key or a button."""

    async def open_app(self, name: str) -> None:
        """Open the app that is called ``name``, as its user calls it."""
