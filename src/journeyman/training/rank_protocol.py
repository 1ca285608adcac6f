"""What the launcher and its ranks say to each other: a configuration file down, JSON lines up."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from journeyman.schema.record import canonical_json
from journeyman.training.config import TrainingConfig

_EVENT = "journeyman_event"
STEP, ROWS, CHECKPOINT, STOPPED, FINISHED = "step", "rows", "checkpoint", "stopped", "finished"
"""What rank 0 says, each with ``step``. ``step`` carries the metrics; ``checkpoint`` may carry ``validation_loss``;
``rows`` counts the rows met so far and how many of them are left out or cut, when that changes."""


class RankConfig(BaseModel):
    """Everything a rank needs; it reads no environment of ours and writes to no store."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    folder: Path
    """Folder of the run that all its ranks see, on several machines a shared one: dataset, checkpoints, failures,
    finished model."""
    training: TrainingConfig
    """Of this stage: its ``stages`` are empty, its ``base_model`` is a folder after the first."""
    urls: tuple[str, ...] = ()
    """Parquet files of Example rows, all splits, that ranks stream from the store; empty reads ``dataset``."""
    families: tuple[str, ...] = ()
    """Examples of these families only; empty takes all."""
    share: float = 1.0
    """Share of those rows, drawn once by the seed."""
    features: str = ""
    """Identity of the frozen encoders whose features lie in ``feature_file``; empty where there are none."""
    resume_step: int = 0
    """Step of the checkpoint in ``folder`` to go on from; 0 starts anew."""

    @property
    def dataset(self) -> Path:
        """Parquet of Example rows, all splits, where they are not streamed."""
        return self.folder / "dataset.parquet"

    @property
    def sources(self) -> tuple[str, ...]:
        """The Parquet files to read, wherever they are."""
        return self.urls or (str(self.dataset),)

    @property
    def feature_file(self) -> Path:
        """Features of the dataset's files (feature_file.py)."""
        return feature_path(self.folder)

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


def feature_path(folder: Path) -> Path:
    """Where the features of a run's files are."""
    return folder / "features.arrow"


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
