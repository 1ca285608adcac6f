"""A desktop nobody sees: an X server, the hands that act on it, and the programs started there."""

import asyncio
import json
import logging
import secrets
import shutil
import struct
import sys
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from journeyman.desktop.wall import HOST_NAME, WalledProcess, missing, no_start, own_python
from journeyman.errors import ConfigError, ScreenError, ScreenFault, ToolError

logger = logging.getLogger(__name__)

MIN_PIXELS, MAX_PIXELS = 16, 8192
"""Of a desktop's width, and of its height."""
_START_SECONDS = 30.0
_GRACE_SECONDS = 0.5
_LONGEST_LINE = 2**29
"""Bytes; a screenshot of the largest desktop that does not compress at all."""
_FAMILY_LOCAL = 256
_COOKIE_NAME = b"MIT-MAGIC-COOKIE-1"


class VirtualDesktop:
    """One X server with hands on it. Belongs to the event loop it was opened in.

    What loses it (the server or the hands ended, an action took too long) raises :class:`ScreenError`, now and on
    every later call.
    """

    def __init__(self, folder: Path, width: int, height: int, action_seconds: float) -> None:
        """Args: folder: Empty, ours alone. width, height: Pixels. action_seconds: What an action may take."""
        self.size = (width, height)
        """Width and height in pixels."""
        self.keys: tuple[str, ...] = ()
        """Named keys that its keyboard has, sorted; any single character can be pressed too."""
        self.home = folder / "home"
        """The programs' home folder, as this side sees it."""
        self._folder = folder
        self._action_seconds = action_seconds
        self._processes: list[WalledProcess] = []
        self._watches: list[asyncio.Task[None]] = []
        self._hands: WalledProcess | None = None
        self._turn = asyncio.Lock()
        self._asked = 0
        self._lost: asyncio.Future[tuple[ScreenFault, str]] = asyncio.get_running_loop().create_future()

    @classmethod
    @asynccontextmanager
    async def open(cls, width: int, height: int, *, action_seconds: float = 5.0) -> AsyncIterator["VirtualDesktop"]:
        """Start a desktop of this many pixels, and end it with all that was started on it on leaving.

        Args:
            width: 16 to 8,192.
            height: 16 to 8,192.
            action_seconds: What an action or a screenshot may take, beside what it lasts by itself.

        Raises:
            ConfigError: A package is missing, the size cannot be, or the X server does not start.
            SandboxError: bubblewrap may not make namespaces here.
        """
        if missing():
            raise ConfigError(missing())
        if not MIN_PIXELS <= min(width, height) <= max(width, height) <= MAX_PIXELS:
            raise ConfigError(f"a desktop of {width} x {height} cannot be; each is {MIN_PIXELS} to {MAX_PIXELS} pixels")
        # Not failing on what is left: a program that is being killed may still write its home.
        with tempfile.TemporaryDirectory(prefix="journeyman-desktop-", ignore_cleanup_errors=True) as folder:
            desktop = cls(Path(folder), width, height, action_seconds)
            try:
                await desktop._start()
                yield desktop
            finally:
                await desktop._stop()

    async def start(self, argv: Sequence[str], *, readable: Sequence[Path] = ()) -> WalledProcess:
        """Start a program with windows: with no network, the home folder to write in and no environment of ours.

        Args:
            argv: A program by name or path, and its arguments; no shell reads them.
            readable: Files and folders that it may read besides those of the system.

        Raises:
            ConfigError: There is no such program.
            ScreenError: The desktop is lost.
        """
        self._require()
        found = shutil.which(argv[0]) if argv else None
        if found is None:
            raise ConfigError(f"{argv[0] if argv else 'nothing'!r} is no program; give its name or path")
        program, folders = _places_of(found)
        shown = (*readable, *folders)
        process = await WalledProcess.start(self._folder, [str(program), *argv[1:]], readable=shown)
        self._processes.append(process)
        return process

    async def screenshot(self) -> bytes:
        """PNG of the whole screen, width x height pixels, without the pointer.

        Raises:
            ScreenError: The desktop is lost.
        """
        return b64decode((await self.ask("picture"))["png"])

    async def ask(self, act: str, seconds: float = 0.0, /, **arguments: object) -> dict[str, Any]:
        """What the hands reply to one act; one at a time, the others wait.

        Args:
            act: The name of a method of :class:`journeyman.desktop.hands.Hands`.
            seconds: What it takes by itself.
            arguments: The method's.

        Raises:
            ToolError: It cannot be done, and nothing of it was.
            ScreenError: The desktop is lost.
        """
        async with self._turn:
            self._require()
            self._asked += 1
            request = {"number": self._asked, "act": act, "arguments": arguments}
            replying = asyncio.create_task(self._reply_to(json.dumps(request).encode()))
            waited: set[asyncio.Future[Any]] = {replying, self._lost}
            try:
                await asyncio.wait(waited, timeout=self._action_seconds + seconds, return_when=asyncio.FIRST_COMPLETED)
                if not self._lost.done() and not replying.done():
                    self._lose("action timeout", f"{act} took longer than {self._action_seconds + seconds:g} s")
                self._require()
                reply = replying.result()
            finally:
                replying.cancel()
        if "refused" in reply:
            raise ToolError(reply["refused"])
        return reply

    async def rest(self, seconds: float) -> None:
        """Let ``seconds`` pass.

        Raises:
            ScreenError: The desktop is lost; told at once.
        """
        await asyncio.wait({self._lost}, timeout=seconds)
        self._require()

    def pids(self) -> tuple[int, ...]:
        """Of the processes that run, the X server's and the hands' first: to kill one kills all that it started."""
        return tuple(process.pid for process in self._processes if process.is_running)

    async def _start(self) -> None:
        try:
            await asyncio.wait_for(self._start_all(), _START_SECONDS)
        except TimeoutError as exc:
            raise ConfigError(f"the desktop did not start within {_START_SECONDS:.0f} s; look at the load") from exc

    async def _start_all(self) -> None:
        for name in ("x11", "home"):
            (self._folder / name).mkdir()
        (self._folder / "cookie").write_bytes(_cookie())
        width, height = self.size
        server = ["/usr/bin/env", "Xvfb", ":0", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24"]
        server += ["-auth", "/tmp/.Xauthority", "-nolisten", "tcp", "-nolisten", "local"]  # noqa: S108
        # -r: a key that is let go late, on a busy machine, must not repeat. Shared memory cannot be: every process
        # has its own namespace of it. -s 0: no screen saver.
        server += ["-noreset", "-r", "-s", "0", "-extension", "MIT-SHM"]
        screen = await self._launch(server)
        if not await screen.read_line():
            await screen.gone()
            raise no_start("the X server", screen.words) or ConfigError(
                f"the X server does not start: {screen.words}; run `Xvfb :99` by hand"
            )
        self._watch(screen, "the X server ended")
        # The folder of Python's packages comes first on the path and the home, where programs write, never.
        hands = [
            "/usr/bin/env",
            f"PYTHONPATH={own_python()[-1]}",
            sys.executable,
            "-P",
            "-m",
            "journeyman.desktop.hands",
        ]
        self._hands = await self._launch(hands, own_python())
        self._watch(self._hands, "the hands ended")
        try:
            self.keys = tuple((await self.ask("begin", _START_SECONDS))["keys"])
        except ScreenError as exc:
            raise ConfigError(f"the desktop does not start: {exc}") from exc

    async def _launch(self, argv: Sequence[str], readable: Sequence[Path] = ()) -> WalledProcess:
        process = await WalledProcess.start(self._folder, argv, readable=readable, talks=True, limit=_LONGEST_LINE)
        self._processes.append(process)
        return process

    async def _stop(self) -> None:
        self._lose("closed")
        for process in self._processes:
            process.kill()
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*(process.gone() for process in self._processes))

    def _watch(self, process: WalledProcess, words: str) -> None:
        async def wait() -> None:
            await process.wait()
            await process.gone()
            self._lose("crash", f"{words}: {process.words}" if process.words else words)

        self._watches.append(asyncio.create_task(wait()))

    async def _reply_to(self, request: bytes) -> dict[str, Any]:
        assert self._hands is not None
        await self._hands.write_line(request)
        while line := await self._hands.read_line():
            reply: dict[str, Any] = json.loads(line)
            if reply["number"] == self._asked:  # others were asked for by who was cancelled since
                return reply
        await asyncio.wait({self._lost}, timeout=_GRACE_SECONDS)
        self._lose("crash", "the hands ended")
        return {}

    def _lose(self, cause: ScreenFault, words: str = "") -> None:
        if not self._lost.done():
            self._lost.set_result((cause, words))

    def _require(self) -> None:
        if self._lost.done():
            raise ScreenError(*self._lost.result())


def _cookie() -> bytes:
    """An authority file with one new cookie, for display 0 of the host behind the wall."""

    def field(content: bytes) -> bytes:
        return struct.pack(">H", len(content)) + content

    entry = (HOST_NAME.encode(), b"0", _COOKIE_NAME, secrets.token_bytes(16))
    return struct.pack(">H", _FAMILY_LOCAL) + b"".join(map(field, entry))


def _places_of(program: str) -> tuple[Path, tuple[Path, ...]]:
    path = Path(program).absolute()
    return path, (path.parent, path.resolve().parent)
