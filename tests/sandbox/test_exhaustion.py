"""What code may use up: its own share of memory, disk, threads and time, and nothing of anybody else's."""

import asyncio
import os
from pathlib import Path

import pytest

MEMORY = {
    "a list": "x = []\nwhile True: x.append(bytes(10**8))",
    "arrays": "import numpy\nx = []\nwhile True: x.append(numpy.empty(10**7))",
    "an anonymous mapping": "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 2**28))",
    "a private mapping": "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 2**28, flags=mmap.MAP_PRIVATE))",
    "one string": "x = 'y' * 2**40",
    "one number": "x = 1 << 2**40",
    "one picture": "from PIL import Image\nImage.new('RGB', (10**5, 10**5))",
    "one frame": "import pandas\npandas.DataFrame({'a': range(10**9)})",
    "a thread's stack": "import threading\nthreading.stack_size(2**31)\nthreading.Thread(target=print).start()",
    "huge pages": "import mmap\nmmap.mmap(-1, 2**33, flags=0x40022)",
}


@pytest.mark.parametrize("code", MEMORY.values(), ids=MEMORY.keys())
def test_memory_ends_for_the_worker_only(attack, code):
    results = attack(code, "x = None\nprint('alive')")
    assert results[0].error_kind in ("memory", "execution", "died")
    assert results[0].error
    assert len(results) == 1 or results[1].output == "alive\n"


