"""The system-call filter of a worker, assembled by hand so that libseccomp is not a run-time need.

Classic BPF over ``struct seccomp_data`` (see seccomp(2)). Allowed by default: the sandbox's walls are
namespaces and missing capabilities, and the filter takes away what would dig at them (mounts,
tracing, kernel key rings, io_uring), what would leave the limits (processes, memory outside the
address-space limit, quotas that all processes of a user share), what would leave marks on the host's
files (set-user-ID bits), and sockets. Calls newer than those we know are absent.
"""

import errno
import struct

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000
_FIRST_UNKNOWN = 451
"""Linux 6.5 added it; from 424 on numbers are the same on every machine."""
_CLONE_THREAD = 0x00010000
_CLONE_FILES = 0x00000400
_CLONE_NEW_ANYTHING = 0x7E020000
_SET_ID_BITS = 0o6000
_MAKES_A_FILE = 0x00400040
"""O_CREAT and O_TMPFILE."""
# Whether it is a terminal and how wide, how much waits, blocking or not, kept over exec or not.
_IOCTLS_ALLOWED = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)

# Offsets in struct seccomp_data; arguments are 64 bits wide, little-endian, and we look at the low half.
_NUMBER = 0
_ARCH = 4
_ARGUMENTS = tuple(range(16, 64, 8))

_LOAD = 0x20
_EQUAL = 0x15
_AT_LEAST = 0x35
_HAS_BITS = 0x45
_RETURN = 0x06

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
_ASK = 0x7FC00000

# name: (x86_64, aarch64); None where the machine has no such call.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # processes: one is all there is, so that the limits of one process are the limits
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    # network, and handing descriptors on: in a message a file would be held that no limit counts
    "socket": (41, 198),
    "bind": (49, 200),
    "connect": (42, 203),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "mknod": (133, None),
    "mknodat": (259, 33),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # memory that no limit counts, and what the user's other processes would lack
    "vmsplice": (278, 75),
    "fallocate": (285, 47),
    "io_setup": (206, 0),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    # large, often broken parts of the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "fanotify_init": (300, 262),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "uselib": (134, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "lookup_dcookie": (212, 18),
    # the machine itself
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "iopl": (172, None),
    "ioperm": (173, None),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
}

# Answered with "this kernel has no such call", so that libraries take another way.
_ABSENT: dict[str, tuple[int | None, int | None]] = {
    # their flags lie in memory, where a filter cannot look; glibc then uses clone and openat
    "clone3": (435, 435),
    "openat2": (437, 437),
    # memory that the address-space limit does not count once it is unmapped
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
}
_CLONE = (56, 220)
_IOCTL = (16, 29)
_PRCTL = (157, 167)
# With it a worker would hide from the host, run by a plain user, what it holds open.
_PR_SET_DUMPABLE = 4
# Which argument of the call is the mode of a file that is there ...
_CHMODS: dict[str, tuple[tuple[int | None, int | None], int]] = {
    "chmod": ((90, None), 1),
    "fchmod": ((91, 52), 1),
    "creat": ((85, None), 1),
    "fchmodat": ((268, 53), 2),
}
# ... or, one behind the flags, of a file to be made.
_OPENS: dict[str, tuple[tuple[int | None, int | None], int]] = {"open": ((2, None), 1), "openat": ((257, 56), 2)}


