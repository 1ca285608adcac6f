"""Tool hosts of this process: a few children that hold loaded models, shared by every run in it.

A crash or a hang costs one call; a tool that keeps failing is out of order for a while instead of
taking host after host down.
"""

import asyncio
import atexit
import logging
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import journeyman
from journeyman.errors import ToolUnavailableError
from journeyman.settings import TOOL_PREFIX, load_settings
from journeyman.tool import Arguments, Tool
from journeyman.tool_host import frame_files, frame_of, read_frame
from journeyman.tool_run import Outcome

logger = logging.getLogger(__name__)

WARM_SECONDS = 60.0
FAILURES = 4
"""Different calls in a row that a tool may crash, hang or run out of memory on before it is out of order."""
COOL_SECONDS = 60.0
"""How long it then is."""

# What a child needs to find its libraries and fonts; keys and endpoints of ours are not among them.
_ENVIRONMENT = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "HF_HOME",
    "JOURNEYMAN_HOME",
)  # fmt: skip


@dataclass
class _Breaker:
    """Counts what says nothing of one input but something of the tool."""

    failed: set[str] = field(default_factory=set)
    closed_at: float = 0.0
    """Monotonic time from which it may be tried again."""

    def check(self, name: str) -> None:
        left = self.closed_at - time.monotonic()
        if len(self.failed) >= FAILURES and left > 0:
            raise ToolUnavailableError(
                f"{name} is out of order: {len(self.failed)} calls failed in a row; it may work later"
            )

    def failure(self, key: str) -> None:
        self.failed.add(key)
        self.closed_at = time.monotonic() + COOL_SECONDS

    def success(self) -> None:
        self.failed.clear()


