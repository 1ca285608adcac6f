"""One virtual desktop for the tests of a session, with a window on it that logs what arrives."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from journeyman.action_formats.pyautogui_call import Command, Press
from journeyman.desktop.display import VirtualDesktop
from journeyman.desktop.executor import DesktopExecutor
from journeyman.desktop.wall import missing, own_python

T = TypeVar("T")
MODIFIERS_AND_KEYS = 0xFF00
"""From here to 0xFFFF key symbols are no characters."""
SIZE = (401, 299)
WINDOW = Path(__file__).with_name("event_window.py")
END = 0xFFC9
"""Key symbol of F12, which ends what a test does."""


class Watched:
    """A desktop with the logging window, and the loop it lives in."""

    def __init__(self, runner: asyncio.Runner, desktop: VirtualDesktop) -> None:
        self._runner = runner
        self.desktop = desktop
        self.executor = DesktopExecutor(desktop)
        self._seen = 0

    def run(self, work: Awaitable[T]) -> T:
        async def wait() -> T:
            return await work

        return self._runner.run(wait())

    def events_of(self, *commands: Command, functions: tuple[str, ...] = ()) -> list[list[Any]]:
        """What the window got of ``commands``, in order."""

        async def act() -> None:
            for command in commands:
                await self.executor.perform(command, functions)

        try:
            self.run(act())
        finally:
            self.run(self.executor.perform(Press(("f12",))))
            events = self._until(["unkey", END])
        return events[:-2]

    def text_of(self, *commands: Command) -> str:
        """What was typed."""
        symbols = [event[1] for event in self.events_of(*commands) if event[0] == "key"]
        symbols = [symbol for symbol in symbols if not MODIFIERS_AND_KEYS <= symbol <= 0xFFFF]
        return "".join(chr(symbol & 0xFFFFFF) for symbol in symbols)

    def _until(self, last: list[Any]) -> list[list[Any]]:
        log = self.desktop.home / "events.jsonl"
        for _ in range(300):
            lines = log.read_text().splitlines() if log.exists() else []
            new = [json.loads(line) for line in lines[self._seen :]]
            if last in [event[:2] for event in new]:
                self._seen = len(lines)
                return new
            time.sleep(0.02)
        raise AssertionError(f"{last} did not come; there came {new}")


@pytest.fixture(scope="session")
def watched() -> Iterator[Watched]:
    """The desktop; skips where this machine can have none."""
    if missing():
        pytest.skip(missing())
    with asyncio.Runner() as runner:
        opening = VirtualDesktop.open(*SIZE)
        desktop = runner.run(opening.__aenter__())
        kept = Watched(runner, desktop)
        kept.run(desktop.start([sys.executable, str(WINDOW)], readable=(*own_python(), WINDOW)))
        kept._until(["ready"])
        yield kept
        runner.run(opening.__aexit__(None, None, None))
