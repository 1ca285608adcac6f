"""A few Chromium processes, one a slot; each page has a context of its own, and a lost browser is replaced.

To open a page takes a process of Chromium's, a third of a second of a core, and a short episode less than a tenth.
So who plays one after the other asks for pages ``again``.
"""

import asyncio
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from journeyman.browser.page import GuardedPage, Patience
from journeyman.browser.wall import FLAGS, find_executable, launcher, missing
from journeyman.errors import ConfigError, SandboxError, ScreenError
from journeyman.sandbox.bubblewrap import ALLOW_NAMESPACES

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

logger = logging.getLogger(__name__)

_LAUNCH_SECONDS = 60.0
_OPEN_SECONDS = 15.0
_END_SECONDS = 3.0
_TRIES = 2
"""A browser that was alive when it was looked at may be gone when it is asked for a page."""


class BrowserPool:
    """Pages to draw on and act on. Belongs to the event loop it was opened in.

    A page that crashed, hung or was shut takes its browser with it; the next page of that slot gets a new one, in
    about a second.
    """

    def __init__(self, size: int, executable: Path, patience: Patience) -> None:
        """Args: size: Processes, and pages at a time. executable: Chromium. patience: How long a page may take."""
        self._slots = [_Slot(executable) for _ in range(size)]
        self._free: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()
        self._patience = patience

    @classmethod
    @asynccontextmanager
    async def open(
        cls, size: int, *, executable: str = "", load_seconds: float = 10.0, action_seconds: float = 5.0
    ) -> AsyncIterator["BrowserPool"]:
        """Start ``size`` browsers and end them on leaving.

        Args:
            size: At least 1; a core each is what they can use.
            executable: Path or name of a Chromium; empty looks for one.
            load_seconds: What a page may take to load.
            action_seconds: What an action, a screenshot or a look at the page may take.

        Raises:
            ConfigError: There is no Chromium, no Playwright, or it does not start.
            SandboxError: bubblewrap is missing or may not make namespaces.
        """
        if size < 1:
            raise ConfigError(f"a pool of {size} browsers has no page to give; ask for at least 1")
        pool = cls(size, find_executable(executable), Patience(load_seconds, action_seconds))
        try:
            await asyncio.gather(*(slot.browser() for slot in pool._slots))
            for slot in pool._slots:
                pool._free.put_nowait(slot)
            yield pool
        finally:
            await asyncio.gather(*(slot.stop() for slot in pool._slots))

    @asynccontextmanager
    async def page(
        self, width: int, height: int, scale: float = 1.0, *, again: bool = False
    ) -> AsyncIterator[GuardedPage]:
        """An empty page in a fresh context; waits for a free browser.

        Args:
            width: CSS pixels of the viewport; so is ``height``.
            height: See above.
            scale: Pixels of the screenshot for each CSS pixel.
            again: Take the page of this size that was last left whole, with its context and what it shows, and leave
                this one in the same way.

        Raises:
            ConfigError: A browser that was lost cannot be started again.
        """
        slot = await self._free.get()
        healthy = False
        try:
            page = await slot.take_left(width, height, scale) if again else None
            page = page or await self._page_of(slot, width, height, scale)
            try:
                yield page
            finally:
                healthy = slot.leave(page) if again else await page.close()
        finally:
            try:
                if not healthy:
                    slot.kill()
            finally:
                self._free.put_nowait(slot)

    def pids(self) -> tuple[int, ...]:
        """Of the browsers that run: to kill one is to kill everything it started."""
        return tuple(slot.pid for slot in self._slots if slot.pid)

    async def _page_of(self, slot: "_Slot", width: int, height: int, scale: float) -> GuardedPage:
        from playwright.async_api import Error

        await slot.close_left()
        for left in reversed(range(_TRIES)):
            browser = await slot.browser()
            try:
                opening = GuardedPage.create(browser, width, height, scale, self._patience)
                return await asyncio.wait_for(opening, _OPEN_SECONDS)
            except (Error, TimeoutError) as exc:
                logger.warning("a browser gave no page (%s); starting another", str(exc).partition("\n")[0])
                slot.kill()
                if not left:
                    raise ScreenError("crash", "two browsers in a row gave no page; look at the machine") from exc
        raise AssertionError("the last try returns or raises")


