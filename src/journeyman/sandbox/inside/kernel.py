"""The few Linux calls that Python does not offer: namespaces, mounts, capabilities, the filter."""

import ctypes
import os
import platform

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_MS_NOEXEC = 8
_MS_NOATIME = 1024
_MS_NODIRATIME = 2048
_MS_RELATIME = 1 << 21
_ST_RELATIME = 4096

_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_NEW_LISTENER = 8
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_INSTRUCTION_BYTES = 8

_libc = ctypes.CDLL(None, use_errno=True)


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def unshare(flags: int) -> None:
    """Leave the namespaces named by ``flags`` for new ones."""
    _check(_libc.unshare(flags), "unshare")


def fork_as_init() -> int:
    """Fork a child that is process 1 of a PID namespace of its own; returns like ``os.fork``."""
    home = os.pidfd_open(os.getpid())
    unshare(CLONE_NEWPID)
    pid = os.fork()
    if pid:
        # A process may unshare its PID namespace once only, unless it first goes back.
        _check(_libc.setns(home, CLONE_NEWPID), "setns")
    os.close(home)
    return pid


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Attach a file system, or with MS_BIND a directory, at ``target``."""
    _check(
        _libc.mount(
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            options.encode() if options else None,
        ),
        f"mount {target}",
    )


def make_read_only(target: str) -> None:
    """Remount the bind mount at ``target`` read-only, its other flags kept: the kernel lets none be dropped."""
    given = os.statvfs(target).f_flag
    kept = given & (MS_NOSUID | MS_NODEV | _MS_NOEXEC | _MS_NOATIME | _MS_NODIRATIME)
    if given & _ST_RELATIME:
        kept |= _MS_RELATIME
    mount("none", target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def unmount(target: str) -> None:
    """Take ``target`` out of the file tree now; nothing holds it open."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def drop_privileges() -> None:
    """Give up every capability for good."""
    for capability in range(_LAST_CAPABILITY + 1):
        if _prctl(_PR_CAPBSET_DROP, capability) and ctypes.get_errno() != 22:  # EINVAL: past this kernel's last
            _check(-1, "prctl(PR_CAPBSET_DROP)")
    _check(_prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL), "prctl(PR_CAP_AMBIENT)")
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(header, nothing), "capset")
    _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "prctl(PR_SET_NO_NEW_PRIVS)")


def install_filter(program: bytes) -> None:
    """Put a seccomp program on this process; it cannot be taken off."""
    result = _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(_described(program)))
    _check(result, "prctl(PR_SET_SECCOMP)")


def install_asking_filter(program: bytes) -> int:
    """Put a seccomp program on this process; returns the descriptor on which its questions arrive."""
    listener = _libc.syscall(
        ctypes.c_long(_SYS_SECCOMP[platform.machine()]),
        _SECCOMP_SET_MODE_FILTER,
        _SECCOMP_FILTER_FLAG_NEW_LISTENER,
        ctypes.byref(_described(program)),
    )
    _check(int(listener < 0), "seccomp(SECCOMP_FILTER_FLAG_NEW_LISTENER)")
    return int(listener)


def _described(program: bytes) -> _FilterProgram:
    buffer = ctypes.create_string_buffer(program, len(program))
    described = _FilterProgram(len(program) // _INSTRUCTION_BYTES, ctypes.cast(buffer, ctypes.c_void_p))
    described.kept = buffer  # the structure holds an address only
    return described


def _prctl(option: int, first: int) -> int:
    zero = ctypes.c_ulong(0)
    return int(_libc.prctl(option, ctypes.c_ulong(first), zero, zero, zero))


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
