"""Files: what code leaves in its folder for the host to trip over, and where it looks for those of others."""

import contextlib
import os
import socket
import threading
from pathlib import Path

import pytest

from journeyman.errors import ToolError
from journeyman.sandbox.folder import MAX_DEPTH, SessionFolder
from journeyman.sandbox.limits import Limits

OUT_OF_SIGHT = [
    "/etc/shadow",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/proc/self/environ",
    "/proc/self/mem",
    "/proc/self/maps",
    "/proc/self/root/etc/passwd",
    "/proc/self/cwd/../../etc/passwd",
    "/proc/1/environ",
    "/proc/1/root/etc/passwd",
    "/proc/sysrq-trigger",
    "/proc/self/oom_score_adj",
    "/sys/kernel",
    "/sys/fs/cgroup",
    "/run",
    "/var/run/docker.sock",
    "/dev/kmsg",
    "/dev/mem",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/fuse",
    "/dev/kvm",
    "/dev/net/tun",
    "/dev/userfaultfd",
    "/job/../sessions",
    "/root/.ssh",
    "/home",
    "/tmp/../etc/passwd",
]


@pytest.mark.parametrize("path", OUT_OF_SIGHT)
def test_a_path_leads_nowhere(attack, path):
    code = f"""
import os
try:
    found = os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}, "rb").read(10)
    print("WORKED" if found else "empty")
except OSError:
    print("empty")
"""
    (result,) = attack(code)
    assert result.output == "empty\n"


LINKS = {
    "to a file": "os.symlink('/etc/passwd', 'trap')",
    "to a relative file": "os.symlink('../../../../../../etc/passwd', 'trap')",
    "to a directory above": "os.symlink('/', 'up'); name = 'up/etc/passwd'",
    "to the root by its process": "os.symlink('/proc/self/root/etc/passwd', 'trap')",
    "to the working directory by its process": "os.symlink('/proc/self/cwd', 'up'); name = 'up/file_1.txt'",
    "to a descriptor": "os.symlink('/proc/self/fd/3', 'trap')",
    "to a device": "os.symlink('/dev/zero', 'trap')",
    "to itself": "os.symlink('trap', 'trap')",
    "to a plain file in the folder": "os.symlink('file_1.txt', 'trap')",
    "out of a directory": "os.mkdir('d'); os.symlink('../../../..', 'd/up'); name = 'd/up/etc/passwd'",
    "as a directory swapped in": "os.mkdir('d'); os.rmdir('d'); os.symlink('/etc', 'd'); name = 'd/passwd'",
}


@pytest.mark.parametrize("code", LINKS.values(), ids=LINKS.keys())
def test_the_host_follows_no_link(attack, folder, code):
    folder.put("file_1.txt", b"mine")
    (result,) = attack(f"import os\nname = 'trap'\n{code}\nfinal_answer(name)")
    with pytest.raises(ToolError):
        folder.read(result.answer)
    assert folder.names() == ("file_1.txt",)
    assert folder.write(result.answer.rsplit("/", maxsplit=1)[-1], b"new") in folder.names()


@pytest.mark.parametrize("target", ["/etc/hostname", "/usr/bin/id", "/dev/null", "/tmp/own"])
def test_no_hard_link_to_a_file_outside(attack, target):
    code = f"""
import os
open("/tmp/own", "w").close()
try:
    os.link({target!r}, "x")
    print("WORKED")
except OSError:
    print("refused")
"""
    (result,) = attack(code)
    assert result.output == "refused\n"


def test_a_file_swapped_for_a_link_while_the_host_reads_shows_nothing_of_the_host(tmp_path):
    folder, secret = SessionFolder.create(tmp_path / "sessions"), tmp_path / "secret"
    secret.write_bytes(b"secret")
    (folder.root / "d").mkdir()
    stop = threading.Event()

    def swap():
        other = folder.root / "other"
        while not stop.is_set():
            for make in (lambda: other.symlink_to(secret), lambda: other.write_bytes(b"mine")):
                make()
                other.replace(folder.root / "a")
            (folder.root / "d").rename(folder.root / "e")
            (folder.root / "d").symlink_to(tmp_path)
            (folder.root / "d").unlink()
            (folder.root / "e").rename(folder.root / "d")

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen, listed = set(), set()
    try:
        for _ in range(2_000):
            for name in ("a", "d/secret"):
                try:
                    seen.add(folder.read(name))
                except ToolError:
                    continue
            listed.update(folder.names())
            assert folder.size_bytes() < 20
    finally:
        stop.set()
        swapping.join()
    assert seen <= {b"mine", b""}
    assert b"mine" in seen
    assert not {name for name in listed if "secret" in name or "session" in name}


