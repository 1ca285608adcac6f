"""Processes below a process, as /proc tells them."""

import os
import signal
from collections.abc import Iterable
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Living processes that descend from ``pid``, parents before their children; without ``pid`` itself."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The command in brackets may hold anything; state and parent follow its last bracket.
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(entry.name))
    found = list(children.get(pid, ()))
    for process in found:
        found += children.get(process, ())
    return found


def running_module(pids: Iterable[int], module: str) -> list[int]:
    """Those of ``pids`` that were started as ``python -m MODULE``, launchers that pass the name on left out."""
    found = []
    for pid in pids:
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
        except OSError:
            continue
        if "-m" in arguments and arguments[arguments.index("-m") + 1] == module:
            found.append(pid)
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal each of ``pids`` that is still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
