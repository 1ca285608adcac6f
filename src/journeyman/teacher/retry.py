"""How long to wait after a failed request, and when to give up. Waits between requests live here and in the limiter."""

import random

from journeyman.errors import TransientError
from journeyman.teacher.endpoint import ThrottledError, UnreachableError

ATTEMPTS = 6
ATTEMPTS_WHEN_TOLD_TO_WAIT = 12  # each halves the requests in flight, so from 64 it takes six to find one that fits
ATTEMPTS_TO_REACH = 3  # an endpoint that was never there should be named soon
FIRST_BACK_OFF_SECONDS = 0.25
LONGEST_BACK_OFF_SECONDS = 16.0
LONGEST_PAUSE_SECONDS = 60.0  # a longer Retry-After is left to the stage's own retry


class Patience:
    """What is left of it for one request."""

    def __init__(self, jitter: random.Random) -> None:
        self.attempts = 0
        """Attempts that brought no answer."""
        self._failures = 0
        self._jitter = jitter

    def seconds_after(self, exc: TransientError, *, endpoint_answered: bool) -> float:
        """How long to wait before the next attempt; raises ``exc`` when there should be none.

        Args:
            exc: Why the attempt failed.
            endpoint_answered: Whether the endpoint was ever heard from.
        """
        self.attempts += 1
        told = exc.retry_after_seconds
        if told is not None and told > LONGEST_PAUSE_SECONDS:
            raise exc
        if isinstance(exc, ThrottledError) and told is not None:
            if self.attempts >= ATTEMPTS_WHEN_TOLD_TO_WAIT:
                raise exc
            return 0.0  # the limiter holds everyone back for that long
        self._failures += 1
        never_there = isinstance(exc, UnreachableError) and not endpoint_answered
        if self._failures >= (ATTEMPTS_TO_REACH if never_there else ATTEMPTS):
            raise exc
        longest = min(FIRST_BACK_OFF_SECONDS * 2 ** (self._failures - 1), LONGEST_BACK_OFF_SECONDS)
        return max(self._jitter.uniform(longest / 2, longest), told or 0.0)
