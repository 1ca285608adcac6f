"""Run a program of the system over bytes: an argument vector, no shell, bounded in time and output."""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import IO

from journeyman.errors import ToolError, ToolUnavailableError

MOST_BYTES = 64 * 2**20
"""Output above it is a program run wild."""
MOST_ERROR_BYTES = 2000
"""Of what a failing program says, the agent reads so much."""
_CHUNK = 65_536


class TooMuchOutputError(ToolError):
    """The program wrote more than it may."""


def missing_programs(**packages: str) -> Callable[[], str]:
    """A ``Tool.missing`` for programs on PATH: ``missing_programs(apertium="apertium apertium-eng-spa")``.

    Args:
        packages: By program name, the Debian packages that bring it.
    """

    def missing() -> str:
        absent = [package for program, package in packages.items() if shutil.which(program) is None]
        return f"install {', '.join(absent)}: apt-get install {' '.join(absent)}" if absent else ""

    return missing


def run_program(
    arguments: Sequence[str], given: bytes = b"", *, seconds: float = 30.0, most_bytes: int = MOST_BYTES
) -> bytes:
    """What the program writes to stdout when ``given`` is its stdin.

    It sees no variable of this process but PATH. Text of an agent belongs in ``given``, never in
    ``arguments``, where a leading dash would make it an option.

    Raises:
        ToolError: Not installed, or a failing exit.
        ToolUnavailableError: Over ``seconds`` of wall time.
        TooMuchOutputError: Over ``most_bytes``; it is stopped there.
    """
    program = arguments[0]
    with tempfile.TemporaryFile() as stdin:  # a file: a full pipe each way would hold both sides for ever
        stdin.write(given)
        stdin.seek(0)
        try:
            process = subprocess.Popen(
                list(arguments),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
                process_group=0,  # apertium is a shell script with a pipeline below it: all of it must end
            )
        except OSError as exc:
            raise ToolError(f"{program} cannot be started: {exc.strerror}") from exc
        try:
            output, said = _read(process, time.monotonic() + seconds, most_bytes)
        except TimeoutError as exc:
            raise ToolUnavailableError(f"{program} took longer than {seconds:g} s and was stopped") from exc
        finally:
            _end(process)
    if process.returncode:
        words = " ".join(said.decode(errors="replace").split())
        raise ToolError(f"{program} failed with status {process.returncode}: {words or 'it does not say why'}")
    return output


def _read(process: subprocess.Popen[bytes], deadline: float, most_bytes: int) -> tuple[bytes, bytes]:
    """Stdout and the first of stderr, until both close and the program has ended.

    Raises:
        TimeoutError: It did not end by ``deadline``, of ``time.monotonic``.
        TooMuchOutputError: More than ``most_bytes`` on stdout.
    """
    output, said = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        streams: tuple[IO[bytes] | None, ...] = (process.stdout, process.stderr)
        for stream in streams:
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, output if stream is process.stdout else said)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.data is output:
                    output += data
                    if len(output) > most_bytes:
                        raise TooMuchOutputError(f"it wrote more than {most_bytes:,} bytes")
                else:
                    said += data[: MOST_ERROR_BYTES - len(said)]
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as exc:
        raise TimeoutError from exc
    return bytes(output), bytes(said)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the program and its children, close its pipes, and reap it."""
    with contextlib.suppress(ProcessLookupError):  # all of them have ended
        os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    process.wait()
