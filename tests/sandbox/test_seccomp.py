import errno
import struct

import pytest

from journeyman.sandbox.inside.seccomp import assemble

ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
X86, ARM = 0xC000003E, 0xC00000B7

CASES = [
    ("x86_64", X86, 0, 0, 0, ALLOW, "read"),
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


def test_a_machine_without_a_table_is_refused():
    with pytest.raises(ValueError, match="riscv64"):
        assemble("riscv64")


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