class _Slot:
    """One Chromium, with a Playwright driver of its own: what ends one must not end the others."""

    def __init__(self, executable: Path) -> None:
        self._executable = executable
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._left: GuardedPage | None = None
        self._pidfd = -1
        self.pid = 0

    async def browser(self) -> "Browser":
        """The running one, or else a new one."""
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        kept = self._driver is not None
        self.kill()
        try:
            return await self._start()
        except (ConfigError, SandboxError):
            await self.stop()
            if not kept:
                raise
            return await self._start()  # it may have been the driver that was lost
        except BaseException:
            await self.stop()
            raise

    def leave(self, page: GuardedPage) -> bool:
        """Keep ``page`` for whoever comes next, if it is whole; whether it is."""
        self._left = page if page.is_whole else None
        return page.is_whole

    async def take_left(self, width: int, height: int, scale: float) -> GuardedPage | None:
        """The page that was left, if it has this size and still answers."""
        page = self._left
        if page is None or page.viewport != (width, height, scale):
            return None
        try:
            await page.evaluate("0")
        except ScreenError as exc:
            logger.info("the page that was left is lost (%s); opening another", exc.cause)
            return None
        self._left = None
        page.renew()
        return page

    async def close_left(self) -> None:
        """Shut the page that was left, and end the browser where that fails."""
        page, self._left = self._left, None
        if page is not None and not await page.close():
            self.kill()

    async def stop(self) -> None:
        """Kill the browser and end its driver; there is nothing in them worth saving."""
        self.kill()
        driver, self._driver = self._driver, None
        if driver is not None:
            try:
                await asyncio.wait_for(driver.stop(), _END_SECONDS)
            except TimeoutError:
                logger.warning("Playwright's driver did not end within %.0f s", _END_SECONDS)

    def kill(self) -> None:
        """End the browser at once, and with it everything behind its wall; the next one is started when asked for."""
        self._browser = self._left = None
        if self._pidfd >= 0:
            try:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            except ProcessLookupError:
                logger.debug("browser %d had ended", self.pid)
            os.close(self._pidfd)
        self._pidfd, self.pid = -1, 0

    async def _start(self) -> "Browser":
        try:
            from playwright.async_api import Error, async_playwright
        except ImportError as exc:
            raise ConfigError(missing()) from exc
        with tempfile.TemporaryDirectory(prefix="journeyman-browser-") as folder:
            script, pid_file = self._write_launcher(Path(folder))
            try:
                self._driver = self._driver or await async_playwright().start()
                self._browser = await self._driver.chromium.launch(
                    executable_path=script,
                    headless=True,
                    args=FLAGS,
                    env={},
                    timeout=_LAUNCH_SECONDS * 1000,
                    # Ctrl-C is ours to handle; the driver would end the browser under us.
                    handle_sigint=False,
                )
                self.pid = _pid_in(pid_file)
                # A descriptor, not the number: the number may be another process's by the time it is needed.
                self._pidfd = os.pidfd_open(self.pid)
            except (Error, ProcessLookupError) as exc:
                raise _no_start(self._executable, str(exc)) from exc
        return self._browser

    def _write_launcher(self, folder: Path) -> tuple[Path, Path]:
        script, pid_file = folder / "chromium", folder / "pid"
        script.write_text(launcher(self._executable, pid_file))
        script.chmod(0o700)
        return script, pid_file


def _pid_in(pid_file: Path) -> int:
    return int(pid_file.read_text())


def _no_start(executable: Path, words: str) -> ConfigError | SandboxError:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    for line in lines:
        if "bwrap:" in line:
            return SandboxError(f"the browser's wall does not stand: {line}; {ALLOW_NAMESPACES}")
    return ConfigError(f"{executable} does not start: {' | '.join(lines[:4])}; run it by hand with --headless")
