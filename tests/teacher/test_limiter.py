import asyncio
from typing import Any

import pytest

from journeyman.errors import TransientError
from journeyman.teacher.limiter import AdaptiveLimiter


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def succeed(limiter: AdaptiveLimiter, times: int) -> None:
    for _ in range(times):
        async with limiter.slot() as slot:
            slot.succeeded()


async def fail(limiter: AdaptiveLimiter, times: int) -> None:
    for _ in range(times):
        async with limiter.slot() as slot:
            slot.failed()


def test_it_starts_small_and_grows_to_its_ceiling() -> None:
    limiter = AdaptiveLimiter(10, start=2)
    assert limiter.limit == 2
    asyncio.run(succeed(limiter, 3))
    assert limiter.limit == 5
    asyncio.run(succeed(limiter, 50))
    assert limiter.limit == 10


def test_it_halves_once_for_a_burst_and_then_grows_slowly() -> None:
    clock = Clock()
    limiter = AdaptiveLimiter(16, start=16, clock=clock)

    async def burst() -> None:
        async with limiter.slot() as one, limiter.slot() as two:
            clock.now += 1
            one.throttled(None)
            two.throttled(None)

    asyncio.run(burst())
    assert limiter.limit == 8
    asyncio.run(succeed(limiter, 8))
    assert limiter.limit == 8
    asyncio.run(succeed(limiter, 2))
    assert limiter.limit == 9


def test_nobody_enters_before_retry_after() -> None:
    async def run() -> float:
        limiter = AdaptiveLimiter(4)
        async with limiter.slot() as slot:
            slot.throttled(0.2)
        started = asyncio.get_running_loop().time()
        async with limiter.slot():
            return asyncio.get_running_loop().time() - started

    assert asyncio.run(run()) >= 0.19


def test_waiters_are_served_in_order() -> None:
    limiter, order = AdaptiveLimiter(1), []

    async def one(number: int) -> None:
        async with limiter.slot():
            order.append(number)
            await asyncio.sleep(0)

    async def run() -> None:
        await asyncio.gather(*(one(n) for n in range(5)))

    asyncio.run(run())
    assert order == [0, 1, 2, 3, 4]


def test_a_cancelled_waiter_gives_its_turn_on() -> None:
    async def run() -> None:
        limiter = AdaptiveLimiter(1)
        async with limiter.slot():
            waiting = asyncio.ensure_future(succeed(limiter, 1))
            await asyncio.sleep(0)
        waiting.cancel()  # it was just given its turn and has not run yet
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(succeed(limiter, 1), 1)

    asyncio.run(run())


def test_the_breaker_opens_and_one_probe_closes_it() -> None:
    async def run() -> tuple[int, int]:
        limiter = AdaptiveLimiter(8, start=8, failures_to_open=3, first_opening_seconds=0.05)
        await fail(limiter, 3)
        probing = limiter.limit
        await succeed(limiter, 1)
        return probing, limiter.limit

    assert asyncio.run(run()) == (1, 2)


def test_a_breaker_that_never_closes_fails_those_who_wait() -> None:
    async def run() -> list[Any]:
        limiter = AdaptiveLimiter(1, start=1, failures_to_open=2, first_opening_seconds=0.01, openings=2)
        return await asyncio.gather(*(fail(limiter, 6) for _ in range(3)), return_exceptions=True)

    assert any(isinstance(outcome, TransientError) for outcome in asyncio.run(run()))


def test_one_failure_among_successes_opens_nothing() -> None:
    async def run() -> int:
        limiter = AdaptiveLimiter(8, start=8, failures_to_open=2)
        for _ in range(5):
            await fail(limiter, 1)
            await succeed(limiter, 1)
        return limiter.limit

    assert asyncio.run(run()) == 8


def test_an_outcome_that_was_not_told_changes_nothing() -> None:
    async def run() -> int:
        limiter = AdaptiveLimiter(8, start=3)
        with pytest.raises(KeyError):
            async with limiter.slot():
                raise KeyError
        return limiter.limit

    assert asyncio.run(run()) == 3
