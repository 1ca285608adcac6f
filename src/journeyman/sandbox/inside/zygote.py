"""Process 1 of the sandbox: loads the libraries once, then forks one worker per trajectory.

It runs no code of the agent. Messages come from the host over a SOCK_SEQPACKET socket: ``fork`` with
the worker's end of a socket pair attached, and ``kill``. It answers ``ready``, and ``gone`` for every
worker that ended. When the host goes, so does it, and with process 1 the kernel ends every other.
"""

import contextlib
import gc
import importlib
import io
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
from journeyman.sandbox.inside.isolation import enter_folder, keep_only, lock, protect_devices
from journeyman.sandbox.inside.session import Session, send
from journeyman.sandbox.inside.threads import ThreadCount, ask_from_now_on

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
    protect_devices()
    loaded = _preload()
    _use(loaded)
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


def _use(loaded: list[str]) -> None:
    """Do once what makes these libraries load and cache the rest of themselves: workers then share it."""
    if "pandas" in loaded:
        table = importlib.import_module("pandas").DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
        print(table.describe(), table.groupby("b").sum(), file=io.StringIO())
    if "PIL.Image" in loaded:
        picture = importlib.import_module("PIL.Image").new("RGB", (8, 8))
        picture.save(io.BytesIO(), "PNG")
    if "matplotlib.pyplot" in loaded:
        pyplot = importlib.import_module("matplotlib.pyplot")
        _, axes = pyplot.subplots()
        axes.plot([1, 2], label="x")
        axes.set_title("x")
        axes.legend()
        pyplot.savefig(io.BytesIO())
        pyplot.close("all")


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, tuple[int, int]] = {}  # pidfd -> (the host's number, pid)
        # What each worker tells us once, and then asks: the number of the socket or listener -> (pidfd, ...)
        self._lines: dict[int, tuple[int, int, socket.socket]] = {}
        self._counts: dict[int, tuple[int, ThreadCount]] = {}
        self._poll = select.poll()

    def serve(self) -> None:
        self._poll.register(self._control, select.POLLIN)
        while True:
            for descriptor, events in self._poll.poll():
                if descriptor in self._children:
                    self._poll.unregister(descriptor)
                    self._bury(descriptor)
                    continue
                if descriptor in self._lines:
                    self._listen(descriptor)
                    continue
                if descriptor in self._counts:
                    self._count(descriptor, events)
                    continue
                data, descriptors, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, 1)
                if not data:
                    return
                message = json.loads(data)
                if message["op"] == "fork":
                    self._fork(message, socket.socket(fileno=descriptors[0]))
                else:
                    self._kill(message["id"])

    def _fork(self, message: dict[str, Any], connection: socket.socket) -> None:
        line, end = socket.socketpair()
        pid = kernel.fork_as_init()
        if not pid:
            _work(message, connection, end)
        connection.close()
        end.close()
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = (message["id"], pid)
        self._poll.register(pidfd, select.POLLIN)
        self._lines[line.fileno()] = (pidfd, message["limits"]["threads"], line)
        self._poll.register(line, select.POLLIN)

    def _listen(self, number: int) -> None:
        pidfd, limit, line = self._lines.pop(number)
        self._poll.unregister(number)
        with line:
            _, descriptors, _, _ = socket.recv_fds(line, _MESSAGE_BYTES, 1)
        if descriptors:  # else it could not be locked in, and tells the host so
            self._counts[descriptors[0]] = (pidfd, ThreadCount(descriptors[0], limit))
            self._poll.register(descriptors[0], select.POLLIN)

    def _count(self, listener: int, events: int) -> None:
        pidfd, count = self._counts[listener]
        if not events & select.POLLIN:  # the worker has ended
            self._poll.unregister(listener)
            del self._counts[listener]
            os.close(listener)
        elif not count.answer() and pidfd in self._children:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def _kill(self, number: int) -> None:
        for pidfd, (owner, _) in self._children.items():
            if owner == number:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def _bury(self, pidfd: int) -> None:
        number, pid = self._children.pop(pidfd)
        _, status = os.waitpid(pid, 0)
        os.close(pidfd)
        self._control.send(json.dumps({"op": "gone", "id": number, "status": status}).encode())


def _work(message: dict[str, Any], connection: socket.socket, zygote: socket.socket) -> None:
    """The child's whole life; never returns, since above it lies the zygote's loop."""
    try:
        # In the zygote's process group, `kill(0, ...)` would end every other worker: it asks for no number
        # and so heeds no PID namespace.
        os.setsid()
        try:
            ask_from_now_on(zygote)
            connection = keep_only(connection)
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
