"""What a tracker is: a place outside the run where its metrics are kept. ``trackers/`` holds them, one file each.

Trackers live in the launcher: ranks talk to nobody. Each works without a network: what needs an
account writes to a local folder until the environment says where the account is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from journeyman.errors import ConfigError
from journeyman.plugins import load_plugin


class Tracking(Protocol):
    """One run in a tracker."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Keep ``metrics`` of ``step``."""
        ...

    def close(self) -> None:
        """Write out what is held back; nothing is logged after it."""
        ...


@dataclass(frozen=True, slots=True)
class Tracker:
    """One kind of tracker."""

    module: str
    """What is imported; the tracker is refused where it is not installed."""
    package: str
    """What is installed for it."""
    start: Callable[[str, Path, Mapping[str, Any]], Tracking]
    """(name of the run, local folder, settings of the run) -> the run; a name that was used before is gone on with."""

    def refuse_missing(self) -> None:
        """Name the package before a run is begun.

        Raises:
            ConfigError: It is not installed.
        """
        if find_spec(self.module) is None:
            raise ConfigError(
                f"tracker {self.package!r} is not installed: pip install {self.package}, or leave it out of trackers"
            )


def load_tracker(name: str) -> Tracker:
    """The tracker ``name``.

    Raises:
        UnknownPluginError: No such tracker.
    """
    return load_plugin("journeyman.trackers", name, "TRACKER", Tracker)


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are numbers, a list as its largest value: of memory by rank, what counts is the fullest."""
    flat = {
        name: max(value) if isinstance(value, (list, tuple)) and value else value for name, value in metrics.items()
    }
    return {
        name: float(value)
        for name, value in flat.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
