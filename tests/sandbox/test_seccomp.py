import errno
import struct

import pytest

from journeyman.sandbox.inside.seccomp import assemble, assemble_thread_question

ALLOW, KILL, ASK = 0x7FFF0000, 0x80000000, 0x7FC00000
EPERM, ENOSYS = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
X86, ARM = 0xC000003E, 0xC00000B7

CASES = [
    ("x86_64", X86, 0, 0, 0, ALLOW, "read"),
    ("x86_64", X86, 56, 0x3D0B00, 0, EPERM, "clone of a thread with descriptors of its own"),
    ("x86_64", X86, 56, 0x403D0F00, 0, EPERM, "clone of a thread into a namespace"),
    ("x86_64", X86, 16, 3, 0x40086602, EPERM, "an ioctl of a file system"),
    ("x86_64", X86, 90, 0, 0o4755, EPERM, "chmod with a set-user-ID bit"),
    ("x86_64", X86, 90, 0, 0o755, ALLOW, "chmod"),
    ("x86_64", X86, 2, 0, 0, ALLOW, "open"),
    ("x86_64", X86, 157, 4, 0, EPERM, "prctl that hides"),
    ("x86_64", X86, 157, 15, 0, ALLOW, "prctl that names"),
    ("x86_64", X86, 450, 0, 0, ALLOW, "the last call we know"),
    ("x86_64", X86, 451, 0, 0, ENOSYS, "the first we do not"),
    ("aarch64", ARM, 452, 0, 0, ENOSYS, "fchmodat2 on aarch64"),
    ("aarch64", ARM, 52, 3, 0o2755, EPERM, "fchmod on aarch64 with a set-group-ID bit"),
    ("x86_64", X86, 57, 0, 0, EPERM, "fork"),
    ("x86_64", X86, 56, 0x11, 0, EPERM, "clone of a process"),
    ("x86_64", X86, 56, 0x3D0F00, 0, ALLOW, "clone of a thread"),
    ("x86_64", X86, 435, 0, 0, ENOSYS, "clone3"),
    ("x86_64", X86, 165, 0, 0, EPERM, "mount"),
    ("x86_64", X86, 16, 3, 0x5412, EPERM, "TIOCSTI"),
    ("x86_64", X86, 16, 3, 0x5401, ALLOW, "another ioctl"),
    ("x86_64", X86, 0x40000000, 0, 0, KILL, "x32"),
    ("x86_64", 0x40000003, 3, 0, 0, KILL, "32-bit calls"),
    ("aarch64", ARM, 63, 0, 0, ALLOW, "read on aarch64"),
    ("aarch64", ARM, 220, 0x11, 0, EPERM, "clone on aarch64"),
    ("aarch64", ARM, 198, 2, 0, EPERM, "socket on aarch64"),
    ("aarch64", X86, 0, 0, 0, KILL, "another machine"),
]


@pytest.mark.parametrize("case", CASES, ids=[case[-1] for case in CASES])
def test_the_filter_decides(case):
    machine, arch, number, first, second, expected, _ = case
    assert _interpret(assemble(machine), struct.pack("<iIQQQ", number, arch, 0, first, second)) == expected


@pytest.mark.parametrize(
    ("flags", "mode", "expected"), [(0, 0o4755, ALLOW), (0o100, 0o644, ALLOW), (0o100, 0o4755, EPERM)]
)
@pytest.mark.parametrize(("machine", "arch", "number"), [("x86_64", X86, 257), ("aarch64", ARM, 56)])
def test_openat_makes_no_set_user_id_file(machine, arch, number, flags, mode, expected):
    data = struct.pack("<iIQQQQQ", number, arch, 0, 0, 0, flags, mode)
    assert _interpret(assemble(machine), data) == expected


@pytest.mark.parametrize(("machine", "clone"), [("x86_64", 56), ("aarch64", 220)])
def test_only_clone_is_asked_about(machine, clone):
    for number in range(460):
        decided = _interpret(assemble_thread_question(machine), struct.pack("<iIQQQ", number, 0, 0, 0, 0))
        assert decided == (ASK if number == clone else ALLOW)


@pytest.mark.parametrize("make", [assemble, assemble_thread_question])
def test_a_machine_without_a_table_is_refused(make):
    with pytest.raises(ValueError, match="riscv64"):
        make("riscv64")


def _interpret(program: bytes, data: bytes) -> int:
    """Classic BPF, as far as the filter uses it."""
    instructions = list(struct.iter_unpack("=HBBI", program))
    position = accumulator = 0
    while True:
        code, then, otherwise, value = instructions[position]
        position += 1
        if code == 0x06:
            return value
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
            continue
        holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
        position += then if holds else otherwise
