"""How many requests may be in flight: found by trying, the way TCP finds its window.

One limiter per (endpoint, model). It starts small and grows by one per success, halves when the
endpoint says "too many", stands still for as long as the endpoint asks, and stops asking
altogether (the circuit breaker) when nothing but failures come back.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from journeyman.errors import TransientError

logger = logging.getLogger(__name__)

_LONGEST_OPENING_SECONDS = 60.0


class CircuitOpenError(TransientError):
    """Nothing but failures came back for long; the stage's own retry is the next to try."""


class Slot:
    """The right to one request, and where its outcome is told. No outcome told changes nothing."""

    def __init__(self, limiter: "AdaptiveLimiter", entered: float) -> None:
        self._limiter = limiter
        self._entered = entered

    def succeeded(self) -> None:
        """The endpoint answered."""
        self._limiter._on_success()  # noqa: SLF001 - a slot is the limiter's own hand

    def throttled(self, retry_after_seconds: float | None) -> None:
        """The endpoint is alive and wants fewer requests, none of them before the time it gave."""
        self._limiter._on_throttle(self._entered, retry_after_seconds)  # noqa: SLF001

    def failed(self) -> None:
        """No answer, or a broken one."""
        self._limiter._on_failure()  # noqa: SLF001


class AdaptiveLimiter:
    """Additive increase, multiplicative decrease, with a circuit breaker. Waiters are served in order."""

    def __init__(
        self,
        ceiling: int,
        *,
        start: int = 4,
        failures_to_open: int = 8,
        first_opening_seconds: float = 1.0,
        openings: int = 4,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow ``start`` requests at once, growing to ``ceiling``.

        Args:
            ceiling: Most requests ever in flight.
            start: Requests in flight before anything is known of the endpoint.
            failures_to_open: Failures in a row after which the breaker opens.
            first_opening_seconds: How long it opens first; each failed probe doubles it, to a minute at most.
            openings: After this many openings in a row a failed probe also fails everyone who waits.
            clock: Seconds that only go forward.
        """
        self._ceiling = max(1, ceiling)
        self._window = float(min(max(1, start), self._ceiling))
        self._slow_start_until = float(self._ceiling)
        self._failures_to_open = failures_to_open
        self._first_opening_seconds = first_opening_seconds
        self._openings_allowed = openings
        self._clock = clock
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed_until = 0.0
        self._last_cut = float("-inf")
        self._failures = 0
        self._openings = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """Requests allowed in flight now; 1 while the breaker probes."""
        return 1 if self._openings else int(self._window)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for a turn, and hold it for the block.

        Raises:
            CircuitOpenError: The breaker opened again and again; the endpoint is down.
        """
        await self._enter()
        try:
            yield Slot(self, self._clock())
        finally:
            self._in_flight -= 1
            self._admit()

    async def _enter(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._in_flight -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        delay = self._closed_until - self._clock()
        if delay > 0:
            self._admit_after(delay)
            return
        while self._waiting and self._in_flight < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)

    def _admit_after(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, self._admit)

    def _on_success(self) -> None:
        if self._openings:
            logger.warning("teacher answers again; requests in flight start from one")
            self._openings, self._window, self._slow_start_until = 0, 1.0, self._ceiling / 2
        self._failures = 0
        step = 1.0 if self._window < self._slow_start_until else 1.0 / self._window
        self._window = min(self._window + step, float(self._ceiling))

    def _on_throttle(self, entered: float, retry_after_seconds: float | None) -> None:
        self._failures = 0
        self._openings = 0
        now = self._clock()
        if retry_after_seconds is not None:
            self._closed_until = max(self._closed_until, now + retry_after_seconds)
        # A burst is refused as one: only a request sent after the last cut says that it was not enough.
        if entered >= self._last_cut:
            self._window = max(1.0, self._window / 2)
            self._slow_start_until = self._window
            self._last_cut = now

    def _on_failure(self) -> None:
        self._failures += 1
        if not self._openings and self._failures < self._failures_to_open:
            return
        now = self._clock()
        if self._closed_until > now:
            return  # a request from before this opening
        if self._openings >= self._openings_allowed:
            self._fail_waiting()
        seconds = min(self._first_opening_seconds * 2**self._openings, _LONGEST_OPENING_SECONDS)
        self._openings = min(self._openings + 1, self._openings_allowed)
        self._closed_until = now + seconds
        logger.warning("teacher failed %d times in a row; asking again in %.3g s", self._failures, seconds)

    def _fail_waiting(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(CircuitOpenError(f"teacher failed {self._failures} times in a row"))
