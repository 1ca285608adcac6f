"""Faults put into tool calls on purpose, so that an agent can be shown how to recover.

Which call goes wrong, and how, follows from the seed, the call and how often the trajectory has made
it: a replay meets the same faults, and a second try of the same call is a new draw.
"""

import json
import random
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from journeyman.schema.record import canonical_json, fingerprint

Fault = Literal["timeout", "server_error", "wrong_type", "empty", "garbled"]

FAULTS: tuple[Fault, ...] = ("timeout", "server_error", "wrong_type", "empty", "garbled")
_GARBAGE = "\N{REPLACEMENT CHARACTER}#?@%&"
_GARBLED_SHARE = 0.4


class ToolFaults(BaseModel):
    """Which share of tool calls goes wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rate: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of calls, 0 to 1."""
    seed: int = 0
    kinds: tuple[Fault, ...] = FAULTS

    def draw(self, key: str, attempt: int) -> Fault | None:
        """The fault of the ``attempt``-th (from 0) call ``key`` of a trajectory, if it has one."""
        if not self.kinds or self.rate == 0.0:
            return None
        rng = self._random(key, attempt)
        return rng.choice(self.kinds) if rng.random() < self.rate else None

    def error(self, fault: Fault, tool: str, seconds: float) -> str:
        """What the agent is told of a fault that gives no value; empty for the others."""
        if fault == "timeout":
            return f"{tool} took longer than {seconds:.0f} s and was stopped"
        if fault == "server_error":
            return f"{tool} failed: HTTP 500 Internal Server Error"
        return ""

    def spoilt(self, fault: Fault, value_json: str, key: str, attempt: int) -> str:
        """``value_json`` as the fault leaves it; still JSON, as every tool gives it."""
        value = json.loads(value_json)
        if fault == "empty":
            return canonical_json(_empty(value))
        if fault == "wrong_type":
            return canonical_json({"result": None} if not isinstance(value, dict) else [])
        return canonical_json(_garbled(value, self._random(key, attempt)))

    def _random(self, key: str, attempt: int) -> random.Random:
        return random.Random(fingerprint([self.seed, key, attempt]))  # noqa: S311 - reproducible, no secret


NO_FAULTS = ToolFaults()


def _empty(value: Any) -> Any:
    return type(value)() if isinstance(value, str | list | dict) else None


def _garbled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, str):
        return "".join(rng.choice(_GARBAGE) if rng.random() < _GARBLED_SHARE else letter for letter in value)
    if isinstance(value, list):
        return [_garbled(item, rng) for item in value]
    if isinstance(value, dict):
        return {key: _garbled(item, rng) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "".join(rng.sample(str(value) + _GARBAGE, k=len(str(value))))
    return value
