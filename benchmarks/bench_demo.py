"""The demo from a fresh home, then again unchanged: wall time and peak memory of everything it starts.

Figures to reach on two cores: the first run within 12 minutes and 8 GB over all processes, the second,
all cache hits, under 90 s. The yardstick beside them is the machine's own speed on one core.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_SECONDS = 1.0
MARK = "JOURNEYMAN_HOME"


def main() -> None:
    """Run the demo twice and print what it took."""
    print(f"yardstick: 10 M loop iterations on one core take {_loop_seconds():.2f} s here")
    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as home:
        env = os.environ | {MARK: home}
        memory = _Memory(home)
        try:
            for name, limit in (("first run", 12 * 60), ("second run", 90)):
                start = time.perf_counter()
                _run("journeyman", "up", env=env)
                _run("journeyman", "sample-files", str(ROOT / ".journeyman" / "sample-files"), env=env)
                deployment = ("prefect", "deployment", "run", "synth-and-tune/demo", "--watch")
                _run("python", "-m", "infra.local", "exec", "--", *deployment, env=env)
                print(f"{name}: {time.perf_counter() - start:.0f} s (to reach: {limit} s)")
        finally:
            memory.stop()
            _run("journeyman", "down", env=env)
    print(f"peak memory of all processes: {memory.peak_bytes / 1e9:.1f} GB proportional (to reach: 8 GB)")


class _Memory:
    """Samples the proportional set size of every process that the run started."""

    def __init__(self, home: str) -> None:
        self.peak_bytes = 0
        self._home = home
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the sampling."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, sum(map(_pss_bytes, self._processes())))

    def _processes(self) -> set[int]:
        parents, marked = {}, set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
            if f"{MARK}={self._home}".encode() in environ:
                marked.add(int(entry.name))
        # Sandboxed workers start with an empty environment: they are known by their parents.
        while grown := {pid for pid, parent in parents.items() if parent in marked} - marked:
            marked |= grown
        return marked


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _run(program: str, *arguments: str, env: dict[str, str]) -> None:
    subprocess.run([str(Path(sys.executable).with_name(program)), *arguments], check=True, env=env, cwd=ROOT)


def _loop_seconds() -> float:
    start = time.perf_counter()
    for _ in range(10_000_000):
        pass
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
