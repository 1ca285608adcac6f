"""Disk space that a worker holds where no walk over its folder finds it: files deleted while in use.

A file that was deleted lives on while it is open or mapped. Code could fill the disk with such files
without its folder growing, so the host looks at what the worker's process holds, through its own /proc.
"""

import functools
import mmap
import socket
import stat
import struct
from pathlib import Path

_BLOCK_BYTES = 512
_CREDENTIALS = struct.Struct("=iII")
_DELETED = " (deleted)"


def hidden_bytes(pid: int, device: int, file_bytes: int) -> int:
    """Bytes on disk of deleted files that process ``pid`` holds.

    Args:
        pid: The worker, as this host numbers it.
        device: ``st_dev`` of the folder; open files on others, such as the worker's own /tmp, have bounds.
        file_bytes: What a mapped file counts as, since its true size cannot be seen: the most a file may hold.

    Raises:
        PermissionError: This user may not look into ``pid``.
    """
    try:
        return _open_bytes(pid, device) + len(_mapped(pid)) * file_bytes
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended, and the files with it


def sender_of(connection: socket.socket) -> int:
    """The process that sent the bytes waiting at ``connection``, by the kernel's word; 0 when it is gone.

    The connection must have had SO_PASSCRED set when they were sent; they stay where they are.
    """
    _, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size), socket.MSG_PEEK)
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid, _, _ = _CREDENTIALS.unpack(data)
            return int(pid)
    return 0


def _open_bytes(pid: int, device: int) -> int:
    total = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            status = descriptor.stat()  # of what is open there
        except FileNotFoundError:
            continue  # closed while we looked
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 0 and status.st_dev == device:
            total += status.st_blocks * _BLOCK_BYTES
    return total


def _mapped(pid: int) -> set[tuple[str, str]]:
    """Device and inode of every deleted file that is mapped."""
    lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
    files = {(fields[3], fields[4]) for line in lines if line.endswith(_DELETED) and (fields := line.split())}
    return {(device, inode) for device, inode in files if device != _anonymous_device()}


@functools.cache
def _anonymous_device() -> str:
    """The device that shared memory without a file is shown on, as a deleted file; the address space counts it."""
    with mmap.mmap(-1, mmap.PAGESIZE):
        for line in Path("/proc/self/maps").read_text(errors="replace").splitlines():
            if line.endswith("/dev/zero" + _DELETED):
                return line.split()[3]
    return ""
