"""Faults that the scripted teacher injects on request, so that a client is proven against them over real HTTP."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, get_args

from aiohttp import web
from aiohttp.typedefs import Middleware

from journeyman.errors import ConfigError

FaultKind = Literal["429", "500", "slow", "truncated", "dropped"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request."""

    kind: FaultKind
    seconds: float = 0.0
    """``Retry-After`` of a 429, or how late a slow answer is."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often what goes wrong. Equal values plan equal faults for equal request numbers."""

    rates: tuple[tuple[FaultKind, float], ...] = ()
    """Share of requests, in [0, 1], by kind; the sum is at most 1."""
    retry_after_seconds: float = 1.0
    slow_seconds: float = 2.0
    seed: int = 0

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Faults from text such as ``429=0.02,500=0.01,slow=0.01``; empty text means none.

        Kinds are ``429``, ``500``, ``slow``, ``truncated`` and ``dropped``; beside them stand
        ``retry_after`` and ``slow_seconds``, in seconds, and ``seed``.

        Raises:
            ConfigError: An unknown name, a number that is none, or rates that add up to more than 1.
        """
        rates: list[tuple[FaultKind, float]] = []
        seconds = {"retry_after": 1.0, "slow_seconds": 2.0, "seed": 0.0}
        for item in filter(None, (part.strip() for part in text.split(","))):
            name, _, given = (part.strip() for part in item.partition("="))
            number = _number(item, given)
            kind = next((kind for kind in _KINDS if kind == name), None)
            if kind is not None:
                rates.append((kind, number))
            elif name in seconds:
                seconds[name] = number
            else:
                raise ConfigError(f"no fault {name!r}; there is: {', '.join((*_KINDS, *seconds))}")
        if sum(rate for _, rate in rates) > 1:
            raise ConfigError(f"faults {text!r} add up to more than 1; give shares of all requests")
        return cls(tuple(rates), seconds["retry_after"], seconds["slow_seconds"], int(seconds["seed"]))

    def plan(self, counter: int) -> Fault | None:
        """What happens to request number ``counter``; None for nothing."""
        drawn = random.Random(f"{self.seed}:{counter}").random()  # noqa: S311 - chance, not secrecy
        for kind, rate in self.rates:
            if drawn < rate:
                return Fault(kind, {"429": self.retry_after_seconds, "slow": self.slow_seconds}.get(kind, 0.0))
            drawn -= rate
        return None


def faults_middleware(faults: Faults) -> Middleware:
    """Aiohttp middleware that lets ``faults`` befall POST requests, counted from 0; others pass untouched."""
    numbers = itertools.count()

    @web.middleware
    async def befall(request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = faults.plan(next(numbers)) if request.method == "POST" else None
        if fault is None:
            return await handler(request)
        return await _befallen(fault, request, handler)

    return befall


async def _befallen(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if fault.kind == "429":
        return _refusal(429, "rate_limit_exceeded", {"Retry-After": f"{fault.seconds:g}"})
    if fault.kind == "500":
        return _refusal(500, "server_error", {})
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return await handler(request)
    if fault.kind == "dropped":
        if request.transport is not None:
            request.transport.abort()
        # Nobody is left to read it; a handler has to return something.
        return web.Response(status=500)
    response = await handler(request)
    if isinstance(response, web.Response) and isinstance(response.body, bytes):
        return web.Response(
            status=response.status, body=response.body[: len(response.body) // 2], content_type="application/json"
        )
    return response


def _refusal(status: int, code: str, headers: dict[str, str]) -> web.Response:
    error = {"message": f"injected fault: {code}", "type": code, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


def _number(item: str, given: str) -> float:
    try:
        number = float(given)
    except ValueError as exc:
        raise ConfigError(f"fault {item!r} has no number; write it as 429=0.02") from exc
    if not 0 <= number < float("inf"):
        raise ConfigError(f"fault {item!r} is out of range; give a share from 0 to 1, or seconds")
    return number