class ToolHost:
    """One child process; one call at a time. Started on the first call, and again after it ended."""

    def __init__(self, python: Path | None = None) -> None:
        """Args: python: Interpreter of another environment; None takes this one."""
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, head: dict[str, Any], given: Mapping[str, bytes], seconds: float) -> Outcome:
        """Make one call; blocks until it is answered.

        Raises:
            ToolUnavailableError: The endpoint is down, or the host crashed, ran out of memory or took longer
                than ``seconds``; it says nothing of the call, so it must not be recorded.
        """
        answer = self._exchange(head, given, seconds)
        if answer is None and self._ended_well():
            answer = self._exchange(head, given, seconds)  # it had retired before the call reached it
        if answer is None:
            status = self.kill()
            logger.error("tool host died in %s with status %s", head["tool"], status)
            raise ToolUnavailableError(f"{head['tool']} crashed on this input")
        told, body = answer
        if told["out_of_memory"]:
            self.kill()
            raise ToolUnavailableError(f"{head['tool']} ran out of memory on this input")
        if told["unavailable"]:
            raise ToolUnavailableError(told["unavailable"])
        files = tuple(frame_files(told, body).items())
        return Outcome(told["value_json"], tuple(told["images"]), files, told["error"])

    def kill(self) -> int | None:
        """End the process, if there is one; nothing in it is worth saving."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    logger.debug("the host was gone before all was written to it")
        return process.wait()

    @property
    def pid(self) -> int:
        """Of the running process; 0 when there is none."""
        return self._process.pid if self._process else 0

    def _exchange(
        self, head: dict[str, Any], given: Mapping[str, bytes], seconds: float
    ) -> tuple[dict[str, Any], bytes] | None:
        process = self._process or self._start()
        assert process.stdin is not None  # a pipe
        assert process.stdout is not None  # a pipe
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(frame_of({**head, "seconds": seconds}, given))
            process.stdin.flush()
            answer = read_frame(process.stdout)
        except (BrokenPipeError, ValueError):  # ValueError: a cancelled call closed the pipe
            answer = None
        finally:
            timer.cancel()
        if late.is_set() and answer is None:
            self.kill()
            raise ToolUnavailableError(f"{head['tool']} took longer than {seconds:.0f} s and was stopped")
        return answer

    def _ended_well(self) -> bool:
        process = self._process
        if process is None:
            return False
        try:
            well = process.wait(timeout=1) == 0
        except subprocess.TimeoutExpired:
            return False
        if well:
            self.kill()
        return well

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {name: value for name, value in os.environ.items() if name.upper().startswith(TOOL_PREFIX)}
        # Another environment has its own libraries; of ours it needs this package alone.
        own = [str(Path(journeyman.__path__[0]).parent)]
        environment |= {
            "PYTHONPATH": os.pathsep.join(own if self._python else [path for path in sys.path if path]),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": load_settings().tool_gpus,
        }
        self._process = subprocess.Popen(
            [str(self._python or sys.executable), "-P", "-m", "journeyman.tool_host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        return self._process


class HostPool:
    """Hosts for heavy tools, a few for each interpreter. Safe to call from many event loops and threads."""

    def __init__(self, processes: int) -> None:
        """Args: processes: Hosts an interpreter at most; each loads its own copy of a model that it is asked for."""
        self._processes = processes
        self._local = threading.local()
        self._lock = threading.Lock()
        self._hosts: list[ToolHost] = []
        self._executors: dict[Path | None, ThreadPoolExecutor] = {}
        self._breakers: dict[str, _Breaker] = defaultdict(_Breaker)

    async def call(
        self, tool: Tool, shelf: str, arguments: Arguments, given: Mapping[str, bytes], root: Path,
        *, key: str, seconds: float,
    ) -> Outcome:  # fmt: skip
        """Run one call in a host.

        Args:
            tool: What to run.
            shelf: Package or Python file it is loaded from.
            arguments: Validated.
            given: Files the call may read.
            root: The trajectory's folder, for names only.
            key: What tells this call from others.
            seconds: Wall time, waiting for a free host not counted.

        Raises:
            ToolUnavailableError: A crash, a timeout, too much memory, or what answers is down: nothing to record.
        """
        head: dict[str, Any] = {"op": "call", "shelf": shelf, "tool": tool.name, "root": str(root)}
        head["arguments"] = arguments.model_dump(mode="json")
        breaker = self._breakers[f"{shelf}:{tool.name}"]
        breaker.check(tool.name)
        running: list[ToolHost] = []
        cancelled = threading.Event()

        def work() -> Outcome:
            if cancelled.is_set():
                raise ToolUnavailableError(f"{tool.name} was cancelled")
            host = self._host_of_thread(tool)
            running.append(host)
            return host.call(head, given, seconds)

        try:
            outcome = await asyncio.get_running_loop().run_in_executor(self._executor(tool), work)
        except asyncio.CancelledError:
            cancelled.set()
            for host in running:
                host.kill()  # half way through a frame: the next call would read this one's answer
            raise
        except ToolUnavailableError:
            breaker.failure(key)
            raise
        breaker.success()
        return outcome

    def warm(self, tools: Sequence[Tool], shelf: str) -> list["Future[None]"]:
        """Load the models of ``tools`` in the background; cancel what is not needed any more."""
        return [self._executor(tool).submit(self._load, tool, shelf) for tool in tools if tool.warm_up is not None]

    def pids(self) -> tuple[int, ...]:
        """Of the running hosts."""
        with self._lock:
            return tuple(host.pid for host in self._hosts if host.pid)

    def close(self) -> None:
        """End every host; a later call starts new ones."""
        with self._lock:
            hosts, executors = self._hosts, list(self._executors.values())
            self._hosts, self._executors = [], {}
            self._local = threading.local()
        for executor in executors:
            executor.shutdown(wait=False, cancel_futures=True)
        for host in hosts:
            host.kill()

    def _load(self, tool: Tool, shelf: str) -> None:
        head = {"op": "warm", "shelf": shelf, "tool": tool.name, "root": "/"}
        try:
            self._host_of_thread(tool).call(head, {}, WARM_SECONDS)
        except ToolUnavailableError as exc:
            logger.warning("could not load the model ahead of time: %s", exc)

    def _executor(self, tool: Tool) -> ThreadPoolExecutor:
        python = _interpreter(tool)
        with self._lock:
            if python not in self._executors:
                self._executors[python] = ThreadPoolExecutor(self._processes, thread_name_prefix="tool-host")
            return self._executors[python]

    def _host_of_thread(self, tool: Tool) -> ToolHost:
        # A thread of an executor owns one host, so a call never waits for another one's answer.
        host: ToolHost | None = getattr(self._local, "host", None)
        if host is None:
            host = self._local.host = ToolHost(_interpreter(tool))
            with self._lock:
                self._hosts.append(host)
        return host


@lru_cache(maxsize=1)
def shared_pool() -> HostPool:
    """The pool of this process; its hosts end with it."""
    pool = HostPool(load_settings().tool_processes)
    atexit.register(pool.close)
    return pool


def _interpreter(tool: Tool) -> Path | None:
    backing = load_settings().tool_backings.get(tool.name)
    return backing.python if backing else None