def assemble(machine: str) -> bytes:
    """The filter for ``machine`` as an array of ``struct sock_filter``.

    Args:
        machine: ``platform.machine()``; ``x86_64`` or ``aarch64``.

    Raises:
        ValueError: Any other machine.
    """
    if machine not in _AUDIT_ARCH:
        raise ValueError(f"no system-call filter for {machine!r}; x86_64 and aarch64 have one")
    column = list(_AUDIT_ARCH).index(machine)
    program = _Program()
    program.load(_ARCH)
    program.jump(_EQUAL, _AUDIT_ARCH[machine], otherwise="kill")
    program.load(_NUMBER)
    program.jump(_AT_LEAST, _X32_BIT, then="kill")
    program.jump(_AT_LEAST, _FIRST_UNKNOWN, then="absent")
    program.jump(_EQUAL, _CLONE[column], then="clone")
    program.jump(_EQUAL, _IOCTL[column], then="ioctl")
    program.jump(_EQUAL, _PRCTL[column], then="prctl")
    for name, (numbers, _) in (_CHMODS | _OPENS).items():
        program.jump_if_number(numbers[column], then=name)
    for table, target in ((_DENIED, "deny"), (_ABSENT, "absent")):
        for numbers in table.values():
            program.jump_if_number(numbers[column], then=target)
    program.give(_ALLOW)
    program.label("clone")
    program.load(_ARGUMENTS[0])
    program.jump(_HAS_BITS, _CLONE_THREAD, otherwise="deny")
    # A thread with a table of its own could keep files open where nobody looks.
    program.jump(_HAS_BITS, _CLONE_FILES, otherwise="deny")
    program.jump(_HAS_BITS, _CLONE_NEW_ANYTHING, then="deny", otherwise="let")
    program.label("ioctl")
    program.load(_ARGUMENTS[1])
    for request in _IOCTLS_ALLOWED:
        program.jump(_EQUAL, request, then="let")
    program.give(_ERRNO | errno.EPERM)
    program.label("prctl")
    program.load(_ARGUMENTS[0])
    program.jump(_EQUAL, _PR_SET_DUMPABLE, then="deny", otherwise="let")
    for name, (_, argument) in _CHMODS.items():
        program.label(name)
        program.load(_ARGUMENTS[argument])
        program.jump(_HAS_BITS, _SET_ID_BITS, then="deny", otherwise="let")
    for name, (_, argument) in _OPENS.items():
        program.label(name)
        program.load(_ARGUMENTS[argument])
        program.jump(_HAS_BITS, _MAKES_A_FILE, otherwise="let")
        program.load(_ARGUMENTS[argument + 1])
        program.jump(_HAS_BITS, _SET_ID_BITS, then="deny", otherwise="let")
    program.label("let")
    program.give(_ALLOW)
    program.label("deny")
    program.give(_ERRNO | errno.EPERM)
    program.label("absent")
    program.give(_ERRNO | errno.ENOSYS)
    program.label("kill")
    program.give(_KILL)
    return program.encode()


def assemble_thread_question(machine: str) -> bytes:
    """A filter that asks whoever holds its listener before a thread is made; to be put below the other.

    Raises:
        ValueError: Another machine than ``assemble`` knows.
    """
    if machine not in _AUDIT_ARCH:
        raise ValueError(f"no system-call filter for {machine!r}; x86_64 and aarch64 have one")
    program = _Program()
    program.load(_NUMBER)
    program.jump(_EQUAL, _CLONE[list(_AUDIT_ARCH).index(machine)], then="ask")
    program.give(_ALLOW)
    program.label("ask")
    program.give(_ASK)
    return program.encode()


class _Program:
    def __init__(self) -> None:
        self._instructions: list[tuple[int, str, str, int]] = []
        self._labels: dict[str, int] = {}

    def load(self, offset: int) -> None:
        self._instructions.append((_LOAD, "", "", offset))

    def jump(self, test: int, value: int, *, then: str = "", otherwise: str = "") -> None:
        self._instructions.append((test, then, otherwise, value))

    def jump_if_number(self, number: int | None, *, then: str) -> None:
        if number is not None:
            self.jump(_EQUAL, number, then=then)

    def give(self, action: int) -> None:
        self._instructions.append((_RETURN, "", "", action))

    def label(self, name: str) -> None:
        self._labels[name] = len(self._instructions)

    def encode(self) -> bytes:
        encoded = []
        for index, (code, then, otherwise, value) in enumerate(self._instructions):
            steps = [self._labels[label] - index - 1 if label else 0 for label in (then, otherwise)]
            encoded.append(struct.pack("=HBBI", code, *steps, value))
        return b"".join(encoded)
