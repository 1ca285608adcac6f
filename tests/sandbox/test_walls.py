import asyncio
import os
import time
from pathlib import Path

import pytest

from journeyman.errors import SandboxError, ToolError
from journeyman.sandbox import bubblewrap
from journeyman.sandbox.folder import SessionFolder


def _error(code: str) -> str:
    """Code that prints the class of the error ``code`` raises, or what it gave."""
    imports = "import os, socket, subprocess"
    return f"{imports}\ntry:\n    print('WORKED', {code})\nexcept Exception as exc:\n    print(type(exc).__name__)"


DENIED = [
    ("os.fork()", "PermissionError"),
    ("subprocess.run(['/usr/bin/id'])", "PermissionError"),
    ("os.execv('/usr/bin/id', ['id'])", "PermissionError"),
    ("socket.socket()", "PermissionError"),
    ("socket.socket(socket.AF_UNIX)", "PermissionError"),
    ("socket.getaddrinfo('example.org', 80)", "gaierror"),
    ("open('/etc/passwd').read()", "FileNotFoundError"),
    ("open('/proc/1/environ').read()", "FileNotFoundError"),
    ("os.listdir('/root')", "FileNotFoundError"),
    ("os.listdir('/home')", "FileNotFoundError"),
    ("os.listdir('/sys')", "FileNotFoundError"),
    ("os.listdir('/sessions')[0]", "IndexError"),
    ("os.listdir('/dev/shm/..').index('sda')", "ValueError"),
    ("open('/usr/x', 'w')", "OSError"),
    ("open('/opt/journeyman/x', 'w')", "OSError"),
    ("open('/x', 'w')", "OSError"),
    ("open('/dev/x', 'w')", "OSError"),
    ("os.mkfifo('pipe')", "PermissionError"),
    ("os.memfd_create('x')", "OSError"),
    ("open('large', 'wb').truncate(5 * 2**20)", "OSError"),
    ("os.setuid(0)", "OSError"),
    ("os.chroot('.')", "PermissionError"),
    ("os.kill(2, 9)", "ProcessLookupError"),
]


@pytest.mark.parametrize(("code", "error"), DENIED, ids=[code for code, _ in DENIED])
def test_a_way_out_is_closed(run, code, error):
    (result,) = run(_error(code))
    assert result.output == f"{error}\n"


def test_nothing_of_the_hosts_environment_is_inside(run, monkeypatch):
    (result,) = run("import os\nfinal_answer(sorted(os.environ))")
    assert set(result.answer) <= bubblewrap.ENVIRONMENT_NAMES


def test_the_socket_is_the_only_descriptor_besides_null(run):
    code = """
import os
found = []
for n in range(128):
    try:
        status = os.fstat(n)
    except OSError:
        continue
    found.append("null" if os.path.samestat(status, os.stat("/dev/null")) else oct(status.st_mode)[:4])
final_answer(found)
"""
    (result,) = run(code)
    assert result.answer == ["null", "null", "null", "0o14"]


def test_scratch_space_is_bounded(run):
    code = """
import os
try:
    for n in range(40):
        open(f"/tmp/{n}", "wb").write(b"x" * 4_000_000)
    print("all of it")
except OSError as exc:
    print(exc.strerror)
"""
    (result,) = run(code)
    assert result.output == "No space left on device\n"


def test_threads_run_out_before_the_machine_does(run):
    code = """
import threading
event = threading.Event()
count = 0
try:
    while count < 2000:
        threading.Thread(target=event.wait, daemon=True).start()
        count += 1
except (RuntimeError, MemoryError):
    pass
event.set()
print(count < 2000)
"""
    (result,) = run(code)
    assert result.output == "True\n"


def test_code_that_swallows_every_signal_is_killed_and_the_next_worker_starts(run):
    (result,) = run(
        "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass"
    )
    assert (result.error_kind, result.error) == ("timeout", "TimeoutError: killed after 2 s, all variables are lost")
    assert result.wall_seconds < 4
    assert run("print('next')")[0].output == "next\n"


