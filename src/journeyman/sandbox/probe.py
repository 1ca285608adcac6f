"""The sandbox tries its own walls before it is used: a wall that was never pushed is a hope."""

import json
from typing import Any

from journeyman.errors import SandboxError
from journeyman.sandbox.bubblewrap import ENVIRONMENT_NAMES
from journeyman.sandbox.worker import Worker

_CODE = """
import ctypes, json, os, socket

_libc = ctypes.CDLL(None, use_errno=True)

def _attempts():
    yield "open a socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    yield "read /etc/passwd", lambda: open("/etc/passwd").read()
    yield "read the other session's folder", lambda: open(OTHER).read()
    yield "list the sessions", lambda: os.listdir("/sessions")[0]
    yield "see the host's processes", lambda: os.listdir("/proc")[0]
    yield "fork", _fork
    yield "run a program", lambda: os.execv("/usr/bin/true", ["true"])
    yield "mount", lambda: _call(_libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
    yield "make a user namespace", lambda: _call(_libc.unshare(0x10000000))
    yield "write to /usr", lambda: open("/usr/journeyman-probe", "w")
    yield "write to /", lambda: open("/journeyman-probe", "w")
    yield "write to /opt", lambda: open("/opt/journeyman-probe", "w")
    yield "write to a library", lambda: open(json.__file__, "a")
    yield "write over the limit of a file", _write_too_much
    yield "change the mode of the host's devices", lambda: os.chmod("/dev/null", os.stat("/dev/null").st_mode & 0o777)
    yield "leave a set-user-ID file", lambda: os.chmod(os.open("own", os.O_CREAT), 0o4700)
    yield "signal other workers", lambda: [0][os.getpgid(0)]

def _fork():
    if os.fork() == 0:
        os._exit(0)

def _call(result):
    if result:
        raise OSError(ctypes.get_errno(), "refused")

def _write_too_much():
    with open("large", "wb") as stream:
        stream.truncate(FILE_BYTES + 1)

_breaches = [name for name in os.environ if name not in EXPECTED]
for _name, _attempt in _attempts():
    try:
        _attempt()
    except OSError:
        continue
    except IndexError:
        continue
    _breaches.append(_name)
final_answer(_breaches)
"""


async def probe(worker: Worker, *, other_file: str, file_bytes: int) -> None:
    """Push every wall from inside ``worker``.

    Args:
        worker: A fresh one.
        other_file: Where a file of another session would be, were that session visible.
        file_bytes: Size limit of a file.

    Raises:
        SandboxError: A wall gave way, or the attempt itself failed.
    """
    given: dict[str, Any] = {"OTHER": other_file, "FILE_BYTES": file_bytes, "EXPECTED": sorted(ENVIRONMENT_NAMES)}
    names = "\n".join(f"{name} = {json.dumps(value)}" for name, value in given.items())
    result = await worker.run(f"{names}\n{_CODE}")
    if not result.answered:
        raise SandboxError(f"the sandbox could not test itself, so it is not used: {result.error or result.output}")
    if result.answer:
        raise SandboxError(f"code in the sandbox could {', '.join(result.answer)}; it is not used on this machine")
