"""What the launcher and its ranks say to each other: a configuration file down, JSON lines up."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from journeyman.schema.record import canonical_json
from journeyman.training.config import TrainingConfig

_EVENT = "journeyman_event"
STEP, CHECKPOINT, STOPPED, FINISHED = "step", "checkpoint", "stopped", "finished"
"""What rank 0 says."""


class RankConfig(BaseModel):
    """Everything a rank needs; it reads no environment of ours and talks to no store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    """Local folder of the run, shared by its ranks: dataset, checkpoints, failures, finished model."""
    training: TrainingConfig
    resume_step: int = 0
    """Step of the checkpoint in ``folder`` to go on from; 0 starts anew."""

    @property
    def dataset(self) -> Path:
        """Parquet of Example rows, all splits."""
        return self.folder / "dataset.parquet"

    @property
    def checkpoints(self) -> Path:
        """One folder a checkpoint."""
        return self.folder / "checkpoints"

    @property
    def failures(self) -> Path:
        """One file for each rank that failed."""
        return self.folder / "failures"

    @property
    def model(self) -> Path:
        """The finished model."""
        return self.folder / "model"


class Failure(BaseModel):
    """Why a rank ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int
    kind: str
    """Class name of the exception."""
    message: str
    traceback: str


def checkpoint_name(step: int) -> str:
    """Folder of the checkpoint taken after ``step``; names sort by step."""
    return f"step-{step:07d}"


def say(event: str, **values: Any) -> None:
    """Print one event line for the launcher."""
    print(canonical_json({_EVENT: event, **values}), flush=True)  # noqa: T201 - stdout is the channel


def heard(line: str) -> tuple[str, dict[str, Any]] | None:
    """Event and values of a line that :func:`say` printed; None for anything else that libraries print."""
    if not line.startswith("{") or _EVENT not in line:
        return None
    try:
        values = json.loads(line)
    except json.JSONDecodeError:
        return None
    return str(values.pop(_EVENT)), values


def read_failures(folder: Path) -> list[Failure]:
    """Failures that ranks wrote down, by rank; a half-written one is passed over."""
    found = []
    for path in sorted(folder.glob("rank-*.json")):
        try:
            found.append(Failure.model_validate_json(path.read_text()))
        except ValidationError:
            continue
    return found
