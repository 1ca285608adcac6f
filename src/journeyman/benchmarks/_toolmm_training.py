"""ToolMMBench's training rows as pairs of instruction and file, and what of a problem they had seen."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from journeyman.action_formats.api_choice import Choice, write_choice
from journeyman.benchmark import Taught
from journeyman.benchmarks._official_files import first_problem, is_inside, parse_json
from journeyman.errors import ConfigError
from journeyman.schema.api import UNKNOWN, Ambiguity, Modality

TRAINING_FILES: Mapping[Modality, str] = {
    "text": "text_t2t.json",
    "image": "image_tx2t.json",
    "audio": "audio_tx2t.json",
    "video": "video_tx2t.json",
}
WHERE = "github.com/MLLM-Tool/MLLM-Tool, data/IT_data_ins/T+X-T_data"

_AMBIGUITIES: Mapping[int, Ambiguity] = {
    -1: "",
    1: "domain",
    2: "labels",
    3: "quality",
    4: "condition",
    5: "language",  # the published code is "other", and all that it is given for is the language of a recording
}


def _as_names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_code(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.strip().lstrip("-").isdecimal() else value


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    speaker: Annotated[Literal["human"], Field(alias="from")]
    value: Annotated[str, StringConstraints(min_length=1)]


class _Replied(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    speaker: Annotated[Literal["gpt"], Field(alias="from")]
    value: Annotated[tuple[str, ...], BeforeValidator(_as_names), Field(min_length=1)]
    ambiguity: Annotated[Literal[-1, 1, 2, 3, 4, 5], BeforeValidator(_as_code)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    image_path: str = ""
    audio_path: str = ""
    video_path: str = ""
    input_modality: Modality
    conversations: tuple[_Asked, _Replied]


@dataclass(frozen=True, slots=True)
class OfficialRow:
    """One row of the official files, training and test alike."""

    text: str
    modality: Modality
    path: str
    """Of its file, as published; empty where there is none."""
    names: tuple[str, ...]
    """Accepted, sorted, each once, without the blanks around them; one in a training row."""
    ambiguity: Ambiguity


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """An instruction with a file, and all names that training rows give for it."""

    text: str
    modality: Modality
    path: str
    names: tuple[str, ...]
    """Sorted, each once."""

    def taught(self) -> Taught:
        """What a baseline learns from it."""
        names = tuple(name for name in self.names if name != UNKNOWN)
        return Taught(text=self.text, reply=write_choice(Choice(apis=names) if names else Choice(unknown=True)))


@dataclass(frozen=True, slots=True)
class Seen:
    """Words, files and both together that training had."""

    texts: Collection[str]
    files: Collection[str]
    """Whatever tells files apart: paths, or sha256."""
    pairs: Collection[tuple[str, str]]

    def overlap(self, text: str, file: str) -> Literal["pair", "file", "text", "none"]:
        """What training had of a problem, the most telling first; an instruction without a file is a pair alone."""
        words = text.strip()
        if (words, file) in self.pairs:
            return "pair"
        if file and file in self.files:
            return "file"
        return "text" if words in self.texts else "none"


def seen_in(pairs: Iterable[tuple[str, str]]) -> Seen:
    """What (text, file) pairs hold; the file is empty where there is none."""
    found = frozenset((text.strip(), file) for text, file in pairs)
    return Seen(frozenset(text for text, _ in found), frozenset(file for _, file in found if file), found)


def read_training(path: Path) -> tuple[TrainingPair, ...]:
    """The pairs of one training file, which has a row for each name of a pair; in order of first appearance.

    Raises:
        ConfigError: It is not there, or not such a file.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"training file {path} cannot be read: {exc.strerror}; get it from {WHERE}") from exc
    return training_pairs(official_rows(data, path.name))


def training_pairs(rows: Iterable[OfficialRow]) -> tuple[TrainingPair, ...]:
    """``rows`` put together by instruction and file, in order of first appearance."""
    found: dict[tuple[str, Modality, str], set[str]] = {}
    for row in rows:
        found.setdefault((row.text, row.modality, row.path), set()).update(row.names)
    return tuple(TrainingPair(*key, tuple(sorted(names))) for key, names in found.items())


def official_rows(data: bytes, name: str) -> tuple[OfficialRow, ...]:
    """All rows of an official file, none left out.

    Args:
        data: Its bytes.
        name: Of the file, for messages.

    Raises:
        ConfigError: A row cannot be used; says which and why.
    """
    raw = parse_json(data, f"ToolMMBench's {name}")
    if not isinstance(raw, list) or not raw:
        raise ConfigError(f"ToolMMBench's {name} is no list of rows; get it from {WHERE}")
    rows: list[OfficialRow] = []
    faults: list[str] = []
    for number, item in enumerate(raw, start=1):
        try:
            rows.append(_official_row(_Row.model_validate(item)))
        except ValidationError as exc:
            faults.append(f"row {number}: {first_problem(exc)}")
        except ValueError as exc:
            faults.append(f"row {number}: {exc}")
    if faults:
        raise ConfigError(
            f"{len(faults)} rows of ToolMMBench's {name} cannot be used: {'; '.join(faults[:5])}; get it from {WHERE}"
        )
    return tuple(rows)


def _official_row(row: _Row) -> OfficialRow:
    asked, replied = row.conversations
    paths = {"image": row.image_path, "audio": row.audio_path, "video": row.video_path}
    path = paths.get(row.input_modality, "")
    if path and not is_inside(path):
        raise ValueError(f"path {path!r} leads out of the data")
    names = sorted({name.strip() for name in replied.value} - {""})
    if not names:
        raise ValueError("it has no name that is right")
    asked.value.encode()  # a lone surrogate could not be stored
    "".join(names).encode()
    return OfficialRow(
        text=asked.value,
        modality=row.input_modality,
        path=path,
        names=tuple(names),
        ambiguity=_AMBIGUITIES[replied.ambiguity],
    )
