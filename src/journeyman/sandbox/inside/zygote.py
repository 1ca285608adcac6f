"""Process 1 of the sandbox: loads the libraries once, then forks one worker per trajectory.

It runs no code of the agent. Messages come from the host over a SOCK_SEQPACKET socket: ``fork`` with
the worker's end of a socket pair attached, and ``kill``. It answers ``ready``, and ``gone`` for every
worker that ended. When the host goes, so does it, and with process 1 the kernel ends every other.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys
from typing import Any

from journeyman.sandbox.inside import kernel
from journeyman.sandbox.inside.isolation import enter_folder, keep_only, lock
from journeyman.sandbox.inside.session import Session, send

_PRELOADED = ("numpy", "pandas", "PIL.Image", "PIL.ImageDraw", "matplotlib", "matplotlib.pyplot")
# What pandas and its like would import at their first real use, in every worker anew.
_STDLIB = ("asyncio", "csv", "datetime", "decimal", "fractions", "itertools", "re", "statistics", "zipfile")
_MESSAGE_BYTES = 65536


def main() -> None:
    """Serve the host until it hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(min(soft, 4096), wanted), hard))
    # The program's own modules are found; from here on only libraries are.
    sys.path[:] = [path for path in sys.path if path and path != os.environ["PYTHONPATH"]] + sys.argv[2:]
    loaded = _preload()
    gc.collect()
    gc.freeze()  # a collection in a worker would touch, and so copy, every shared page
    control.send(json.dumps({"op": "ready", "libraries": loaded}).encode())
    _Zygote(control).serve()


def _preload() -> list[str]:
    loaded = []
    for name in (*_STDLIB, *_PRELOADED):
        # Whether the code may use a library is settled by whether it is installed.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
            loaded.append(name)
    return [name for name in _PRELOADED if name in loaded]


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, tuple[int, int]] = {}  # pidfd -> (the host's number, pid)

    def serve(self) -> None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor in self._children:
                    poll.unregister(descriptor)
                    self._bury(descriptor)
                    continue
                data, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, 1)
                if not data:
                    return
                message = json.loads(data)
                if message["op"] == "fork":
                    poll.register(self._fork(message, socket.socket(fileno=descriptors[0])), select.POLLIN)
                else:
                    self._kill(message["id"])

    def _fork(self, message: dict[str, Any], connection: socket.socket) -> int:
        pid = kernel.fork_as_init()
        if not pid:
            _work(message, connection)
        connection.close()
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = (message["id"], pid)
        return pidfd

    def _kill(self, number: int) -> None:
        for pidfd, (owner, _) in self._children.items():
            if owner == number:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def _bury(self, pidfd: int) -> None:
        number, pid = self._children.pop(pidfd)
        _, status = os.waitpid(pid, 0)
        os.close(pidfd)
        self._control.send(json.dumps({"op": "gone", "id": number, "status": status}).encode())


def _work(message: dict[str, Any], connection: socket.socket) -> None:
    """The child's whole life; never returns, since above it lies the zygote's loop."""
    try:
        connection = keep_only(connection)
        try:
            enter_folder(message["folder"])
            session = Session(connection, message["tools"], message["limits"])
            _seed()
            lock(message["limits"])
        except (OSError, ValueError) as exc:
            send(connection, {"kind": "failed", "error": str(exc)})
            os._exit(1)
        session.serve()
    finally:
        os._exit(0)


def _seed() -> None:
    """Equal code gives equal numbers in every worker, on every run."""
    random.seed(0)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(0)


if __name__ == "__main__":
    main()