THREADS = {
    "threads": "import threading, time\n"
    "while True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    "threads with small stacks": "import threading, time\nthreading.stack_size(32768)\n"
    "while True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    "bare threads that need no memory": """
import ctypes
libc = ctypes.CDLL(None)
stack = ctypes.create_string_buffer(2**16)
pause, top = ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.c_void_p(ctypes.addressof(stack) + 2**15)
for number in range(100_000):
    if libc.clone(pause, top, 0x10f00, None) < 0:
        raise RuntimeError("can't start new thread")
""",
}


@pytest.mark.parametrize("code", THREADS.values(), ids=THREADS.keys())
def test_threads_end_for_the_worker_only(attack, code):
    before = _tasks(os.getpid())
    results = attack(*[code] * 6)  # on a busy machine a step may be over before it has them all
    assert results[-1].error_kind == "died" or "can't start new thread" in results[-1].error
    assert _tasks(os.getpid()) <= before


def test_code_that_goes_on_asking_for_threads_is_ended(attack):
    code = """
import ctypes
libc = ctypes.CDLL(None)
stack = ctypes.create_string_buffer(2**16)
pause, top = ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.c_void_p(ctypes.addressof(stack) + 2**15)
while True: libc.clone(pause, top, 0x10f00, None)
"""
    (result,) = attack(code)
    assert result.error_kind == "died"


def test_processes_cannot_be_had_in_any_way(attack):
    code = """
import multiprocessing, os, subprocess
for start in (os.fork, lambda: subprocess.run(["/bin/true"]), lambda: os.posix_spawn("/bin/true", ["true"], {}),
              lambda: multiprocessing.Process(target=print).start(), lambda: os.system("true") and 1 / 0,
              lambda: os.popen("true").read() or 1 / 0):
    try:
        start()
        print("WORKED")
    except (OSError, ZeroDivisionError):
        pass
"""
    (result,) = attack(code)
    assert (result.output, result.error) == ("", "")


DISK = {
    "many large files": "for n in range(40): open(str(n), 'wb').write(b'x' * 4_000_000)",
    "files that are sparse": "for n in range(40): open(str(n), 'wb').truncate(4_000_000)",
    "very many directories": "import os\nfor n in range(4_200): os.mkdir(str(n))",
    "very many links": "import os\nopen('a', 'w').close()\nfor n in range(4_200): os.link('a', str(n))",
    "directories within directories": "import os\nfor _ in range(100):\n    os.mkdir('d')\n    os.chdir('d')",
    "a directory that nobody may read": "import os\nos.mkdir('d')\nfor _ in range(40): os.mkdir('d/' + str(_))\n"
    "for n in range(40): open(f'd/{n}/f', 'wb').write(b'x' * 4_000_000)\nos.chmod('d', 0)",
}


@pytest.mark.parametrize("code", DISK.values(), ids=DISK.keys())
def test_a_full_folder_ends_the_run(attack, folder, code):
    (result,) = attack(code)
    assert result.error_kind == "died"
    assert "the folder" in result.error
    folder.remove()
    assert not folder.root.exists()


def test_very_many_files_end_the_run_over_several_steps(attack):
    code = "import os\nfor n in range(1_000): os.close(os.open(f'{os.urandom(8).hex()}', os.O_CREAT))"
    *_, last = attack(*[code] * 20)
    assert last.error_kind == "died"
    assert "more than 4000 files" in last.error


HIDDEN = {
    "held open": "kept.append(os.open('h', os.O_RDWR | os.O_CREAT))\n    os.write(kept[-1], BLOCK)\n    os.unlink('h')",
    "mapped": "f = os.open('h', os.O_RDWR | os.O_CREAT)\n    os.write(f, BLOCK)\n    kept.append(mmap.mmap(f, 4096))\n"
    "    os.close(f)\n    os.unlink('h')",
    "nameless from the start": "kept.append(os.open('.', os.O_RDWR | os.O_TMPFILE))\n    os.write(kept[-1], BLOCK)",
    "replaced by another": "kept.append(os.open('h', os.O_RDWR | os.O_CREAT))\n    os.write(kept[-1], BLOCK)\n"
    "    os.close(os.open('i', os.O_CREAT))\n    os.rename('i', 'h')",
}


@pytest.mark.parametrize("keep", HIDDEN.values(), ids=HIDDEN.keys())
def test_deleted_files_that_are_kept_in_use_count(runner, sandbox, folder, keep):
    code = f"import mmap, os, time\nkept, BLOCK = [], b'x' * 4_000_000\nfor _ in range(4):\n    {keep}"

    async def go():
        async with sandbox.worker(folder, (), None) as worker:
            first = await worker.run(code)
            await asyncio.sleep(2.5)  # the host looks every second, whether a step runs or not
            return first, await worker.run("print('alive')"), folder.size_bytes()

    first, second, seen = runner.run(go())
    assert (first.error, seen < 8_000_000) == ("", True)
    assert (second.error_kind, "deleted files" in second.error) == ("died", True)


def test_a_large_mapping_without_a_file_is_no_hidden_file(runner, sandbox, folder):
    async def go():
        async with sandbox.worker(folder, (), None) as worker:
            await worker.run("import mmap, os\nkept = [mmap.mmap(-1, 2**20) for _ in range(20)]")
            await asyncio.sleep(1.5)
            return await worker.run("print('alive')")

    assert runner.run(go()).output == "alive\n"


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_scratch_space_ends_by_bytes_and_by_names(attack, place):
    code = f"""
import errno
for size in (4_000_000, 0):
    try:
        for n in range(20_000):
            open(f"{place}/{{size}}-{{n}}", "wb").write(b"x" * size)
    except OSError as exc:
        print(errno.errorcode[exc.errno])
"""
    (result,) = attack(code)
    assert result.output == "ENOSPC\nENOSPC\n"


OUTPUT = {
    "many lines": "for n in range(10**5): print(n)",
    "one line": "print('x' * 10**8)",
    "an answer": "final_answer('x' * 10**7)",
    "an answer of many values": "final_answer([[]] * 10**6)",
    "an argument": "echo('x' * 10**7)",
    "an argument of many values": "echo([{}] * 10**6)",
    "an error": "raise ValueError('x' * 10**7)",
    "a name in an error": "exec(f\"def {'f' * 10**5}(): 1 / 0\\n{'f' * 10**5}()\")",
    "a deep error": "def f(): f()\nf()",
}


@pytest.mark.parametrize("code", OUTPUT.values(), ids=OUTPUT.keys())
def test_what_comes_out_is_short(attack, code):
    first, second = attack(code, "print('alive')")
    assert len(first.output) < 1_100
    assert len(first.error) < 6_000
    assert second.output == "alive\n"


def _tasks(pid: int) -> int:
    pending, count = [pid], 0
    while pending:
        for task in Path(f"/proc/{pending.pop()}/task").glob("*"):
            count += 1
            pending += [int(child) for child in (task / "children").read_text().split()]
    return count
