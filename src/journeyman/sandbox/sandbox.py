"""The sandbox: one bubblewrap with a zygote inside, and one locked-in worker per trajectory."""

import asyncio
import itertools
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from journeyman.errors import SandboxError
from journeyman.sandbox.bubblewrap import ALLOW_NAMESPACES, SESSIONS, command
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.hidden import sender_of
from journeyman.sandbox.limits import DEFAULT_LIMITS, Limits
from journeyman.sandbox.probe import probe
from journeyman.sandbox.worker import Broker, StepResult, Worker

__all__ = ["Broker", "Sandbox", "StepResult", "Worker"]

_START_SECONDS = 60.0
_END_SECONDS = 5.0
_MESSAGE_BYTES = 65536
_READY_SECONDS = 20.0
_RETRY_SECONDS = 0.005
_STDERR_BYTES = 2_000
# The sandbox's processes inherit it: where memory runs out, the kernel ends the largest of them, not the host.
_OUT_OF_MEMORY_FIRST = ("/bin/sh", "-c", 'echo 1000 2>/dev/null >/proc/self/oom_score_adj; exec "$@"', "sh")


class Sandbox:
    """Runs code nobody trusts, or refuses to start; made by ``Sandbox.start``."""

    def __init__(self, home: Path, limits: Limits, control: socket.socket, stderr: IO[bytes]) -> None:
        self.home = home
        """Session folders must lie in it; code sees its own folder only, and nothing else of it."""
        self.limits = limits
        self.libraries: tuple[str, ...] = ()
        """Third-party modules that are loaded in every worker."""
        self._control = control
        self._stderr = stderr
        self._numbers = itertools.count(1)
        self._ready: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()
        self._gone: dict[int, asyncio.Future[None]] = {}
        self._open = True

    @classmethod
    @asynccontextmanager
    async def start(cls, home: Path, limits: Limits = DEFAULT_LIMITS) -> AsyncIterator["Sandbox"]:
        """Start it and push every wall once; on leaving, every worker is killed.

        Args:
            home: Directory for session folders, made if missing.
            limits: Of each worker.

        Raises:
            SandboxError: bubblewrap is missing, this machine refuses namespaces, or a wall gave way.
        """
        home = _made(home)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs, tempfile.TemporaryFile() as stderr:
            process = await _launch(command(home, theirs.fileno()), theirs.fileno(), stderr)
            theirs.close()
            sandbox = cls(home, limits, ours, stderr)
            loop = asyncio.get_running_loop()
            ours.setblocking(False)
            loop.add_reader(ours.fileno(), sandbox._on_message)
            try:
                await sandbox._wait_until_ready()
                await sandbox._test()
                yield sandbox
            finally:
                loop.remove_reader(ours.fileno())
                sandbox._lose()
                ours.close()  # the zygote ends with its control socket, and the kernel ends the rest with it
                await _end(process)

    @asynccontextmanager
    async def worker(self, folder: SessionFolder, tool_names: Sequence[str], broker: Broker) -> AsyncIterator[Worker]:
        """A fresh worker that sees ``folder`` as its working directory; killed on leaving.

        Args:
            folder: In ``home``.
            tool_names: Functions its code can call; any other name is refused before the broker hears of it.
            broker: Runs one call; a coroutine on this event loop.

        Raises:
            SandboxError: The sandbox is gone, ``folder`` is elsewhere, or the worker cannot be locked in.
        """
        root = folder.root.resolve()
        if root == self.home or not root.is_relative_to(self.home):
            raise SandboxError(f"the session folder {root} is not in {self.home}; create it there")
        number = next(self._numbers)
        ours, theirs = socket.socketpair()
        gone = asyncio.get_running_loop().create_future()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.setblocking(False)
        try:
            message = {
                "op": "fork",
                "id": number,
                "folder": root.relative_to(self.home).as_posix(),
                "tools": list(tool_names),
                "limits": asdict(self.limits),
            }
            with theirs:
                await self._tell(message, theirs)
            self._gone[number] = gone
            await _wait_for_bytes(ours)
            pid = sender_of(ours)
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            raise
        worker = Worker(
            reader, writer, folder=folder, tool_names=tool_names, broker=broker, limits=self.limits, pid=pid
        )
        watching = asyncio.create_task(self._watch(worker, number))
        try:
            await worker.ready()
            yield worker
        finally:
            watching.cancel()
            worker.alive = False
            writer.transport.abort()
            await self._kill(number, gone)

    async def _watch(self, worker: Worker, number: int) -> None:
        await worker.watch()
        with suppress(SandboxError):  # the whole sandbox has ended in between
            await self._tell({"op": "kill", "id": number})

    async def _wait_until_ready(self) -> None:
        try:
            self.libraries = await asyncio.wait_for(self._ready, _START_SECONDS)
        except TimeoutError as exc:
            raise SandboxError(f"the sandbox was not ready after {_START_SECONDS:g} s: {self._last_words()}") from exc

    async def _test(self) -> None:
        mine, other = SessionFolder.create(self.home), SessionFolder.create(self.home)
        try:
            other.put("secret.txt", b"secret")
            async with self.worker(mine, (), _no_tools) as worker:
                path = f"{SESSIONS}/{other.root.name}/secret.txt"
                await probe(worker, other_file=path, file_bytes=self.limits.file_bytes)
                worker.check_space(hidden=True)
        except PermissionError as exc:
            raise SandboxError(f"this user may not see what workers hold ({exc}), so no quota would bind") from exc
        finally:
            mine.remove()
            other.remove()

    async def _kill(self, number: int, gone: "asyncio.Future[None]") -> None:
        if self._open and not gone.done():
            await self._tell({"op": "kill", "id": number})
            try:
                await asyncio.wait_for(gone, _END_SECONDS)
            except TimeoutError as exc:
                self._lose()
                raise SandboxError("a worker did not end when it was killed; the sandbox is given up") from exc
        self._gone.pop(number, None)

    async def _tell(self, message: dict[str, Any], attached: socket.socket | None = None) -> None:
        data = json.dumps(message).encode()
        while self._open:
            try:
                socket.send_fds(self._control, [data], [attached.fileno()] if attached else [])
            except BlockingIOError:
                await asyncio.sleep(_RETRY_SECONDS)  # it forks one worker at a time, and its mailbox is full
            except OSError as exc:
                raise SandboxError(f"the sandbox ended: {self._last_words()}") from exc
            else:
                return
        raise SandboxError(f"the sandbox is closed{self._last_words(': ')}; start another one")

    def _on_message(self) -> None:
        try:
            data = self._control.recv(_MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._lose()
            return
        message = json.loads(data)
        if message["op"] == "ready":
            if not self._ready.done():
                self._ready.set_result(tuple(message["libraries"]))
            return
        gone = self._gone.get(message["id"])
        if gone is not None and not gone.done():
            gone.set_result(None)

    def _lose(self) -> None:
        self._open = False
        if not self._ready.done():
            self._ready.set_exception(SandboxError(f"the sandbox did not start: {self._last_words()}"))
        for gone in self._gone.values():
            if not gone.done():
                gone.set_result(None)

    def _last_words(self, before: str = "") -> str:
        if self._stderr.closed:
            return ""
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _STDERR_BYTES))
        words = self._stderr.read().decode(errors="replace").strip()
        if words.startswith("bwrap:"):
            words = f"{words}; {ALLOW_NAMESPACES}"
        return f"{before}{words}" if words else ""


def _made(home: Path) -> Path:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise SandboxError(f"cannot make {home} for session folders: {exc.strerror}; choose another") from exc
    return home.resolve()


async def _wait_for_bytes(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection.fileno(), readable.set)
    try:
        await asyncio.wait_for(readable.wait(), _READY_SECONDS)
    except TimeoutError as exc:
        raise SandboxError(f"a worker did not start within {_READY_SECONDS:g} s") from exc
    finally:
        loop.remove_reader(connection.fileno())


async def _launch(arguments: list[str], control: int, stderr: IO[bytes]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *_OUT_OF_MEMORY_FIRST,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=stderr,
            pass_fds=(control,),
            env={},
            cwd="/",
        )
    except OSError as exc:
        raise SandboxError(f"cannot run {shutil.which('bwrap')}: {exc.strerror}; reinstall bubblewrap") from exc


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            # Out of patience or cancelled: the kernel takes the inside with bwrap (--die-with-parent).
            process.kill()
            await process.wait()


async def _no_tools(name: str, _args: list[Any], _kwargs: dict[str, Any]) -> Any:
    raise SandboxError(f"the sandbox's test called a tool, {name!r}")
