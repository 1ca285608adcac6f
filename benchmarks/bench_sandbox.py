"""What the sandbox costs, beside a fresh process for every trajectory and beside smolagents' executor.

Figures to reach: a warm step under 1 ms, a brokered tool call under 1 ms, a new isolated worker with its
libraries loaded under 40 ms, 32 live workers under 600 MB of memory, proportionally.
"""

import asyncio
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.limits import Limits
from journeyman.sandbox.sandbox import Sandbox

STEPS = 500
CALLS = 100
WORKERS = 50
LIVE = 32
FRESH = 5
LOOP = 200_000
IMPORTS = "import numpy, pandas, PIL.Image, matplotlib.pyplot"
WORK = {
    "import all four": IMPORTS,
    "describe a table": f"{IMPORTS}\nprint(pandas.DataFrame({{'a': numpy.arange(10)}}).describe())",
    "draw a chart": f"{IMPORTS}\nmatplotlib.pyplot.plot([1, 2])\nmatplotlib.pyplot.savefig('chart.png')",
}
LOOP_CODE = f"n = 0\nfor i in range({LOOP}):\n    n += i"
# No sandbox, writable as it is (matplotlib keeps its font cache): the cost of the namespaces only.
BWRAP = ("bwrap", "--unshare-all", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
SMOLAGENTS = """
import json, time
start = time.perf_counter()
from smolagents.local_python_executor import LocalPythonExecutor
imported = time.perf_counter() - start
def timed(act, runs):
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[runs // 2]
constructed = timed(lambda: LocalPythonExecutor([]), 50)
executor = LocalPythonExecutor([])
executor.send_tools({})
step = timed(lambda: executor("1+1"), 200)
loop = timed(lambda: executor(LOOP_CODE), 1)
print(json.dumps([imported, constructed, step, loop]))
"""


def main() -> None:
    """Print medians; ours and the yardsticks from the same minutes."""
    asyncio.run(_ours())
    _fresh_processes()
    _smolagents()


async def _ours() -> None:
    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as home:
        async with Sandbox.start(Path(home, "sessions"), Limits(tool_calls_per_step=CALLS)) as sandbox:
            folder = SessionFolder.create(sandbox.home)
            async with sandbox.worker(folder, ("echo",), _nothing) as worker:
                step = await _median(lambda: worker.run("1+1"), STEPS)
                calls = await _median(lambda: worker.run(f"for _ in range({CALLS}): echo(1)"), 20)
                loop = await _median(lambda: worker.run(LOOP_CODE), 5)
            start = await _median(lambda: _start_and_end(sandbox, folder), WORKERS, reported=True)
            alone = sum(map(_pss_bytes, _descendants(os.getpid())))
            memory = {name: await _memory(sandbox, folder, code) for name, code in WORK.items()}
    _line("a warm step of 1+1", step * 1e3, "ms", 1)
    _line("a brokered tool call", (calls - step) / CALLS * 1e3, "ms", 1)
    _line("a new worker, libraries loaded", start * 1e3, "ms", 40)
    _line("the zygote's memory, proportional", alone / 1e6, "MB")
    for name, bytes_used in memory.items():
        _line(f"with {LIVE} live workers that {name}", bytes_used / 1e6, "MB", 600)
    _line(f"a loop of {LOOP} turns", loop * 1e3, "ms")


async def _median(act: Callable[[], Awaitable[Any]], runs: int, *, reported: bool = False) -> float:
    """Seconds of the middle run; of what ``act`` itself reports where it measures a part only."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        result = await act()
        seconds.append(result if reported else time.perf_counter() - start)
    return statistics.median(seconds)


async def _start_and_end(sandbox: Sandbox, folder: SessionFolder) -> float:
    start = time.perf_counter()
    async with sandbox.worker(folder, (), _nothing):
        return time.perf_counter() - start


async def _memory(sandbox: Sandbox, folder: SessionFolder, code: str) -> int:
    """Proportional bytes of the zygote and of ``LIVE`` workers that have all run ``code``."""
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(sandbox.worker(folder, (), _nothing)) for _ in range(LIVE)]
        for worker in workers:
            result = await worker.run(code)
            assert not result.error, result.error
        return sum(map(_pss_bytes, _descendants(os.getpid())))


def _fresh_processes() -> None:
    python = (sys.executable, "-I", "-c", IMPORTS)
    commands: dict[str, Sequence[str]] = {"a fresh process": python, "a fresh process in bubblewrap": (*BWRAP, *python)}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(FRESH):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True)
            seconds[name].append(time.perf_counter() - start)
    for name, values in seconds.items():
        _line(f"{name}, libraries loaded", statistics.median(values) * 1e3, "ms")


def _smolagents() -> None:
    if importlib.util.find_spec("smolagents") is None:
        print("smolagents' LocalPythonExecutor is not measured: `pip install smolagents==1.26.0`")
        return
    program = f"LOOP_CODE = {LOOP_CODE!r}\n{SMOLAGENTS}"
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    names = ("import", "construct", "a warm step of 1+1", f"a loop of {LOOP} turns")
    for name, seconds in zip(names, json.loads(result.stdout), strict=True):
        _line(f"smolagents: {name}", seconds * 1e3, "ms")
    start = time.perf_counter()
    exec(LOOP_CODE, {})  # our own loop, as plain Python runs it
    _line(f"plain Python: a loop of {LOOP} turns", (time.perf_counter() - start) * 1e3, "ms")


async def _nothing(_name: str, _args: list[Any], _kwargs: dict[str, Any]) -> None:
    return None


def _line(name: str, value: float, unit: str, limit: float | None = None) -> None:
    print(f"{name:50} {value:9.2f} {unit}" + (f" (to reach: {limit:g} {unit})" if limit else ""))


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    pending = [pid]
    while pending:
        for children in Path(f"/proc/{pending.pop()}/task").glob("*/children"):
            pids = [int(child) for child in children.read_text().split()]
            found.update(pids)
            pending += pids
    return found


if __name__ == "__main__":
    main()
