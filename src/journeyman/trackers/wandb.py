"""Weights & Biases: online where WANDB_API_KEY or WANDB_MODE says so, else a local folder for ``wandb sync``."""

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
        """One row of the run's history."""
        self._run.log(dict(metrics), step=step)

    def close(self) -> None:
        """Finish the run."""
        self._run.finish()


def start(name: str, folder: Path, settings: Mapping[str, Any]) -> _Run:
    """A run of the project ``journeyman``, or of WANDB_PROJECT."""
    import wandb

    folder.mkdir(parents=True, exist_ok=True)
    known = os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_MODE")
    return _Run(
        wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            id=name,
            name=name,
            dir=folder,
            config=dict(settings),
            mode=None if known else "offline",
            resume="allow" if known else None,  # it takes the server to go on with a run
            settings=wandb.Settings(silent=True),
        )
    )


TRACKER = Tracker(module="wandb", package="wandb", start=start)