LEFT = {
    "a directory": "os.mkdir('x')",
    "a file nobody may read": "open('x', 'w').close(); os.chmod('x', 0)",
    "a file over the limit": "open('x', 'wb').truncate(4 * 2**20)",
}


@pytest.mark.parametrize("code", LEFT.values(), ids=LEFT.keys())
def test_a_thing_left_for_a_tool_does_not_hang_the_host(attack, folder, code):
    (result,) = attack(f"import ctypes, os\nlibc = ctypes.CDLL(None)\n{code}")
    assert result.error == ""
    done = threading.Event()

    def read():
        with contextlib.suppress(ToolError):
            folder.read("x")
        done.set()

    threading.Thread(target=read, daemon=True).start()
    assert done.wait(5)


NAMES = {
    "line breaks": "b'a\\nb\\r\\n'",
    "no text": "b'\\xff\\xfe'",
    "255 bytes": "(b'x' * 255)",
    "a flag": "b'-rf'",
    "escape codes": "b'\\x1b[2J'",
    "quotes": 'b"\'; rm -rf ."',
    "right to left": "'\\u202egnp.exe'.encode()",
    "spaces only": "b'   '",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_hostile_name_is_listed_as_text_and_removed(attack, folder, name):
    (result,) = attack(
        f"import os\nos.close(os.open({name}, os.O_CREAT | os.O_WRONLY, 0o600))\nos.mkdir({name}[:200] + b'd')"
    )
    assert result.error == ""
    for listed in folder.names():
        assert listed.encode()
        assert folder.read(listed) == b""
    folder.remove()
    assert not folder.root.exists()


def test_locked_directories_and_hostile_trees_are_removed(attack, folder):
    code = """
import os
for n in range(20):
    os.makedirs(f"d{n}/e/f")
    open(f"d{n}/e/g", "w").close()
    os.setxattr(f"d{n}", "user.x", b"x" * 100)
    os.chmod(f"d{n}/e", 0)
    os.chmod(f"d{n}", 0)
os.chmod("/job", 0)
"""
    (result,) = attack(code)
    assert result.error_kind in ("", "died")
    folder.remove()
    assert not folder.root.exists()


def test_a_pipe_or_socket_left_for_a_tool_does_not_hang_the_host(tmp_path):
    folder = SessionFolder.create(tmp_path)
    os.mkfifo(folder.root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder.root / "socket"))
    for name in ("pipe", "socket"):
        with pytest.raises(ToolError, match=f"'{name}'"):
            folder.read(name)
    assert folder.names() == ()


def test_a_folder_that_is_gone_is_an_error_in_words(tmp_path):
    folder = SessionFolder.create(tmp_path)
    folder.remove()
    for act in (lambda: folder.read("a"), lambda: folder.write("a", b""), folder.names, folder.size_bytes):
        with pytest.raises(ToolError, match="cannot be opened"):
            act()


def test_directories_may_be_nested_but_not_for_ever(tmp_path):
    folder = SessionFolder.create(tmp_path, Limits(file_bytes=10))
    (folder.root / "/".join("d" * MAX_DEPTH)).mkdir(parents=True)
    (folder.root / "/".join("d" * MAX_DEPTH) / "f").write_bytes(b"x")
    assert folder.size_bytes() == 1
    (folder.root / "/".join("d" * (MAX_DEPTH + 1))).mkdir()
    with pytest.raises(ToolError, match="nested deeper"):
        folder.size_bytes()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        with pytest.raises(ToolError):
            folder.size_bytes()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_no_module_is_taken_from_the_folder(attack):
    code = """
names = ("json", "socket", "traceback", "linecache", "csv", "numpy", "sitecustomize", "usercustomize", "colorsys")
for name in names:
    open(f"{name}.py", "w").write("raise SystemExit('taken from the folder')")
open("x.pth", "w").write("import os; os._exit(1)")
import csv, json, numpy, colorsys
print(json.loads("[1]"), colorsys.__file__.startswith("/job"))
"""
    first, second = attack(code, "import wave, shelve\nprint(echo(2))")
    assert (first.output, second.output) == ("[1] False\n", "[2]\n")
