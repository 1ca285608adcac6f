"""The official files of MM-Vet: ``mm-vet.json`` with questions, ground truths and capabilities, and ``images/``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from journeyman.errors import ConfigError
from journeyman.judging._json_lines import json_of, row_of, text_of
from journeyman.judging.answers import check_answered
from journeyman.judging.folder import Files, Folder
from journeyman.judging.mm_vet import GradedItem
from journeyman.metrics.mm_vet import in_order

QUESTIONS = "mm-vet.json"
_PICTURES = "images/{}"


@dataclass(frozen=True, slots=True)
class MmVetQuestion:
    """One question about a picture."""

    question_id: str
    """E.g. ``v1_0``."""
    image: str
    """File name of the picture."""
    text: str
    truth: str
    """What is right, with ``<AND>`` and ``<OR>`` between its parts."""
    capabilities: tuple[str, ...]
    """In the paper's order, each once."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    imagename: Annotated[str, StringConstraints(min_length=1)]
    question: str
    answer: str
    capability: list[Annotated[str, StringConstraints(min_length=1)]] = Field(min_length=1)


class _Table(RootModel[dict[str, Any]]):
    model_config = ConfigDict(frozen=True)


def read_mm_vet(folder: Path) -> tuple[MmVetQuestion, ...]:
    """The questions of the official file in ``folder``, in its order.

    Raises:
        ConfigError: The file is missing or is not what it should be; says where.
    """
    return mm_vet_in(Folder(folder, benchmark="MM-Vet", holds=QUESTIONS), where=str(folder))


def mm_vet_in(files: Files, *, where: str) -> tuple[MmVetQuestion, ...]:
    """As :func:`read_mm_vet`.

    Args:
        files: A folder or a zip.
        where: What an error calls them.

    Raises:
        ConfigError: As :func:`read_mm_vet`.
    """
    if not files.has(QUESTIONS):
        raise ConfigError(f"{where} lacks {QUESTIONS}; name the folder that mm-vet.zip of yuweihao/MM-Vet unpacks to")
    table = row_of(json_of(text_of(files.read(QUESTIONS), QUESTIONS), QUESTIONS), _Table, QUESTIONS).root
    if not table:
        raise ConfigError(f"{QUESTIONS} holds no question; download it again")
    return tuple(_question(key, row_of(value, _Row, f"{QUESTIONS}, {key}")) for key, value in table.items())


def picture_path(files: Files, question: MmVetQuestion) -> str:
    """Where the picture of ``question`` lies in ``files``; empty where it is not there."""
    path = _PICTURES.format(question.image)
    return path if files.has(path) else ""


def graded_items(
    questions: Sequence[MmVetQuestion], answers: Mapping[str, str], *, where: str = "the answers"
) -> list[GradedItem]:
    """What :func:`~journeyman.judging.mm_vet.judge_correctness` takes: one item for every question.

    Raises:
        ConfigError: A question has no answer, which would leave the denominator, or an answer no question.
    """
    check_answered([question.question_id for question in questions], answers, where=where)
    return [
        GradedItem(
            question.question_id, question.text, question.truth, answers[question.question_id], question.capabilities
        )
        for question in questions
    ]


def _question(question_id: str, row: _Row) -> MmVetQuestion:
    return MmVetQuestion(question_id, row.imagename, row.question, row.answer, in_order(row.capability))
