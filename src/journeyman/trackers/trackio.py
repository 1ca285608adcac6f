"""Trackio: an SQLite file in the local folder, which ``trackio show`` reads; TRACKIO_DIR puts it elsewhere."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.tracker import Tracker

PROJECT = "journeyman"


class _Run:
    def __init__(self, run: Any) -> None:
        self._run = run

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """One row of the run."""
        self._run.log(dict(metrics), step=step)

    def close(self) -> None:
        """Finish the run."""
        self._run.finish()


def start(name: str, folder: Path, settings: Mapping[str, Any]) -> _Run:
    """A run of the project ``journeyman``; one of that name is gone on with."""
    # Read when trackio is imported, hence before it.
    os.environ.setdefault("TRACKIO_DIR", str(folder.resolve()))
    import trackio

    return _Run(
        trackio.init(
            PROJECT,
            name=name,
            config=dict(settings),
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
    )


TRACKER = Tracker(module="trackio", package="trackio", start=start)
