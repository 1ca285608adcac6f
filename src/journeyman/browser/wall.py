"""How Chromium is started: in namespaces of its own, with no network, no file of the host's and no way to outlive us.

bubblewrap is the wall. Inside there is no interface but a loopback that nobody listens on, the host's files are not
mounted, and the process namespace ends with its first process, so that whatever a page does, nothing is left behind.
Flags of Chromium are a second wall: no name resolves.
"""

import importlib.util
import shlex
import shutil
from pathlib import Path

from journeyman.errors import ConfigError, SandboxError
from journeyman.sandbox.bubblewrap import INSTALL

FLAGS = (
    "--no-sandbox",  # bubblewrap is the sandbox, and Chromium's own does not start for root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--mute-audio",
    # Equal pages give equal pixels: an edge that is drawn again in part is not quite one that is drawn whole.
    "--disable-partial-raster",
    "--disable-lcd-text",
    "--disable-smooth-scrolling",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
# The shell is Chromium without windows: a page costs a third of the CPU time (0.3 against 0.9 s, 1280 x 800).
_EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
_SCRATCH_BYTES = 512 * 1024 * 1024
_ENVIRONMENT = {"HOME": "/tmp", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}  # noqa: S108 - its own


def missing() -> str:
    """What a browser still needs here; empty where it can start."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed; run `pip install -c constraints/cpu.txt -e '.[gui]'`"
    if not any(map(shutil.which, _EXECUTABLES)):
        return "Chromium is not installed; run `apt-get install chromium-headless-shell`"
    if shutil.which("bwrap") is None:
        return f"bubblewrap is not installed, and no browser is started without it; run {INSTALL}"
    return ""


def find_executable(given: str = "") -> Path:
    """The Chromium to start.

    Args:
        given: Path or name of one; empty looks for the usual names.

    Raises:
        ConfigError: There is none.
    """
    for name in [given] if given else _EXECUTABLES:
        found = shutil.which(name)
        if found:
            return Path(found)
    if given:
        raise ConfigError(f"{given} is no program; give the path of a Chromium, or nothing to have one looked for")
    raise ConfigError("Chromium is not installed; run `apt-get install chromium-headless-shell`")


def launcher(executable: Path, pid_file: Path) -> str:
    """A shell script that starts ``executable`` behind the wall with the arguments it is given.

    Args:
        executable: Chromium.
        pid_file: Where it writes the process id of bubblewrap: to kill that one is to kill everything behind it.

    Raises:
        SandboxError: bubblewrap is not installed.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError(f"bubblewrap is not installed, and no browser is started without it; {INSTALL}")
    arguments = [bwrap, "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"]
    arguments += ["--hostname", "screen", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    arguments += [*_system(), *_program(executable), "--dev", "/dev", "--proc", "/proc"]
    # An unsized tmpfs may take half of the machine's memory.
    for scratch in ("/tmp", "/dev/shm"):  # noqa: S108
        arguments += ["--size", str(_SCRATCH_BYTES), "--tmpfs", scratch]
    arguments += ["--clearenv", "--chdir", "/tmp"]  # noqa: S108
    for name, value in _ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    return f'#!/bin/sh\necho $$ > {shlex.quote(str(pid_file))}\nexec {shlex.join(arguments)} -- {executable} "$@"\n'


def _system() -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    for path in map(Path, ("/etc/fonts", "/etc/alternatives", "/etc/ld.so.cache", "/etc/chromium.d")):
        if path.exists():
            arguments += ["--ro-bind", str(path), str(path)]
    return arguments


def _program(executable: Path) -> list[str]:
    folders = {path.parent for path in (executable.absolute(), executable.resolve())}
    shown = sorted(str(folder) for folder in folders if not folder.is_relative_to("/usr"))
    return [part for folder in shown for part in ("--ro-bind", folder, folder)]