def test_leaving_the_process_is_noticed_at_once(run):
    (result,) = run("import os\nos._exit(0)")
    assert result.error_kind == "died"
    assert result.wall_seconds < 1


def test_a_crash_in_native_code_is_noticed(run):
    (result,) = run("import ctypes\nctypes.string_at(0)")
    assert result.error_kind == "died"


def test_another_session_cannot_be_seen(runner, sandbox, folder):
    other = SessionFolder.create(sandbox.home)
    other.put("secret.txt", b"secret")
    code = f"""
import os
places = ("/job", "/tmp", "/dev/shm", "/sessions")
seen = [os.path.join(top, name) for place in places for top, _, names in os.walk(place) for name in names]
print([path for path in seen if "secret" in path], os.path.exists("/sessions/{other.root.name}"))
"""

    async def go():
        async with (
            sandbox.worker(other, (), _no_tools) as neighbour,
            sandbox.worker(folder, (), _no_tools) as worker,
        ):
            await neighbour.run("open('/tmp/secret', 'w').write('x')\nopen('/dev/shm/secret', 'w').write('x')")
            return await worker.run(code)

    result = runner.run(go())
    other.remove()
    assert result.output == "[] False\n"


def test_files_go_in_and_out_and_links_made_inside_are_not_followed(run, folder):
    folder.put("file_1.txt", b"in")
    code = """
import os
print(open("file_1.txt").read())
open("out.txt", "w").write("out")
os.symlink("/etc/passwd", "trap.txt")
os.symlink("/etc", "etc")
"""
    (result,) = run(code)
    assert (result.output, result.error) == ("in\n", "")
    assert folder.read("out.txt") == b"out"
    for trap in ("trap.txt", "etc/passwd"):
        with pytest.raises(ToolError, match="link"):
            folder.read(trap)


def test_a_folder_over_its_quota_ends_the_run(run):
    (result,) = run("for n in range(3): open(str(n), 'wb').write(b'x' * 4_000_000)")
    assert result.error_kind == "died"
    assert "the folder holds 12000000 bytes" in result.error


def test_eight_workers_run_at_once(runner, sandbox):
    async def one(number):
        folder = SessionFolder.create(sandbox.home)
        try:
            async with sandbox.worker(folder, ("echo",), _echo) as worker:
                await worker.run(f"x = {number}\nimport time\ntime.sleep(0.2)")
                return (await worker.run("final_answer(echo(x)[0])")).answer
        finally:
            folder.remove()

    async def all_of_them():
        return await asyncio.gather(*map(one, range(8)))

    started = time.monotonic()
    assert runner.run(all_of_them()) == list(range(8))
    assert time.monotonic() - started < 5


def test_a_cancelled_step_kills_its_worker(runner, sandbox, folder):
    before = _descendants(os.getpid())

    async def go():
        async with sandbox.worker(folder, (), _no_tools) as worker:
            step = asyncio.create_task(worker.run("import time\ntime.sleep(30)"))
            await asyncio.sleep(0.1)
            step.cancel()
            with pytest.raises(asyncio.CancelledError):
                await step
            assert not worker.alive

    runner.run(go())
    assert _descendants(os.getpid()) == before


def test_a_broker_with_a_bug_is_heard_of_and_the_worker_is_killed(runner, sandbox, folder):
    async def broken(name, args, kwargs):
        raise KeyError("bug")

    async def go():
        async with sandbox.worker(folder, ("echo",), broken) as worker:
            with pytest.raises(KeyError):
                await worker.run("echo()")
            assert not worker.alive

    runner.run(go())


def test_a_folder_elsewhere_is_refused(runner, sandbox, tmp_path):
    async def go():
        async with sandbox.worker(SessionFolder.create(tmp_path), (), _no_tools):
            pass

    with pytest.raises(SandboxError, match="is not in"):
        runner.run(go())


async def _no_tools(name, args, kwargs):
    raise AssertionError(name)


async def _echo(name, args, kwargs):
    return args


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    pending = [pid]
    while pending:
        for children in Path(f"/proc/{pending.pop()}/task").glob("*/children"):
            pids = [int(child) for child in children.read_text().split()]
            found.update(pids)
            pending += pids
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
