"""How a desktop's processes are started: each behind bubblewrap, with no network, and no way to outlive us.

The X server, the hands and every program are in namespaces of their own. What they share is one folder: the
server's socket, which no other process of the machine can reach, since it stands below a private /tmp.
"""

import asyncio
import ctypes.util
import importlib.util
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import journeyman
from journeyman.errors import SandboxError
from journeyman.sandbox.bubblewrap import ALLOW_NAMESPACES, INSTALL

HOME = "/home/screen"
"""The programs' home folder, as they see it."""
DISPLAY = ":0"
"""Of every desktop: its socket is in a /tmp of its own, so that numbers never meet."""
HOST_NAME = "screen"
_LIBRARIES = ("xcb", "xcb-randr", "xcb-render", "xcb-shm", "xcb-xfixes")
"""What mss loads; Debian's xvfb brings all but one."""
_LIBRARIES_INSTALL = "apt-get install " + " ".join(("libxcb1", *(f"lib{name}0" for name in _LIBRARIES[1:])))
_AUTHORITY = "/tmp/.Xauthority"  # noqa: S108 - behind the wall
_SCRATCH_BYTES = 512 * 1024 * 1024
_KEPT_BYTES = 4_000
_END_SECONDS = 2.0
# Bubblewrap asks to die with its parent, but a parent that is killed before it has asked is missed. So each program
# waits behind the finished wall until it is told to go on, and ends where nobody is left to tell it.
_STARTER = 'echo; read -r go || exit 1; exec "$@"'
_ENVIRONMENT = {
    "DISPLAY": DISPLAY,
    "XAUTHORITY": _AUTHORITY,
    "HOME": HOME,
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}


def missing() -> str:
    """What a virtual desktop still needs here; empty where it can start."""
    if shutil.which("Xvfb") is None:
        return "Xvfb is not installed; run `apt-get install xvfb`"
    for package in ("pyautogui", "mss"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed; run `pip install -c constraints/cpu.txt -e '.[gui]'`"
    for library in _LIBRARIES:
        if ctypes.util.find_library(library) is None:
            return f"lib{library} is not installed, and mss takes no screenshot without it; run `{_LIBRARIES_INSTALL}`"
    if shutil.which("bwrap") is None:
        return f"bubblewrap is not installed, and no desktop is started without it; run {INSTALL}"
    return ""


def own_python() -> tuple[Path, ...]:
    """What a process needs to see in order to run our Python, with its packages and Journeyman."""
    return Path(sys.prefix), Path(sys.base_prefix), Path(journeyman.__file__).parents[1]


class WalledProcess:
    """A program behind the wall. To kill it is to kill everything that it started."""

    def __init__(self, process: asyncio.subprocess.Process, told: asyncio.StreamReader, said: bytes) -> None:
        """Args: process: Bubblewrap's. told: The pipe of its messages, which all behind the wall hold. said: By now."""
        self._process = process
        self._words = bytearray(said)
        self._listening = asyncio.create_task(self._listen(told))

    @classmethod
    async def start(
        cls,
        folder: Path,
        argv: Sequence[str],
        *,
        readable: Sequence[Path] = (),
        talks: bool = False,
        limit: int = 2**16,
    ) -> "WalledProcess":
        """Start ``argv`` on the desktop of ``folder``.

        Args:
            folder: Holds ``x11`` (the socket's folder), ``home`` and the file ``cookie``.
            argv: Program and arguments, seen from behind the wall.
            readable: Files and folders that it may read besides the system's.
            talks: Whether it is spoken to over stdin and stdout; otherwise both are for messages.
            limit: Bytes of its longest line.

        Raises:
            SandboxError: bubblewrap is not installed.
        """
        wall = _wall(folder, readable)
        pipe = asyncio.subprocess.PIPE
        starter = _STARTER if talks else f"{_STARTER} </dev/null"
        process = await asyncio.create_subprocess_exec(
            *wall,
            *("/bin/sh", "-c", starter, "sh", *argv),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe if talks else asyncio.subprocess.STDOUT,
            env={},
            cwd="/",
            limit=limit,
            start_new_session=True,  # Ctrl-C is ours to handle
        )
        try:
            assert process.stdout is not None
            said = await process.stdout.readline()
            told = process.stderr if talks else process.stdout
            assert told is not None
            walled = cls(process, told, said)
            await walled.write_line(b"")
        except BaseException:
            process.kill()
            raise
        if not talks:
            assert process.stdin is not None
            process.stdin.close()
        return walled

    @property
    def pid(self) -> int:
        """Of bubblewrap, outside the wall."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    @property
    def words(self) -> str:
        """The end of what it wrote, in one line."""
        return " | ".join(self._words.decode(errors="replace").strip().splitlines()[-3:])

    async def read_line(self) -> bytes:
        """The next line of a process that talks; empty where there is none any more."""
        assert self._process.stdout is not None
        return await self._process.stdout.readline()

    async def write_line(self, line: bytes) -> None:
        """Tell a process that talks; what it does not take any more is dropped."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # that it ended is told by what is read, and by `wait`

    async def wait(self) -> int:
        """Its exit status, once it has ended."""
        return await self._process.wait()

    def kill(self) -> None:
        """End it at once; :meth:`gone` waits for the last of what it started."""
        if self.is_running:
            self._process.kill()

    async def gone(self) -> None:
        """Wait until nothing of it is left, two seconds at most."""
        await self._process.wait()
        # Bubblewrap dies first and its namespace a moment later: the pipe ends with the last process in it.
        await asyncio.wait({self._listening}, timeout=_END_SECONDS)
        self._listening.cancel()

    async def _listen(self, told: asyncio.StreamReader) -> None:
        while part := await told.read(_KEPT_BYTES):
            self._words += part
            del self._words[:-_KEPT_BYTES]


def _wall(folder: Path, readable: Sequence[Path]) -> list[str]:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError(f"bubblewrap is not installed, and no desktop is started without it; run {INSTALL}")
    arguments = [bwrap, "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"]
    arguments += ["--hostname", HOST_NAME, "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    arguments += [*_system(), "--dev", "/dev", "--proc", "/proc"]
    # An unsized tmpfs may take half of the machine's memory.
    for scratch in ("/tmp", "/dev/shm"):  # noqa: S108
        arguments += ["--size", str(_SCRATCH_BYTES), "--tmpfs", scratch]
    for path in dict.fromkeys(readable):  # after /tmp, where a checkout may be
        if not path.resolve().is_relative_to("/usr"):
            arguments += ["--ro-bind", str(path), str(path)]
    arguments += ["--bind", str(folder / "x11"), "/tmp/.X11-unix"]  # noqa: S108
    arguments += ["--ro-bind", str(folder / "cookie"), _AUTHORITY, "--bind", str(folder / "home"), HOME]
    arguments += ["--clearenv", "--chdir", HOME]
    for name, value in _ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    return [*arguments, "--"]


def _system() -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    for path in map(Path, ("/etc/fonts", "/etc/alternatives", "/etc/ld.so.cache", "/etc/X11")):
        if path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    return arguments


def no_start(program: str, words: str) -> SandboxError | None:
    """The wall's own refusal in what a process said, or None where it was not the wall."""
    if "bwrap:" not in words:
        return None
    return SandboxError(f"the wall round {program} does not stand: {words}; {ALLOW_NAMESPACES}")
