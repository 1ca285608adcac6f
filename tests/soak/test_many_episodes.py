"""Two thousand episodes in a few browsers, hostile pages among them, leak no browser process. Run by ``make soak``."""

import asyncio
import os
import signal
import time
from collections import Counter

import psutil
import pytest

from journeyman.browser.pool import BrowserPool
from journeyman.environment import load_environment
from journeyman.errors import ScreenError
from journeyman.stage import for_each
from tests.browsers import needs_browser

pytestmark = [pytest.mark.slow, needs_browser]

EPISODES = 2_000
BROWSERS = 2
TASKS = ("click-test-2", "click-button", "click-dialog", "identify-shape")
EACH = 25
"""Episodes on one page, as a shard plays them, before it is closed."""

# What some pages do, by the number of their round; each loses its page, and with it a browser.
HOSTILE = {
    7: "<script>for (;;) {}</script>",
    13: "<script>addEventListener('load', () => { location = 'https://elsewhere.invalid/' })</script>",
    17: "<script>const all = []; for (;;) all.push(new Array(1e7).fill(all.length))</script>",
}
KILLED = 23
"""Round in which the browser is killed from outside."""


def test_two_thousand_episodes_leak_no_browser() -> None:
    before = _processes()
    most, counts = asyncio.run(_play())
    assert counts["solved"] >= EPISODES
    assert counts["lost"] > 0, "no page was lost, so that the pool never had to recover"
    # Two a slot for the moment in which a lost one goes and its next one comes, in all of them at most.
    assert most <= 2 * BROWSERS
    end = time.monotonic() + 10
    while (left := _processes() - before) and time.monotonic() < end:
        time.sleep(0.1)
    assert not left, [" ".join(psutil.Process(pid).cmdline())[:200] for pid in left if psutil.pid_exists(pid)]


async def _play() -> tuple[int, Counter[str]]:
    environment = load_environment("miniwob")
    assert environment.viewport is not None
    width, height = environment.viewport
    counts: Counter[str] = Counter()
    running: list[int] = []
    async with BrowserPool.open(BROWSERS, load_seconds=2.0, action_seconds=2.0) as pool:

        async def play(number: int) -> None:
            try:
                async with pool.page(width, height) as page:
                    running.append(_browsers())
                    if number in HOSTILE:
                        await page.show(HOSTILE[number])
                        await page.screenshot()
                    for seed in range(number * EACH, (number + 1) * EACH):
                        session = await environment.open(page, TASKS[number % len(TASKS)], seed)
                        async for command, _, _ in environment.oracle(session):
                            await session.screenshot()
                            await session.act(command)
                        assert (await session.outcome()).done
                        counts["solved"] += 1
                        if number == KILLED and seed % EACH == 5:
                            os.kill(pool.pids()[0], signal.SIGKILL)
            except ScreenError:
                counts["lost"] += 1

        rounds = EPISODES // EACH + len(HOSTILE) + BROWSERS
        await for_each(range(rounds), play, at_once=BROWSERS)
    return max(running), counts


def _browsers() -> int:
    """Browsers that run below this process: each has one process that is no child of another of its own."""
    lines = [_line(process) for process in psutil.Process().children(recursive=True)]
    return sum("--headless" in line and "--type=" not in line and "bwrap" not in line for line in lines)


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _processes() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}
