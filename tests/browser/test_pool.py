"""Browsers that die are replaced, and none is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from journeyman.browser.page import GuardedPage
from journeyman.browser.pool import BrowserPool
from journeyman.browser.wall import find_executable, launcher
from journeyman.errors import ConfigError, ScreenError
from tests.browsers import Browsers, needs_browser


async def crash(page: GuardedPage, pool: BrowserPool) -> None:
    from playwright.async_api import Error

    with pytest.raises(Error):
        await page.page.goto("chrome://crash")
    await page.screenshot()


async def kill_renderer(page: GuardedPage, pool: BrowserPool) -> None:
    root = psutil.Process(pool.pids()[0])
    for process in root.children(recursive=True):
        if "--type=renderer" in process.cmdline():
            process.kill()
    await asyncio.sleep(0.2)
    await page.screenshot()


async def kill_browser(page: GuardedPage, pool: BrowserPool) -> None:
    os.kill(pool.pids()[0], signal.SIGKILL)
    await page.screenshot()


async def loop_forever(page: GuardedPage, pool: BrowserPool) -> None:
    await page.evaluate("() => { setTimeout(() => { for (;;); }, 0); }")
    await asyncio.sleep(0.2)
    await page.screenshot()


LOSSES: dict[str, tuple[Callable[[GuardedPage, BrowserPool], Awaitable[None]], str]] = {
    "a crash": (crash, "crash"),
    "a killed renderer": (kill_renderer, "crash"),
    "a killed browser": (kill_browser, "crash"),
    "an endless loop": (loop_forever, "action timeout"),
}


@pytest.mark.parametrize(("lose", "cause"), LOSSES.values(), ids=LOSSES)
def test_a_lost_page_names_its_cause_and_the_next_one_works(
    browsers: Browsers, lose: Callable[[GuardedPage, BrowserPool], Awaitable[None]], cause: str
) -> None:
    browsers.let_go()
    pool = browsers.pool

    async def show_and_lose() -> None:
        async with pool.page(200, 200) as page:
            await page.show("<p>first")
            await lose(page, pool)

    async def lose_and_go_on() -> tuple[str, str]:
        with pytest.raises(ScreenError) as caught:
            await show_and_lose()
        async with pool.page(200, 200) as page:
            await page.show("<p id=p>second")
            return caught.value.cause, await page.evaluate("p.textContent")

    assert browsers.run(lose_and_go_on()) == (cause, "second")


def test_a_killed_driver_is_replaced_too(browsers: Browsers) -> None:
    browsers.let_go()

    async def kill_and_go_on() -> str:
        driver = psutil.Process(browsers.pool.pids()[0]).parent()
        assert driver is not None
        driver.kill()
        await asyncio.sleep(0.5)
        async with browsers.pool.page(200, 200) as page:
            await page.show("<p id=p>second")
            return str(await page.evaluate("p.textContent"))

    assert browsers.run(kill_and_go_on()) == "second"


def test_contexts_are_fresh(browsers: Browsers) -> None:
    browsers.let_go()

    async def store(write: bool) -> object:
        async with browsers.pool.page(200, 200) as page:
            await page.show("<p>x")
            if write:
                await page.evaluate("() => { localStorage.a = 1; document.cookie = 'a=1; secure'; }")
            return await page.evaluate("[localStorage.length, document.cookie]")

    assert browsers.run(store(write=True)) == [1, "a=1"]
    assert browsers.run(store(write=False)) == [0, ""]


def test_a_page_that_is_asked_for_again_is_the_one_that_was_left_whole(browsers: Browsers) -> None:
    browsers.let_go()
    pool = browsers.pool

    async def visit(
        *size: int, again: bool = True, lose: bool = False
    ) -> tuple[GuardedPage, str, tuple[int, int, int]]:
        """The page, its title, and size and incidents that it is given with; it is left with others."""
        async with pool.page(*size, again=again) as page:
            text, given = await page.evaluate("document.title"), (*page.size, page.counts.total())
            await page.show("<title>shown</title>")
            await page.evaluate("() => fetch('/x').catch(() => {})")
            assert page.counts.total() > 0
            page.crop(10, 10)
            if lose:
                await kill_renderer(page, pool)
        return page, text, given

    first, text, _ = browsers.run(visit(200, 200))
    assert text == ""
    same, text, given = browsers.run(visit(200, 200))
    assert (same, text, given) == (first, "shown", (200, 200, 0))
    other, text, _ = browsers.run(visit(300, 200))
    assert (other is not first, text) == (True, "")
    assert first.page.is_closed()
    unshared, text, _ = browsers.run(visit(300, 200, again=False))
    assert (unshared not in (first, other), text, other.page.is_closed()) == (True, "", True)
    with pytest.raises(ScreenError):
        browsers.run(visit(300, 200, lose=True))
    after, text, _ = browsers.run(visit(300, 200))
    assert (after.cause, text) == (None, "")
    killed = psutil.Process(pool.pids()[0])
    its = [killed, *killed.children(recursive=True)]
    killed.kill()
    psutil.wait_procs(its, timeout=10)  # one that is still going down can give a page, which then crashes
    survivor, text, _ = browsers.run(visit(300, 200))
    assert (survivor is not after, text) == (True, "")


@needs_browser
def test_nothing_is_left_behind() -> None:
    before = set(psutil.Process().children(recursive=True))

    async def use() -> list[psutil.Process]:
        async with BrowserPool.open(2) as pool, pool.page(200, 200) as one, pool.page(200, 200) as other:
            await asyncio.gather(one.show("<p>x"), other.show("<p>y"))
            return [started for started in psutil.Process().children(recursive=True) if started not in before]

    started = asyncio.run(use())
    assert len(started) >= 10
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []


CHILD = """
import asyncio, psutil
from journeyman.browser.pool import BrowserPool
async def main():
    async with BrowserPool.open(1) as pool, pool.page(200, 200) as page:
        await page.show("<script>setTimeout(() => { for (;;); }, 100)</script>")
        print(*[process.pid for process in psutil.Process().children(recursive=True)], flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@needs_browser
def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        started = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(started) >= 6
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []


def test_a_pool_that_cannot_be_is_refused() -> None:
    async def open_one(size: int, executable: str = "") -> None:
        async with BrowserPool.open(size, executable=executable):
            pass

    with pytest.raises(ConfigError, match="a pool of 0"):
        asyncio.run(open_one(0))
    with pytest.raises(ConfigError, match="/no/chromium is no program"):
        asyncio.run(open_one(1, "/no/chromium"))


@needs_browser
def test_a_browser_that_does_not_start_says_why() -> None:
    async def open_one() -> None:
        async with BrowserPool.open(1, executable="/bin/false"):
            pass

    with pytest.raises(ConfigError, match="/bin/false does not start"):
        asyncio.run(open_one())


@needs_browser
def test_a_browser_of_another_folder_is_shown_to_itself(tmp_path: Path) -> None:
    script = launcher(tmp_path / "opt/chrome", tmp_path / "pid")
    assert f"--ro-bind {tmp_path / 'opt'} {tmp_path / 'opt'}" in script
    assert "--unshare-all" in script
    assert "--die-with-parent" in script
    assert find_executable().name in launcher(find_executable(), tmp_path / "pid")
