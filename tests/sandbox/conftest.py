"""One sandbox for all tests of a module: it takes two seconds to start, and a worker 20 ms."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from journeyman.errors import ToolError
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.limits import MIB, Limits
from journeyman.sandbox.sandbox import Sandbox, StepResult

NEXT_SECONDS = 3.0
"""Not a benchmark: a trajectory starts in 20 ms, and this is where a busy machine ends and a broken sandbox begins."""
LIMITS = Limits(
    soft_seconds=0.6,
    hard_seconds=2.0,
    memory_bytes=2048 * MIB,
    file_bytes=4 * MIB,
    folder_bytes=8 * MIB,
    output_chars=1_000,
    tool_calls_per_step=5,
)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def sandbox(runner, tmp_path_factory) -> Iterator[Sandbox]:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    context = Sandbox.start(tmp_path_factory.mktemp("sessions"), LIMITS)
    yield runner.run(context.__aenter__())
    runner.run(context.__aexit__(None, None, None))


@pytest.fixture
def folder(sandbox) -> Iterator[SessionFolder]:
    made = SessionFolder.create(sandbox.home, LIMITS)
    yield made
    made.remove()


@pytest.fixture
def run(runner, sandbox, folder) -> Callable[..., list[StepResult]]:
    """Run steps in one fresh worker that has the tools ``echo`` and ``refuse``."""

    async def broker(name, args, kwargs):
        if name == "refuse":
            raise ToolError("no such picture")
        return {"name": name, "args": args, "kwargs": kwargs}

    async def go(codes) -> list[StepResult]:
        async with sandbox.worker(folder, ("echo", "refuse"), broker) as worker:
            return [await worker.run(code) for code in codes]

    def synchronous(*codes: str) -> list[StepResult]:
        return runner.run(_within(go(codes)))

    return synchronous


@pytest.fixture
def attack(runner, sandbox, folder) -> Callable[..., list[StepResult]]:
    """Run hostile steps in one worker, and hold the sandbox to what it promises everybody else.

    A neighbour that was there before keeps its variables, and the next trajectory starts at once.
    """

    async def broker(name, args, kwargs):
        return args

    async def hostile(codes) -> list[StepResult]:
        results = []
        async with sandbox.worker(folder, ("echo",), broker) as worker:
            for code in codes:
                results.append(await worker.run(code))
                if not worker.alive:
                    break
        return results

    async def go(codes) -> list[StepResult]:
        beside, after = SessionFolder.create(sandbox.home, LIMITS), SessionFolder.create(sandbox.home, LIMITS)
        try:
            async with sandbox.worker(beside, ("echo",), broker) as neighbour:
                await neighbour.run("kept = 7")
                results = await hostile(codes)
                assert (await neighbour.run("print(kept)")).output == "7\n"
                started = time.monotonic()
                async with sandbox.worker(after, ("echo",), broker) as worker:
                    assert (await worker.run("print(echo('next'))")).output == "['next']\n"
                assert time.monotonic() - started < NEXT_SECONDS
            return results
        finally:
            beside.remove()
            after.remove()

    def synchronous(*codes: str) -> list[StepResult]:
        return runner.run(_within(go(codes), 30.0))

    return synchronous


async def _within(awaitable: Awaitable[list[StepResult]], seconds: float = 20.0) -> list[StepResult]:
    return await asyncio.wait_for(awaitable, seconds)
