"""The host's side of one worker: sends steps in, answers tool calls, and trusts nothing that comes out."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from journeyman.errors import SandboxError, ToolError
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.frames import BrokenFrameError, Done, Failed, FrameType, Ready, ToolCall, encode, read_frame
from journeyman.sandbox.hidden import hidden_bytes
from journeyman.sandbox.limits import Limits

Broker = Callable[[str, list[Any], dict[str, Any]], Awaitable[Any]]
"""Runs one tool call on the host: name, positional and named arguments, all JSON; gives JSON or raises ToolError."""

ErrorKind = Literal["", "syntax", "execution", "timeout", "memory", "died"]

_READY_SECONDS = 20.0
_QUOTA_SECONDS = 1.0
# More than an honest worker sends; what is longer would go into trajectories.
_NOTE_CHARS = 100
_ERROR_CHARS = 20_000
# Calls over the limit are refused; code that goes on all the same is ended.
_REFUSALS = 100


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step did, as the agent shall see it."""

    output: str
    """What it printed, cut at ``output_chars``."""
    error: str
    """The traceback through the agent's own lines, or what else stopped it; empty when nothing did."""
    error_kind: ErrorKind
    """``timeout`` and ``died`` may leave the worker dead: ask ``Worker.alive``."""
    answered: bool
    """``final_answer`` was called."""
    answer: Any
    """Its argument as JSON."""
    wall_seconds: float
    """By the host's clock, tools included."""
    cpu_seconds: float
    """By the worker's word; 0 where it died."""


class _LostError(Exception):
    """The worker is beyond use."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Worker:
    """One trajectory's process; made by ``Sandbox.worker``."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        folder: SessionFolder,
        tool_names: Sequence[str],
        broker: Broker,
        limits: Limits,
        pid: int,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._folder = folder
        self._tool_names = frozenset(tool_names)
        self._broker = broker
        self._limits = limits
        self._pid = pid
        self._verdict = ""
        self._step = 0
        self._running = False
        self.alive = True

    async def ready(self) -> None:
        """Wait until it is locked in.

        Raises:
            SandboxError: It could not be.
        """
        try:
            frame = await self._next(_READY_SECONDS)
        except _LostError as exc:
            raise SandboxError(f"a worker did not start: {exc}") from exc
        if isinstance(frame, Failed):
            raise SandboxError(f"a worker could not be locked in, so nothing was run: {frame.error}")
        if not isinstance(frame, Ready):
            raise SandboxError(f"a worker sent {frame.kind!r} before it was ready")

    async def watch(self) -> None:
        """Return when the worker holds more than it may; its socket is closed then, and it should be killed.

        Between steps too: threads go on when a step has ended.
        """
        while True:
            await asyncio.sleep(_QUOTA_SECONDS)
            try:
                self.check_space(hidden=True)
            except (_LostError, PermissionError) as exc:
                self._verdict = str(exc)
                self._writer.transport.abort()
                return

    async def run(self, code: str) -> StepResult:
        """Run one step; variables of earlier ones are there.

        Raises:
            SandboxError: The worker is dead, or runs a step already.
        """
        if not self.alive:
            raise SandboxError("this worker is dead; start another one for another trajectory")
        if self._running:
            raise SandboxError("this worker runs a step already; await it first")
        started = time.monotonic()
        self._step += 1
        self._running, self.alive = True, False  # alive again only by a whole, well-formed exchange
        try:
            done = await self._converse(code)
            self.alive = True
        except _LostError as exc:
            lost = _LostError("died", self._verdict) if self._verdict else exc
            return StepResult("", str(lost), lost.kind, False, None, time.monotonic() - started, 0.0)
        finally:
            self._running = False
            if not self.alive:
                # Its socket gone, nothing it sends counts; the sandbox kills it at the end of its context.
                self._writer.transport.abort()
        return StepResult(
            done.output,
            done.error,
            done.error_kind,
            done.answered,
            done.answer,
            time.monotonic() - started,
            done.cpu_seconds,
        )

    async def _converse(self, code: str) -> Done:
        left = self._limits.hard_seconds
        calls = 0
        message = {"step": self._step, "code": code, "soft_seconds": self._limits.soft_seconds}
        left -= await self._send(message, left)
        while True:
            asked = time.monotonic()
            frame = await self._next(left)
            left -= time.monotonic() - asked
            if isinstance(frame, Done):
                if frame.step != self._step:
                    raise _LostError("died", "the worker's messages are out of order; it was ended")
                if len(frame.output) > self._limits.output_chars + _NOTE_CHARS or len(frame.error) > _ERROR_CHARS:
                    raise _LostError("died", "the worker sent a longer report than it may; it was ended")
                self.check_space()
                return frame
            if not isinstance(frame, ToolCall):
                raise _LostError("died", "the worker sent a malformed message; it was ended")
            calls += 1
            left -= await self._send(await self._call(frame, calls), left)

    async def _call(self, frame: ToolCall, calls: int) -> dict[str, Any]:
        limit = self._limits.tool_calls_per_step
        if calls > limit + _REFUSALS:
            raise _LostError("died", f"the step went on calling tools after its {limit} calls; it was ended")
        if calls > limit:
            return {"error": f"a step may call tools {limit} times; go on in the next step"}
        if frame.name not in self._tool_names:
            return {"error": f"there is no tool {frame.name!r}"}
        try:
            return {"value": await self._broker(frame.name, frame.args, frame.kwargs)}
        except ToolError as exc:
            return {"error": str(exc)}

    async def _send(self, message: dict[str, Any], seconds: float) -> float:
        """Seconds it took; code that does not read its replies is out of time, not a hang of the host."""
        started = time.monotonic()
        self._writer.write(encode(message))
        try:
            await asyncio.wait_for(self._writer.drain(), max(seconds, 0.01))
        except TimeoutError as exc:
            raise self._too_long() from exc
        except OSError as exc:
            raise _LostError("died", _DIED) from exc
        return time.monotonic() - started

    async def _next(self, seconds: float) -> FrameType:
        try:
            return await asyncio.wait_for(read_frame(self._reader), max(seconds, 0.01))
        except TimeoutError as exc:
            raise self._too_long() from exc
        except BrokenFrameError as exc:
            raise _LostError("died", f"the worker sent a malformed message ({exc}); it was ended") from exc
        except (asyncio.IncompleteReadError, OSError) as exc:
            raise _LostError("died", _DIED) from exc

    def check_space(self, *, hidden: bool = False) -> None:
        """Compare what the folder holds with what it may, and with ``hidden`` deleted files still in use too.

        Raises:
            _LostError: It holds more.
            PermissionError: This user may not look into the worker.
        """
        limit = self._limits.folder_bytes
        try:
            size = self._folder.size_bytes()
        except ToolError as exc:
            raise _LostError("died", f"{exc}; the run was ended") from exc
        if size > limit:
            raise _LostError("died", f"the folder holds {size} bytes and may hold {limit}; the run was ended")
        if hidden:
            size += hidden_bytes(self._pid, self._folder.root.stat().st_dev, self._limits.file_bytes)
        if size > limit:
            raise _LostError(
                "died", f"the folder and deleted files in use take {size} bytes and may take {limit}; the run was ended"
            )

    def _too_long(self) -> _LostError:
        seconds = self._limits.hard_seconds
        return _LostError("timeout", f"TimeoutError: killed after {seconds:g} s, all variables are lost")


_DIED = "the Python process ended, all variables are lost"
