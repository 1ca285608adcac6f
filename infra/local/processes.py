"""Start a process that outlives us, know it again later, and stop it and nothing else."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local.home import write_private

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told apart from a later one that was given the same pid."""

    pid: int
    started_ticks: int
    """Clock ticks between boot and its start, from ``/proc/PID/stat``."""
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The process that has ``pid`` now; None when there is none or it has ended."""
        stat = _stat(pid)
        return None if stat is None else cls(pid, stat.started_ticks, _boot_id())

    def is_alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return Process.of(self.pid) == self

    def descendants(self) -> tuple["Process", ...]:
        """Its children and theirs, also those in sessions of their own (flow runs, training ranks)."""
        parents = {pid: stat.parent for pid in _pids() if (stat := _stat(pid))}
        family = {self.pid}
        while new := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= new
        found = (Process.of(pid) for pid in sorted(family - {self.pid}))
        return tuple(process for process in found if process)


@dataclass(frozen=True, slots=True)
class Record:
    """What a pid file holds."""

    process: Process
    address: str

    def write(self, path: Path) -> None:
        """Replace the pid file."""
        write_private(path, json.dumps({**asdict(self.process), "address": self.address}))

    @classmethod
    def read(cls, path: Path) -> "Record | None":
        """The record in a pid file; None without a file, or with one that says nothing."""
        try:
            data = json.loads(path.read_text())
            process = Process(int(data["pid"]), int(data["started_ticks"]), str(data["boot_id"]))
            return cls(process, str(data["address"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            # Cut off by a power loss: whatever it named cannot be known again, so it names nothing.
            return None


def start(arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path) -> Process:
    """Start a process in a session of its own; the log of its last run is kept as ``NAME.log.1``."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    with log.open("wb") as output:
        # A session of its own: a Ctrl-C at the terminal must not reach it, and its group can be signalled as one.
        child = subprocess.Popen(  # the pid file, not this object, is how it is found again
            list(arguments),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Until we wait for it a dead child keeps its pid, so the identity cannot be another's.
    stat = _stat(child.pid, zombies=True)
    assert stat is not None
    child.returncode = 0  # keeps Popen from warning that the process still runs: it is meant to
    return Process(child.pid, stat.started_ticks, _boot_id())


def stop(process: Process, *, patience_seconds: float) -> bool:
    """End a process, its group and what it started; True when it ended without being killed.

    SIGTERM to the group first; what is left after ``patience_seconds`` gets SIGKILL.
    """
    if not process.is_alive():
        return True
    family = process.descendants()
    _signal_group(process, signal.SIGTERM)
    gentle = _wait_for_end((process,), patience_seconds)
    if not gentle:
        _signal_group(process, signal.SIGKILL)
    # Flow runs sit in sessions of their own and survive their worker.
    for signal_number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        left = [child for child in family if child.is_alive()]
        for child in left:
            _signal(child, signal_number)
        if not left or _wait_for_end(tuple(left), seconds):
            break
    _wait_for_end((process,), 5.0)
    return gentle


@dataclass(frozen=True, slots=True)
class _Stat:
    parent: int
    started_ticks: int


def _stat(pid: int, *, zombies: bool = False) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in brackets and may hold spaces and brackets itself.
    fields = text.rpartition(")")[2].split()
    if fields[0] in "ZX" and not zombies:
        return None
    return _Stat(parent=int(fields[1]), started_ticks=int(fields[19]))


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _signal_group(process: Process, number: int) -> None:
    if process.is_alive():
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


def _signal(process: Process, number: int) -> None:
    if process.is_alive():
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return


def _wait_for_end(processes: Sequence[Process], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(process.is_alive() for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
