"""The test splits of Multimodal-Mind2Web as they are published: Parquet files of one action a row.

A row holds two versions of the page's HTML and thousands of candidates that nothing here needs. Only the columns that
are used are decoded, a few rows at a time.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journeyman.benchmarks._official_files import first_problem, named
from journeyman.benchmarks._screen_replies import FourNumbers, Words, refuse_faults
from journeyman.benchmarks._screenshots import Screenshot, Screenshots
from journeyman.errors import ConfigError
from journeyman.metrics.boxes import Box, box_from_xywh, box_to_fractions
from journeyman.metrics.mind2web import Operation

TITLE = "Multimodal-Mind2Web"
WHERE = "huggingface.co/datasets/osunlp/Multimodal-Mind2Web"
SPLITS = {"task": (1339, 177), "website": (1019, 142), "domain": (4060, 694)}
"""Published actions and episodes of each test split."""

_COLUMNS = (
    *("action_uid", "annotation_id", "website", "domain", "confirmed_task", "operation", "pos_candidates"),
    *("screenshot", "action_reprs", "target_action_index"),
)
_ROWS_AT_ONCE = 8
_DEPTHS = ("", "*/", "*/*/")
_NO_BOX = (-1.0, -1.0, -1.0, -1.0)


@dataclass(frozen=True, slots=True)
class WebStep:
    """One action of an episode that can be posed."""

    split: str
    episode: str
    action: str
    website: str
    domain: str
    goal: str
    previous: tuple[str, ...]
    """The actions before it, in the data's own words."""
    operation: Operation
    value: str
    boxes: tuple[Box, ...]
    """Of each right element, in fractions of the screenshot."""
    screenshot: Screenshot


class _Operation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    op: Operation
    original_op: Operation | None = None
    value: str = ""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    action_uid: Words
    annotation_id: Words
    website: Words
    domain: Words
    confirmed_task: Words
    operation: str
    pos_candidates: tuple[str, ...]
    action_reprs: tuple[Words, ...]
    target_action_index: Annotated[int, Field(ge=0)]


class _Candidate(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    attributes: str


class _Attributes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    bounding_box_rect: str


class _Numbers(BaseModel):
    numbers: FourNumbers


def read_steps(source: str, shots: Screenshots) -> tuple[list[WebStep], dict[str, str]]:
    """Actions that can be posed, split by split in the files' order, and what reports say of the rest.

    An action without a right element, without its box, or without a screenshot is left out and counted, as by the
    published script.

    Args:
        source: The repository's folder, or one with some of its ``test_*.parquet``; or one such file.
        shots: Takes the screenshots.

    Raises:
        ConfigError: None is there, one is no such file, or a row cannot be used.
    """
    steps: list[WebStep] = []
    facts: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    faults: list[str] = []
    for split, paths in _files(source).items():
        before, rows, episodes = len(steps), 0, set[str]()
        for place, raw in (pair for path in paths for pair in _raw_rows(path)):
            rows += 1
            try:
                row = _Row.model_validate(raw)
                episodes.add(row.annotation_id)
                found = _step(split, row, raw.get("screenshot"), shots)
            except ValidationError as exc:
                faults.append(f"{place}: {first_problem(exc)}")
            except ValueError as exc:
                faults.append(f"{place}: {exc}")
            else:
                left_out.update([found] if isinstance(found, str) else [])
                steps += [found] if isinstance(found, WebStep) else []
        facts[f"cross-{split}"] = (
            f"{rows} of the published {SPLITS[split][0]} actions, {len(episodes)} of {SPLITS[split][1]} episodes; "
            f"{len(steps) - before} can be posed"
        )
    twice = [uid for uid, count in Counter(f"{step.episode}_{step.action}" for step in steps).items() if count > 1]
    faults += [f"{uid}: stands twice" for uid in twice]
    refuse_faults(faults, benchmark=TITLE, where=WHERE)
    if not steps:
        raise ConfigError(f"{source} holds no action of {TITLE} that can be posed; get it from {WHERE}")
    facts["left out"] = ", ".join(f"{count} {why}" for why, count in sorted(left_out.items())) or "none"
    return steps, facts


def _files(source: str) -> dict[str, list[Path]]:
    """Split -> its files."""
    path = Path(source).expanduser()
    if not source.strip() or not path.exists():
        raise ConfigError(f"{TITLE} data {source!r} are not there; name the folder with its test_*.parquet")
    if path.is_file() and path.suffix != ".parquet":
        raise ConfigError(f"{path} is no Parquet file; unpack it and name the folder with {TITLE}'s test_*.parquet")
    every = [path] if path.is_file() else [file for depth in _DEPTHS for file in sorted(path.glob(f"{depth}*.parquet"))]
    found = {split: [file for file in every if file.name.startswith(f"test_{split}")] for split in SPLITS}
    found = {split: files for split, files in found.items() if files}
    if not found:
        looked = ", ".join(f"test_{split}*.parquet" for split in SPLITS)
        raise ConfigError(f"{path} does not hold {TITLE}: looked for {looked} in it and in folders of it")
    for split, files in found.items():
        folders = sorted({str(file.parent) for file in files})
        if len(folders) > 1:
            raise ConfigError(f"{path} holds the split test_{split} {len(folders)} times ({named(folders)}); name one")
    return found


def _raw_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where a row stands, and the columns of it that are used."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            lacking = [name for name in _COLUMNS if name not in file.schema_arrow.names]
            if lacking:
                raise ConfigError(f"{path.name} has no column {named(lacking)}; get it from {WHERE}")
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=list(_COLUMNS)):
                for row in batch.to_pylist():
                    yield f"{path.name} row {number}", row
                    number += 1
    except (pa.ArrowException, OSError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}; get it from {WHERE}") from exc


def _step(split: str, row: _Row, picture: Any, shots: Screenshots) -> WebStep | str:
    """The action, or why it is left out.

    Raises:
        ValueError: What the row says of its operation, its elements or its place in the episode cannot be.
    """
    operation = _Operation.model_validate_json(row.operation)
    pixels = _pixel_boxes(row.pos_candidates)
    if row.target_action_index >= len(row.action_reprs):
        raise ValueError(f"target_action_index is {row.target_action_index} of {len(row.action_reprs)} actions")
    if not pixels:
        return "without a box"
    data = picture.get("bytes") if isinstance(picture, dict) else None
    if not data:
        return "without a screenshot"
    shot = shots.add(data, f"{row.annotation_id}_{row.action_uid}")
    if shot is None:
        return "with a screenshot that does not open"
    return WebStep(
        split=split,
        episode=row.annotation_id,
        action=row.action_uid,
        website=row.website,
        domain=row.domain,
        goal=row.confirmed_task,
        previous=row.action_reprs[: row.target_action_index],
        operation=operation.original_op or operation.op,
        value=operation.value,
        boxes=tuple(box_to_fractions(box, width_pixels=shot.width, height_pixels=shot.height) for box in pixels),
        screenshot=shot,
    )


def _pixel_boxes(candidates: Sequence[str]) -> list[Box]:
    """Boxes of the right elements that have one."""
    boxes: list[Box] = []
    for text in candidates:
        attributes = _Attributes.model_validate_json(_Candidate.model_validate_json(text).attributes)
        numbers = _Numbers.model_validate({"numbers": attributes.bounding_box_rect.split(",")}).numbers
        if numbers != _NO_BOX:
            boxes.append(box_from_xywh(numbers))
    return boxes
