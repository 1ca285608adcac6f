"""One browser pool for the tests of a session, with an event loop of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import TypeVar

import pytest

from journeyman.browser import wall
from journeyman.browser.page import GuardedPage
from journeyman.browser.pool import BrowserPool

T = TypeVar("T")

needs_browser = pytest.mark.skipif(bool(wall.missing()), reason=wall.missing() or "there is a browser")


class Browsers:
    """A pool of one, and the loop it lives in."""

    def __init__(self, runner: asyncio.Runner, pool: BrowserPool) -> None:
        self._runner = runner
        self.pool = pool
        self._kept = AsyncExitStack()
        self._page: GuardedPage | None = None
        self._size: tuple[int, int, float] = (0, 0, 0)

    def run(self, work: Awaitable[T]) -> T:
        """What ``work`` gives."""

        async def wait() -> T:
            return await work

        return self._runner.run(wait())

    def on_page(
        self, check: Callable[[GuardedPage], Awaitable[T]], html: str = "", width: int = 400, height: int = 300,
        scale: float = 1.0,
    ) -> T:  # fmt: skip
        """What ``check`` gives on a page that shows ``html``; one page is kept, since a new one takes a second."""

        async def open_and_check() -> T:
            page = await self._page_of((width, height, scale))
            if html:
                await page.show(html)
            return await check(page)

        return self.run(open_and_check())

    def let_go(self) -> None:
        """Close the kept page, so that the pool has one to give."""
        self._page = None
        self.run(self._kept.aclose())

    async def _page_of(self, size: tuple[int, int, float]) -> GuardedPage:
        if self._page is None or self._page.cause or size != self._size:
            await self._kept.aclose()
            self._page = await self._kept.enter_async_context(self.pool.page(*size))
            self._size = size
        return self._page


@pytest.fixture(scope="session")
def browsers() -> Iterator[Browsers]:
    """A running browser; skips where this machine has none."""
    if wall.missing():
        pytest.skip(wall.missing())
    with asyncio.Runner() as runner:
        opening = BrowserPool.open(1)
        pool = runner.run(opening.__aenter__())
        kept = Browsers(runner, pool)
        yield kept
        kept.let_go()
        runner.run(opening.__aexit__(None, None, None))
