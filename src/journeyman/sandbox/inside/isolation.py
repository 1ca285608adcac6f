"""Locks a freshly forked worker in, before it runs a line of anybody's code."""

import os
import pathlib
import platform
import resource
import socket

from journeyman.sandbox.inside import kernel
from journeyman.sandbox.inside.seccomp import assemble

SESSIONS = "/sessions"
JOB = "/job"
_SOCKET_FD = 3
_RLIMIT_SIGPENDING = 11
_SCRATCH_BYTES = 64 * 1024 * 1024
# The step's result must still be built when the code has used up its memory.
REPORT_BYTES = 64 * 1024 * 1024


def keep_only(connection: socket.socket) -> socket.socket:
    """The connection to the host as descriptor 3, with /dev/null below it and nothing above it."""
    null = os.open("/dev/null", os.O_RDWR)
    moved = os.dup(connection.fileno())  # the lowest free ones may be those we are about to take
    high = max(moved, null, _SOCKET_FD) + 1
    os.dup2(moved, high)
    os.dup2(null, high + 1)
    for descriptor in (0, 1, 2):
        os.dup2(high + 1, descriptor)
    os.dup2(high, _SOCKET_FD)
    connection.detach()
    os.closerange(_SOCKET_FD + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return socket.socket(fileno=_SOCKET_FD)


def protect_devices() -> None:
    """Make the host's device nodes read-only: its owner could change the mode of one. Writing to it stays.

    Not by bubblewrap, whose ``--remount-ro`` forbids devices too.
    """
    for node in pathlib.Path("/dev").iterdir():
        if node.is_char_device():
            kernel.make_read_only(str(node))


def enter_folder(name: str) -> None:
    """See one session's folder at /job, an own /tmp, and no other session."""
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    for scratch in ("/tmp", "/dev/shm"):  # noqa: S108 - inside the sandbox
        options = f"size={_SCRATCH_BYTES},nr_inodes=10000,mode=1777"
        kernel.mount("tmpfs", scratch, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
    kernel.mount(f"{SESSIONS}/{name}", JOB, None, kernel.MS_BIND)
    kernel.unmount(SESSIONS)
    os.chdir(JOB)


def lock(limits: dict[str, int]) -> None:
    """Set the limits and give up every right to change them."""
    memory = limits["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory + REPORT_BYTES))
    for kind, value in (
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        # Not 0: where crashes are piped to a program of the host (core(5)), 0 does not stop them, and 1 does.
        (resource.RLIMIT_CORE, 1),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_NICE, 0),
        (resource.RLIMIT_RTPRIO, 0),
        # Timers and queued signals are counted over all processes of a user.
        (_RLIMIT_SIGPENDING, 64),
    ):
        _, most = resource.getrlimit(kind)
        allowed = value if most == resource.RLIM_INFINITY else min(value, most)  # where we started bound it already
        resource.setrlimit(kind, (allowed, allowed))
    kernel.drop_privileges()
    kernel.install_filter(assemble(platform.machine()))
