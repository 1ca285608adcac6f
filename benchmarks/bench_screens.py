"""How fast screens are made: scripted MiniWoB++ episodes with screenshots, and annotated pages of 1280 x 800.

Two processes, as many as this is sized for has cores, with two browsers each: a page waits for its next frame half of
the time. Episodes are counted twice: as they are played, and as the stage makes them: with slips, one in ten played
again, rows and files in a store, and the start of its browsers. To reach: 20 episodes and 8 pages a second, and
10,000 annotated pages in under 1.5 GB: a task run holds one shard, so memory is that of a shard, whatever the number
of pages; it is measured over several shards, to see that it does not grow. From the loss of a page to a picture of the
next one it may take 2 s.

    python benchmarks/bench_screens.py [pages of the memory test, 300]
"""

import asyncio
import gc
import itertools
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from typing import Any

import psutil

from journeyman.browser.page import GuardedPage
from journeyman.browser.pool import BrowserPool
from journeyman.environment import load_environment
from journeyman.errors import ScreenError
from journeyman.generation.screens.capture import capture_screens
from journeyman.generation.screens.config import ScreensConfig
from journeyman.generation.screens.episodes import play_episodes
from journeyman.generation.screens.plan import EpisodeBrief, ScreenShard, plan_screens
from journeyman.storage.store import Store

PROCESSES = 2
BROWSERS = 2
SECONDS = 15.0
ROUNDS = 3
TASKS = ("click-test-2", "click-button", "click-dialog", "identify-shape")
APPS = ("shop", "mail", "calendar", "table", "form", "settings", "map")
SHARD = 100


async def episodes(first: int) -> float:
    """Oracle episodes a second, each with its screenshots; the start of the browser is left out."""
    environment = load_environment("miniwob")
    assert environment.viewport is not None
    viewport = environment.viewport

    async def play(first: int, pool: BrowserPool) -> int:
        solved = 0
        async with pool.page(*viewport) as page:
            end = time.perf_counter() + SECONDS
            for number in itertools.count():
                if time.perf_counter() > end:
                    return solved
                session = await environment.open(page, TASKS[number // 50 % len(TASKS)], first + number)
                async for command, _, _ in environment.oracle(session):
                    await session.screenshot()
                    await session.act(command)
                solved += (await session.outcome()).done
        return solved

    async with BrowserPool.open(BROWSERS) as pool:
        played = await asyncio.gather(*(play(first + 10_000 * number, pool) for number in range(BROWSERS)))
    return sum(played) / SECONDS


async def stage(first: int) -> float:
    """Episodes a second that the stage keeps."""
    begin = time.perf_counter()
    briefs = tuple(
        EpisodeBrief(seed=first + n, environment="miniwob", task=task, family="miniwob", unseen_family=False)
        for n, task in enumerate(TASKS * 50)
    )
    shard = ScreenShard(split="train", of="episodes", index=0, episodes=briefs)
    with tempfile.TemporaryDirectory() as folder:
        result = await play_episodes(shard, ScreensConfig(pool=BROWSERS), store=Store(f"file://{folder}"))
    return result.artifacts["kept"].rows / (time.perf_counter() - begin)


async def pages(first: int) -> float:
    """Pages a second drawn, photographed and annotated; the start of the browser is left out."""
    environment = load_environment("apps")
    draw = environment.draw
    assert draw is not None

    async def drawn(first: int, pool: BrowserPool) -> int:
        done = 0
        async with pool.page(1280, 800) as page:
            end = time.perf_counter() + SECONDS
            while time.perf_counter() < end:
                assert (await draw(page, APPS[done % len(APPS)], first + done, False)).elements
                done += 1
        return done

    async with BrowserPool.open(BROWSERS) as pool:
        counted = await asyncio.gather(*(drawn(first + 10_000 * number, pool) for number in range(BROWSERS)))
    return sum(counted) / SECONDS


def rate(work: Callable[[int], Coroutine[Any, Any, float]]) -> float:
    """Done a second over all processes."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        return sum(pool.starmap(_rate, [(work, number * 1_000_000) for number in range(PROCESSES)]))


def _rate(work: Callable[[int], Coroutine[Any, Any, float]], first: int) -> float:
    return asyncio.run(work(first))


ENDLESS_LOOP = "() => { setTimeout(() => { for (;;); }); }"


async def recovery() -> None:
    """Print seconds from the loss of a page, once it is noticed, to a picture of the next page."""
    async with BrowserPool.open(1, action_seconds=1.0) as pool:
        for name, lose in {"a killed browser": _kill, "a killed page": _kill_page, "an endless loop": _hang}.items():
            seconds = [await _recovered(pool, lose) for _ in range(5)]
            print(
                f"recovery from {name}: {statistics.median(seconds):.2f} s "
                f"({min(seconds):.2f} to {max(seconds):.2f}); to stay under: 2",
                flush=True,
            )


async def _recovered(pool: BrowserPool, lose: Callable[[BrowserPool, GuardedPage], Coroutine[Any, Any, None]]) -> float:
    begin = 0.0
    try:
        async with pool.page(640, 400) as page:
            await page.show("<p>first")
            await lose(pool, page)
            try:
                while True:
                    await page.screenshot()
            finally:
                begin = time.perf_counter()
    except ScreenError:
        async with pool.page(640, 400) as page:
            await page.show("<p>second")
            await page.screenshot()
    return time.perf_counter() - begin


async def _kill(pool: BrowserPool, _: GuardedPage) -> None:
    os.kill(pool.pids()[0], signal.SIGKILL)


async def _kill_page(pool: BrowserPool, _: GuardedPage) -> None:
    for process in psutil.Process(pool.pids()[0]).children(recursive=True):
        if "--type=renderer" in process.cmdline():
            process.kill()


async def _hang(_: BrowserPool, page: GuardedPage) -> None:
    await page.evaluate(ENDLESS_LOOP)


def memory(count: int) -> None:
    """Peak memory while shards of pages are captured, this process and its browsers together."""
    config = ScreensConfig(pages=count, held_out_pages=0, episodes=0, held_out_tasks=0, shard_size=SHARD, pool=2)
    seen: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"file://{folder}")
        for shard in plan_screens(config, 0):
            asyncio.run(_captured(shard, config, store, seen))
            gc.collect()
            print(f"  {shard.name}: peak so far {max(seen) / 2**30:.2f} GiB", flush=True)
    print(f"peak of {count} annotated pages: {max(seen) / 2**30:.2f} GiB (to stay under: 1.5 GB for 10,000)")


async def _captured(shard: Any, config: ScreensConfig, store: Store, seen: list[float]) -> None:
    async def watch() -> None:
        me = psutil.Process()
        while True:
            seen.append(sum(_held(process) for process in (me, *me.children(recursive=True))))
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch())
    try:
        await capture_screens(shard, config, store=store)
    finally:
        watching.cancel()


def _held(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)  # what processes share is counted once
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0


def main() -> None:
    """Print the figures."""
    rates = {"episodes": episodes, "episodes of the stage": stage, "pages": pages}
    marks = {"episodes": 20, "episodes of the stage": 20, "pages": 8}
    for name, work in rates.items():
        found = [rate(work) for _ in range(ROUNDS)]
        print(
            f"{name} a second, {PROCESSES} processes: {statistics.median(found):.1f} "
            f"({min(found):.1f} to {max(found):.1f}); to reach: {marks[name]}",
            flush=True,
        )
    asyncio.run(recovery())
    memory(int(sys.argv[1]) if len(sys.argv) > 1 else 300)


if __name__ == "__main__":
    main()
