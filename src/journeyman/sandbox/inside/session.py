"""The worker's side of a trajectory: runs steps in one namespace and calls tools over the socket."""

import contextlib
import io
import json
import linecache
import resource
import signal
import socket
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

from journeyman.sandbox.inside.isolation import REPORT_BYTES
from journeyman.sandbox.inside.values import to_answer, to_argument

_FRAMES_SHOWN = 6
_ERROR_CHARS = 2_000
_ARGUMENT_BYTES = 2 * 1024 * 1024
_ANSWER_BYTES = 1024 * 1024
# The host takes no frame with more commas and brackets.
_MARKS = 150_000
_LINE_CHARS = 300
_REPEAT_SECONDS = 1.0


class ToolError(Exception):
    """A tool refused; the message says why. Code may catch it."""


class _FinalAnswerSignal(BaseException):
    """Ends the step from any depth; not an Exception, so that ``except Exception`` lets it through."""


class _StepTimeoutSignal(BaseException):
    """The step used up its time."""


# The agent's code and its tracebacks know it as a builtin.
ToolError.__module__ = "builtins"


def _too_large(message: Any, limit: int) -> bool:
    text = json.dumps(message)
    return len(text) > limit or sum(map(text.count, ",[{")) > _MARKS


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Write one frame to the host."""
    body = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    connection.sendall(len(body).to_bytes(4, "big") + body)


class Session:
    """One namespace, kept between steps."""

    def __init__(self, connection: socket.socket, tools: list[str], limits: dict[str, Any]) -> None:
        self._connection = connection
        self._memory_bytes = limits["memory_bytes"]
        self._output_chars = limits["output_chars"]
        self._line = threading.Lock()
        self._in_tool = 0
        self._armed = False
        self._answers: list[Any] = []
        module = types.ModuleType("__main__")
        # dataclasses, pickle and typing look a class's module up by name.
        sys.modules["__main__"] = module
        self._namespace = module.__dict__
        self._namespace.update(ToolError=ToolError, final_answer=self._final_answer)
        self._namespace.update({name: self._tool(name) for name in tools})

    def serve(self) -> None:
        """Run steps until the host hangs up."""
        send(self._connection, {"kind": "ready"})
        while True:
            message = self._receive()
            result = self._run(message["step"], message["code"], message["soft_seconds"])
            with self._line:
                send(self._connection, {"kind": "done", "step": message["step"], **result})

    def _run(self, step: int, code: str, soft_seconds: float) -> dict[str, Any]:
        filename = f"<step {step}>"
        linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
        output = _CappedText(self._output_chars)
        sys.stdout = sys.stderr = output
        self._answers.clear()
        cpu = time.process_time()
        kind, error = "", ""
        try:
            try:
                self._arm(soft_seconds)
                compiled = compile(code, filename, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as exc:
                kind, error = "syntax", _describe(exc)
            else:
                exec(compiled, self._namespace)  # noqa: S102 - this is what the walls around us are for
            finally:
                self._disarm()
        except _FinalAnswerSignal:
            pass
        except _StepTimeoutSignal as exc:
            kind, error = (
                "timeout",
                _describe(exc, f"TimeoutError: stopped after {soft_seconds:g} s; variables are kept"),
            )
        except MemoryError as exc:
            self._allow_memory(REPORT_BYTES)
            traceback.clear_frames(exc.__traceback__)
            limit = f"{self._memory_bytes / 2**20:.0f} MiB"
            kind, error = "memory", _describe(exc, f"MemoryError: a step may use {limit}; delete what is not needed")
        except BaseException as exc:  # noqa: BLE001 - whatever code raises is the step's result
            kind, error = "execution", _describe(exc)
        self._allow_memory(REPORT_BYTES)
        answered = bool(self._answers)
        if answered:
            # What happened after the answer, such as the error of an `except:` that swallowed it, is void.
            kind, error = "", ""
        try:
            return {
                "output": output.text(),
                "error": error,
                "error_kind": kind,
                "answered": answered,
                "answer": self._answers[0] if answered else None,
                "cpu_seconds": time.process_time() - cpu,
            }
        finally:
            self._allow_memory(0)

    def _final_answer(self, answer: Any) -> None:
        """End the task with ``answer``."""
        if not self._answers:
            converted = to_answer(answer)
            if _too_large(converted, _ANSWER_BYTES):
                raise ValueError(f"the answer is over {_ANSWER_BYTES} bytes; save it to a file, answer its name")
            self._answers.append(converted)
        raise _FinalAnswerSignal

    def _tool(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = [to_argument(name, value) for value in args]
            named = {key: to_argument(name, value) for key, value in kwargs.items()}
            message = {"kind": "tool", "name": name, "args": given, "kwargs": named}
            if _too_large(message, _ARGUMENT_BYTES):
                raise ToolError(f"{name}: the arguments are too large; pass names of files")
            with self._paused():
                send(self._connection, message)
                reply = self._receive()
            if "error" in reply:
                raise ToolError(reply["error"])
            return reply["value"]

        call.__name__ = call.__qualname__ = name
        return call

    @contextlib.contextmanager
    def _paused(self) -> Iterator[None]:
        """Alone on the line to the host, and with the step's clock stopped."""
        # First of all: a timeout raised between two bytes of a frame would leave the line useless.
        self._in_tool += 1
        try:
            with self._line:
                left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
                try:
                    yield
                finally:
                    if self._armed:
                        signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), _REPEAT_SECONDS)
        finally:
            self._in_tool -= 1

    def _arm(self, seconds: float) -> None:
        self._armed = True
        signal.signal(signal.SIGALRM, self._on_alarm)
        # Repeats, because one signal may be swallowed by a bare `except:` around the whole step.
        signal.setitimer(signal.ITIMER_REAL, seconds, _REPEAT_SECONDS)

    def _disarm(self) -> None:
        self._armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_alarm(self, _number: int, _frame: types.FrameType | None) -> None:
        if self._armed and not self._in_tool:
            raise _StepTimeoutSignal

    def _allow_memory(self, extra: int) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (min(self._memory_bytes + extra, hard), hard))

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._read(int.from_bytes(self._read(4), "big")))
        return message

    def _read(self, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            piece = self._connection.recv(length - len(data))
            if not piece:
                raise SystemExit  # the host hung up
            data += piece
        return bytes(data)


class _CappedText(io.TextIOBase):
    """Keeps the first characters printed and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = io.StringIO()
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        room = self._limit - self._length
        if room > 0:
            self._kept.write(text[:room])
        self._length += len(text)
        return len(text)

    def text(self) -> str:
        cut = self._length - self._limit
        return self._kept.getvalue() + (f"\n[{cut} more characters were cut]" if cut > 0 else "")


def _describe(exc: BaseException, summary: str = "") -> str:
    """The traceback as the agent shall see it: its own lines only, then the error."""
    frames = [f for f in traceback.extract_tb(exc.__traceback__) if f.filename.startswith("<step ")]
    lines = ["Traceback (most recent call last):"] if frames else []
    if len(frames) > _FRAMES_SHOWN:
        lines.append(f"  [{len(frames) - _FRAMES_SHOWN} more calls]")
    for frame in frames[-_FRAMES_SHOWN:]:
        lines.append(f'  File "{frame.filename[:_LINE_CHARS]}", line {frame.lineno}, in {frame.name[:_LINE_CHARS]}')
        if frame.line:
            lines.append(f"    {frame.line[:_LINE_CHARS]}")
    if not summary:
        try:
            # A chain of a hundred thousand errors would be walked and not shown.
            exc.__cause__ = exc.__context__ = None
            summary = "".join(traceback.format_exception_only(exc)).rstrip()
        except Exception:  # noqa: BLE001 - an error whose own __str__ fails is the agent's doing
            summary = type(exc).__name__
    if len(summary) > _ERROR_CHARS:
        summary = f"{summary[:_ERROR_CHARS]} [{len(summary) - _ERROR_CHARS} more characters were cut]"
    return "\n".join((*lines, summary))
