"""System calls that would dig at the walls or leave the limits, made raw from inside; each is refused."""

import platform

import pytest

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")

PRELUDE = """
import ctypes, errno, os, struct
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    words = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    return "WORKED" if result >= 0 else errno.errorcode[ctypes.get_errno()]
"""

REFUSED = {
    "fork": "57",
    "vfork": "58",
    "clone of a process": "56, 17, 0, 0, 0, 0",
    "clone of a process sharing memory": "56, 0x100 | 17, 0, 0, 0, 0",
    "clone into a new user namespace": "56, 0x10000000 | 17, 0, 0, 0, 0",
    "clone of a thread into a new network namespace": "56, 0x40010f00, 0, 0, 0, 0",
    "clone of a thread into a new mount namespace": "56, 0x00030d00, 0, 0, 0, 0",
    "clone of a thread with a descriptor table of its own": "56, 0x00010b00, 0, 0, 0, 0",
    "execve": "59, b'/usr/bin/id', 0, 0",
    "execveat": "322, -100, b'/usr/bin/id', 0, 0, 0",
    "TCP socket": "41, 2, 1, 0",
    "UDP socket": "41, 2, 2, 0",
    "IPv6 socket": "41, 10, 1, 0",
    "raw socket": "41, 2, 3, 1",
    "Unix socket": "41, 1, 1, 0",
    "netlink socket": "41, 16, 3, 0",
    "packet socket": "41, 17, 3, 0x300",
    "socket to the hypervisor": "41, 40, 1, 0",
    "kernel cryptography socket": "41, 38, 5, 0",
    "connect": "42, 3, b'\\x01\\x00\\x00x', 4",
    "bind to an abstract name": "49, 3, b'\\x01\\x00\\x00x', 4",
    "listen": "50, 3, 1",
    "sendmsg, and with it passing descriptors": "46, 3, 0, 0",
    "sendmmsg": "307, 3, 0, 0, 0",
    "mount": "165, b'none', b'/tmp', b'tmpfs', 0, 0",
    "bind mount": "165, b'/', b'/tmp', 0, 4096, 0",
    "umount of the folder": "166, b'/job', 2",
    "pivot_root": "155, b'/tmp', b'/tmp'",
    "chroot": "161, b'/tmp'",
    "unshare of the user namespace": "272, 0x10000000",
    "unshare of the mount namespace": "272, 0x00020000",
    "unshare of the descriptor table": "272, 0x400",
    "setns": "308, 3, 0",
    "open_tree": "428, -100, b'/', 1",
    "move_mount": "429, 3, b'', -100, b'/tmp', 4",
    "fsopen": "430, b'tmpfs', 0",
    "mount_setattr": "442, -100, b'/usr', 0, 0, 0",
    "name_to_handle_at": "303, -100, b'/job', 0, 0, 0",
    "open_by_handle_at": "304, -100, 0, 0",
    "mknod of a disk": "133, b'disk', 0o60666, 0x800",
    "mknodat of memory": "259, -100, b'mem', 0o20666, 0x101",
    "ptrace": "101, 0, 0, 0, 0",
    "ptrace of process 1": "101, 16, 1, 0, 0",
    "process_vm_readv": "310, 1, 0, 0, 0, 0, 0",
    "process_vm_writev": "311, 1, 0, 0, 0, 0, 0",
    "process_madvise": "440, 3, 0, 0, 4, 0",
    "pidfd_getfd": "438, 3, 0, 0",
    "kcmp": "312, 1, 1, 0, 0, 0",
    "move_pages": "279, 1, 0, 0, 0, 0, 0",
    "bpf": "321, 5, 0, 0",
    "perf_event_open": "298, 0, 0, -1, -1, 0",
    "userfaultfd": "323, 0",
    "io_uring_setup": "425, 8, 0",
    "io_uring_enter": "426, 3, 1, 0, 0, 0",
    "io_setup, counted over the whole machine": "206, 60000, b'\\0' * 8",
    "inotify_init, counted over the user": "294, 0",
    "fanotify_init": "300, 0, 0",
    "vmsplice, which holds pages no limit counts": "278, 1, 0, 0, 0",
    "fallocate": "285, 1, 0, 0, 4096",
    "add_key": "248, b'user', b'x', b'y', 1, -3",
    "request_key": "249, b'user', b'x', 0, 0",
    "keyctl": "250, 0, -3, 0",
    "hiding what it holds open": "157, 4, 0, 0, 0, 0",
    "personality": "135, 0x0040000",
    "modify_ldt": "154, 0, 0, 0",
    "kexec_load": "246, 0, 0, 0, 0",
    "kexec_file_load": "320, 0, 0, 0, 0, 0",
    "init_module": "175, 0, 0, 0",
    "finit_module": "313, 3, 0, 0",
    "delete_module": "176, b'loop', 0",
    "reboot": "169, 0xfee1dead, 672274793, 0, 0",
    "swapon": "167, b'/job/swap', 0",
    "syslog": "103, 3, 0, 0",
    "acct": "163, b'/job/acct'",
    "quotactl": "179, 0, 0, 0, 0",
    "iopl": "172, 3",
    "ioperm": "173, 0, 1, 1",
    "settimeofday": "164, 0, 0",
    "clock_settime": "227, 0, 0",
    "adjtimex": "159, 0",
    "sethostname": "170, b'x', 1",
    "vhangup": "153",
    "typing into a terminal": "16, 0, 0x5412, b'x'",
    "typing into a console": "16, 0, 0x541c, b'\\x02'",
    "making a file immutable": "16, 3, 0x40086602, b'\\x10'",
    "adding a file system key": "16, 3, 0xc0506617, 0",
    "another set-group-ID bit, by descriptor": "91, os.open('f', 0o101), 0o2755",
    "a set-user-ID file from the start": "2, b'suid', 0o101, 0o4755",
    "a set-user-ID file by openat": "257, -100, b'suid', 0o101, 0o4755",
    "a set-user-ID file by creat": "85, b'suid', 0o4755",
    "a nameless set-user-ID file": "257, -100, b'.', 0x410001, 0o4755",
}


