"""How many threads one worker may start: counted by the zygote, where the worker's code has no say.

No limit of the kernel does it. RLIMIT_NPROC spares root and counts all workers of a user together, and
a thread made by a bare ``clone`` needs no memory, so that a loop of them would take every process
number of the machine. So each ``clone`` of a worker waits for the zygote (seccomp_unotify(2)).
"""

import errno
import fcntl
import platform
import socket
import struct

from journeyman.sandbox.inside import kernel
from journeyman.sandbox.inside.seccomp import assemble_thread_question

_RECEIVE = 0xC0502100
_SEND = 0xC0182101
_NOTIFICATION_BYTES = 80
_CONTINUE = 1
# Code that goes on asking all the same only costs the zygote time.
_REFUSALS = 1_000


def ask_from_now_on(line: socket.socket) -> None:
    """In the worker, before it is locked in: send the zygote the descriptor that our questions arrive on.

    Raises:
        OSError: This kernel cannot ask (it is older than 5.5).
        ValueError: There is no filter for this machine.
    """
    listener = kernel.install_asking_filter(assemble_thread_question(platform.machine()))
    socket.send_fds(line, [b"threads"], [listener])


class ThreadCount:
    """The zygote's count of one worker's threads."""

    def __init__(self, listener: int, limit: int) -> None:
        self.listener = listener
        self._left = limit

    def answer(self) -> bool:
        """Let one thread be made, or not; False where the worker should be ended.

        Threads that have ended count too: nobody is told when one does.
        """
        question = bytearray(_NOTIFICATION_BYTES)
        self._left -= 1
        error, flags = (0, _CONTINUE) if self._left >= 0 else (-errno.EAGAIN, 0)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, question, True)
            (number,) = struct.unpack_from("=Q", question)
            fcntl.ioctl(self.listener, _SEND, bytearray(struct.pack("=QqiI", number, 0, error, flags)), True)
        except OSError as exc:
            if exc.errno not in (errno.ENOENT, errno.EINTR):
                raise
            # a signal took the caller out of its wait; it asks again
        return self._left > -_REFUSALS
