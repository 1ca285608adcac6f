"""A phone that writes down what it is asked, checks that points are on its screen, and does nothing."""

from typing import Any

from journeyman.android.adapter import AndroidKey

SIZE = (1080, 2400)


class RecordingPhone:
    """An adapter for tests."""

    def __init__(self, size: tuple[int, int] = SIZE) -> None:
        self.did: list[tuple[Any, ...]] = []
        self._size = size

    async def size(self) -> tuple[int, int]:
        return self._size

    async def screenshot(self) -> bytes:
        return b"\x89PNG"

    async def tap(self, x: int, y: int, times: int = 1) -> None:
        self._note("tap", self._on_screen(x, y), times)

    async def long_press(self, x: int, y: int) -> None:
        self._note("long_press", self._on_screen(x, y))

    async def swipe(self, start: tuple[int, int], end: tuple[int, int], seconds: float) -> None:
        assert 0 < seconds <= 2
        self._note("swipe", self._on_screen(*start), self._on_screen(*end))

    async def type_text(self, text: str) -> None:
        self._note("type_text", text)

    async def press(self, key: AndroidKey) -> None:
        self._note("press", key)

    async def open_app(self, name: str) -> None:
        self._note("open_app", name)

    def _note(self, *act: Any) -> None:
        self.did.append(act)

    def _on_screen(self, x: int, y: int) -> tuple[int, int]:
        assert type(x) is int
        assert type(y) is int
        assert 0 <= x < self._size[0]
        assert 0 <= y < self._size[1]
        return x, y
