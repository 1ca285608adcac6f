"""What goes over the socket between the host and a worker: a 4-byte length, then one JSON object.

The worker's end is in the hands of code nobody trusts, so every frame is checked here before it is used.
"""

import asyncio
import json
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_FRAME_BYTES = 4 * 1024 * 1024
MAX_FRAME_MARKS = 200_000
"""Commas and opening brackets: megabytes of ``[],[],...`` would keep the host, which serves many, busy for seconds."""
HEADER_BYTES = 4


class BrokenFrameError(Exception):
    """The worker sent what is not a frame; it is killed."""


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Ready(_Frame):
    """The worker is locked in and waits for code."""

    kind: Literal["ready"]


class Failed(_Frame):
    """The worker could not be locked in, and has ended without running anything."""

    kind: Literal["failed"]
    error: str


class ToolCall(_Frame):
    """Code called a tool."""

    kind: Literal["tool"]
    name: str
    args: list[Any]
    kwargs: dict[str, Any]


class Done(_Frame):
    """A step ended."""

    kind: Literal["done"]
    step: int
    output: str
    error: str
    error_kind: Literal["", "syntax", "execution", "timeout", "memory"]
    answered: bool
    answer: Any
    cpu_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]


FrameType = Ready | Failed | ToolCall | Done
_FRAME: TypeAdapter[FrameType] = TypeAdapter(Annotated[FrameType, Field(discriminator="kind")])


def encode(message: dict[str, Any]) -> bytes:
    """One frame for the worker."""
    body = json.dumps(message).encode()
    return len(body).to_bytes(HEADER_BYTES, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> FrameType:
    """The next frame.

    Raises:
        BrokenFrameError: Not a frame.
        asyncio.IncompleteReadError: The worker is gone.
        OSError: The worker is gone.
    """
    length = int.from_bytes(await reader.readexactly(HEADER_BYTES), "big")
    if length > MAX_FRAME_BYTES:
        raise BrokenFrameError(f"a frame of {length} bytes")
    return decode(await reader.readexactly(length))


def decode(body: bytes) -> FrameType:
    """A checked frame; its strings are well-formed Unicode and its numbers are finite.

    Raises:
        BrokenFrameError: Not a frame.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_FRAME_MARKS:
        raise BrokenFrameError("too many values")
    try:
        frame = _FRAME.validate_json(body)
    except ValidationError as exc:
        raise BrokenFrameError(str(exc.errors(include_input=False, include_url=False)[0]["msg"])) from exc
    if isinstance(frame, ToolCall) and not (_is_json(frame.args) and _is_json(frame.kwargs)):
        raise BrokenFrameError("an argument that is not JSON")
    if isinstance(frame, Done) and not _is_json(frame.answer):
        raise BrokenFrameError("an answer that is not JSON")
    return frame


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    return True
