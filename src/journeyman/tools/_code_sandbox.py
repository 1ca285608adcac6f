"""The sandbox that the ``python`` tool keeps in its process: started on the first call, and again after it died."""

import asyncio
import atexit
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from journeyman.errors import SandboxError, ToolError
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.limits import MIB, Limits
from journeyman.sandbox.sandbox import Sandbox, StepResult

LIMITS = Limits(soft_seconds=20.0, hard_seconds=23.0, folder_bytes=512 * MIB)
"""Of one call. The files of a trajectory (up to 256 MiB) are copied in, so the folder has room for as much again."""
_HOMES = "journeyman-python-"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of code left."""

    step: StepResult
    files: Mapping[str, bytes]
    """New and changed files by their path in the folder."""
    lost: str
    """Why ``files`` lacks some or all; empty when nothing is missing."""


def run_code(code: str, given: Mapping[str, bytes], *, most_files: int, most_bytes: int) -> Ran:
    """Run ``code`` in a fresh worker whose working directory holds copies of ``given``.

    Raises:
        SandboxError: The sandbox cannot start, or died twice.
        ToolError: ``given`` does not fit into the folder.
    """
    home = KEPT.started()
    try:
        return home.run(code, given, most_files, most_bytes)
    except SandboxError:
        KEPT.drop(home)
        return KEPT.started().run(code, given, most_files, most_bytes)


class Home:
    """One sandbox on an event loop of its own thread.

    The thread lives as long as the process: bubblewrap is told to end with the thread that started it.
    """

    def __init__(self) -> None:
        _sweep()
        self._directory = Path(tempfile.mkdtemp(prefix=_HOMES))
        self._lock = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="python-tool", daemon=True)
        self._thread.start()
        self.thread_id = self._thread.native_id
        self._stack = AsyncExitStack()
        self._closed = False
        atexit.register(self.close)
        try:
            self._sandbox: Sandbox = self._wait(self._start())
        except BaseException:
            self.close()
            raise

    def run(self, code: str, given: Mapping[str, bytes], most_files: int, most_bytes: int) -> Ran:
        folder = SessionFolder.create(self._directory, LIMITS)
        try:
            for name, data in given.items():
                folder.put(name, data)
            step: StepResult = self._wait(self._step(folder, code))
            files, lost = _changed(folder, given, most_files, most_bytes)
            return Ran(step, files, lost)
        finally:
            folder.remove()

    def close(self) -> None:
        """End the sandbox and its thread, and delete what it held."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        try:
            self._wait(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            shutil.rmtree(self._directory, ignore_errors=True)
            os.close(self._lock)

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError as exc:  # another thread found the sandbox dead and closed the loop
            coroutine.close()
            raise SandboxError("the sandbox of the python tool is closed") from exc
        try:
            return future.result()
        except CancelledError as exc:
            raise SandboxError("the sandbox of the python tool was closed during the call") from exc

    async def _start(self) -> Sandbox:
        return await self._stack.enter_async_context(Sandbox.start(self._directory, LIMITS))

    async def _end(self) -> None:
        await self._stack.aclose()
        # Calls of other threads that were under way: no thread may wait for a loop that stands still.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _step(self, folder: SessionFolder, code: str) -> StepResult:
        async with self._sandbox.worker(folder, (), _no_tools) as worker:
            return await worker.run(code)


class _Kept:
    """The sandbox of this process, or none yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._home: Home | None = None

    def started(self) -> Home:
        with self._lock:
            self._home = self._home or Home()
            return self._home

    def drop(self, home: Home | None = None) -> None:
        """End the sandbox; where ``home`` is given, only if no other thread has replaced it already."""
        with self._lock:
            if self._home is not None and home in (None, self._home):
                dropped, self._home = self._home, None
                with suppress(SandboxError):  # one that does not end in time is killed all the same
                    dropped.close()


KEPT = _Kept()


def _sweep() -> None:
    """Delete what killed processes left; the lock on a directory says whether its process lives."""
    for left in Path(tempfile.gettempdir()).glob(f"{_HOMES}*"):
        try:
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # another process sweeps too, or it is another user's
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)


def _changed(
    folder: SessionFolder, given: Mapping[str, bytes], most_files: int, most_bytes: int
) -> tuple[dict[str, bytes], str]:
    found: dict[str, bytes] = {}
    left_out = size = 0
    try:
        names = folder.names()
    except ToolError as exc:
        return {}, str(exc)
    for name in names:
        try:
            data = folder.read(name)
        except ToolError:  # over the limit for one file
            left_out += 1
            continue
        if given.get(name) == data:
            continue
        if len(found) == most_files or size + len(data) > most_bytes:
            left_out += 1
            continue
        size += len(data)
        found[name] = data
    kept = f"a call keeps {most_files} files and {most_bytes // MIB} MiB"
    return found, f"files not kept: {left_out}; {kept}" if left_out else ""


async def _no_tools(name: str, _args: list[Any], _kwargs: dict[str, Any]) -> Any:
    raise ToolError(f"there is no tool {name!r} in here")