@pytest.mark.parametrize("arguments", REFUSED.values(), ids=REFUSED.keys())
def test_a_call_is_refused(attack, arguments):
    (result,) = attack(f"{PRELUDE}print(call({arguments}))")
    assert (result.output, result.error) == ("EPERM\n", "")


ABSENT = {
    "clone3": "435, 0, 0",
    "openat2": "437, -100, b'/', 0, 24",
    "memfd_create": "319, b'x', 0",
    "memfd_secret": "447, 0",
    "System V shared memory": "29, 0, 1 << 30, 0o1666",
    "System V messages": "68, 0, 0o1666",
    "System V semaphores": "64, 0, 100, 0o1666",
    "statmount, which names paths of the host": "457, 0, 0, 0, 0",
    "listmount": "458, 0, 0, 0, 0",
    "fchmodat2": "452, -100, b'.', 0o6777, 0",
    "a call that no kernel has yet": "600",
}


@pytest.mark.parametrize("arguments", ABSENT.values(), ids=ABSENT.keys())
def test_a_call_is_absent(attack, arguments):
    (result,) = attack(f"{PRELUDE}print(call({arguments}))")
    assert (result.output, result.error) == ("ENOSYS\n", "")


BY_THE_KERNEL = {
    "taking the filter off": ("libc.prctl(22, 0, 0, 0, 0)", ("EINVAL", "EPERM", "EACCES")),
    "gaining privileges again": ("libc.prctl(38, 0, 0, 0, 0)", ("EINVAL",)),
    "changing its own memory map": ("libc.prctl(35, 1, 0, 0, 0)", ("EPERM",)),
    "raising capabilities": ("libc.capset(struct.pack('II', 0x20080522, 0), b'\\xff' * 24)", ("EPERM",)),
    "becoming root": ("libc.setresuid(0, 0, 0)", ("EINVAL", "EPERM")),
    "becoming root's group": ("libc.setgroups(1, b'\\0\\0\\0\\0')", ("EPERM", "EINVAL")),
    "listening to its own filter": (
        "libc.syscall(317, 1, 8, struct.pack('=HxxxxxxQ', 1, ctypes.addressof(ctypes.c_uint64(0x7fff000000000006))))",
        ("EBUSY", "EFAULT"),
    ),
    "real-time scheduling": ("libc.sched_setscheduler(0, 1, struct.pack('i', 50))", ("EPERM",)),
    "a deadline scheduler": (
        "libc.syscall(314, 0, struct.pack('=IIQiIQQQ', 48, 6, 0, 0, 0, 10**6, 10**7, 10**7), 0)",
        ("EPERM",),
    ),
    "a higher priority": ("libc.setpriority(0, 0, -5)", ("EACCES", "EPERM")),
    "real-time disk access": ("libc.syscall(251, 1, 0, 1 << 13)", ("EPERM",)),
    "locking memory": ("libc.mlockall(3)", ("EPERM", "ENOMEM")),
    "POSIX message queues": (
        "libc.mq_open(b'/x', 0o102, 0o600, struct.pack('8q', 0, 10, 8192, 0, 0, 0, 0, 0))",
        ("EMFILE", "ENOSYS"),
    ),
    "capabilities on a file": (
        "libc.setxattr(b'f', b'security.capability', struct.pack('<5I', 0x02000001, 1 << 21, 0, 0, 0), 20, 0)",
        ("EPERM",),
    ),
    "trusted attributes": ("libc.setxattr(b'f', b'trusted.x', b'1', 1, 0)", ("EPERM", "EOPNOTSUPP")),
    "giving a file away": ("libc.chown(b'f', 0, 0)", ("EPERM", "EINVAL")),
    "the mode of the host's devices": ("libc.chmod(b'/dev/null', 0o666)", ("EROFS",)),
    "the times of the host's devices": ("libc.utime(b'/dev/null', None)", ("EROFS",)),
}


@pytest.mark.parametrize(("code", "errors"), BY_THE_KERNEL.values(), ids=BY_THE_KERNEL.keys())
def test_the_kernel_refuses(attack, code, errors):
    attempt = f"open('f', 'w')\nctypes.set_errno(0)\nresult = {code}"
    (result,) = attack(f"{PRELUDE}{attempt}\nprint('WORKED' if result >= 0 else errno.errorcode[ctypes.get_errno()])")
    assert result.error == ""
    assert result.output.strip() in errors


@pytest.mark.parametrize("kind", ["RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_MEMLOCK"])
def test_no_limit_can_be_raised(attack, kind):
    code = f"""
import resource
soft, hard = resource.getrlimit(resource.{kind})
try:
    resource.setrlimit(resource.{kind}, (hard, hard + 4096))
    print("WORKED")
except (ValueError, PermissionError):
    print(hard != resource.RLIM_INFINITY)
"""
    (result,) = attack(code)
    assert result.output == "True\n"


@pytest.mark.parametrize("machine_code", ["b8 14 00 00 00 cd 80 c3", "b8 27 00 00 40 0f 05 c3"], ids=["32-bit", "x32"])
def test_calls_of_another_abi_end_the_worker(attack, machine_code):
    code = f"""
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("{machine_code}"))
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    (result,) = attack(code)
    assert result.error_kind == "died"
