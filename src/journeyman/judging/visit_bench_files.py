"""The official table of VisIT-Bench's single-picture instructions, in the shapes in which it was given out.

On the Hub it is ``test/metadata.csv`` beside the pictures; before, ``single_image_full_dataset.csv`` with addresses of
the pictures, which ``visit_bench_images.zip`` holds. Columns changed their names; each is read under every name that
was found in public code. The reference is GPT-4's text (``gpt4_prediction``) that people checked.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from journeyman.errors import ConfigError
from journeyman.judging._json_lines import json_of, text_of
from journeyman.judging.folder import Files, Folder

TABLES = (
    "metadata.csv",
    "test/metadata.csv",
    "single_image_full_dataset.csv",
    "visit_bench_single_image.csv",
    "metadata.jsonl",
    "visit_bench_single_image.jsonl",
)
"""Names of the table; the first that is there is read."""

_INSTRUCTION = ("instruction",)
_CATEGORY = ("instruction_category",)
_IMAGE = ("file_name", "image", "image_url", "Input.image_url")
_CAPTION = ("instruction_conditioned_caption", "image_dense_captions", "image_dense_caption")
_REFERENCE = ("gpt4_prediction", "output_human_annotated")
_CORRECT = "human_ratings_gpt4_correct"
_PROBLEM = "human_ratings_problem_in_caption"
_PICTURE_FOLDERS = ("", "test/", "visit_bench_images/", "images/")
_YES, _NO = frozenset({"1", "1.0", "true", "yes"}), frozenset({"0", "0.0", "false", "no", "", "nan", "none"})
_LARGEST_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class VisitQuestion:
    """One instruction about a picture."""

    question_id: str
    """Number of its row from 0: the table has no ids."""
    image: str
    """File name or address of the picture."""
    text: str
    category: str
    """One of 70 instruction families."""
    caption: str
    """What is in the picture, as far as the instruction needs it; by people."""
    reference: str
    is_verified: bool
    """People found the reference right and the caption without a problem. Officially only these are judged; True where
    the table has no ratings."""


def read_visit_bench(folder: Path) -> tuple[VisitQuestion, ...]:
    """The instructions of the table in ``folder``, in its order.

    Raises:
        ConfigError: The table is missing or is not what it should be; says where.
    """
    return visit_bench_in(Folder(folder, benchmark="VisIT-Bench", holds=TABLES[0]), where=str(folder))


def visit_bench_in(files: Files, *, where: str) -> tuple[VisitQuestion, ...]:
    """As :func:`read_visit_bench`.

    Args:
        files: A folder or a zip.
        where: What an error calls them.

    Raises:
        ConfigError: As :func:`read_visit_bench`.
    """
    table = next((name for name in TABLES if files.has(name)), "")
    if not table:
        raise ConfigError(f"{where} holds none of {', '.join(TABLES)}; download mlfoundations/VisIT-Bench whole")
    rows = _jsonl_rows if table.endswith(".jsonl") else _csv_rows
    found = tuple(_question(n, row, f"{table}, {at}") for n, (at, row) in enumerate(rows(files.read(table), table)))
    if not found:
        raise ConfigError(f"{table} holds no row; download it again")
    return found


def picture_path(files: Files, question: VisitQuestion) -> str:
    """Where the picture of ``question`` lies in ``files``; empty where it is not there."""
    address = urlsplit(question.image)
    named = PurePosixPath(unquote(address.path) if address.scheme else question.image)
    places = [str(named)] if not address.scheme else []
    places += [folder + named.name for folder in _PICTURE_FOLDERS]
    return next((path for path in places if files.has(path)), "")


def _csv_rows(data: bytes, table: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Where a row begins, and the row."""
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.DictReader(io.StringIO(text_of(data, table), newline=""), strict=True)
    try:
        for row in reader:
            if None in row:
                raise ConfigError(f"{table}, line {reader.line_num}: more cells than the head has; download it again")
            yield f"line {reader.line_num}", row
    except csv.Error as exc:
        raise ConfigError(f"{table}, after line {reader.line_num}: no CSV: {exc}; download it again") from exc


def _jsonl_rows(data: bytes, table: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(text_of(data, table).split("\n"), start=1):
        if not line.strip():
            continue
        row = json_of(line, f"{table}, line {number}")
        if not isinstance(row, dict):
            raise ConfigError(f"{table}, line {number} is no object")
        yield f"line {number}", row


def _question(number: int, row: Mapping[str, Any], where: str) -> VisitQuestion:
    text = _cell(row, _INSTRUCTION, where)
    reference = _cell(row, _REFERENCE, where)
    if not text.strip():
        raise ConfigError(f"{where}: the instruction is empty; download the table again")
    return VisitQuestion(
        question_id=str(number),
        image=_cell(row, _IMAGE, where),
        text=text,
        category=_cell(row, _CATEGORY, where),
        caption=_cell(row, _CAPTION, where),
        reference=reference,
        is_verified=bool(reference.strip())
        and _is_so(row, _CORRECT, where, absent=True)
        and not _is_so(row, _PROBLEM, where, absent=False),
    )


def _cell(row: Mapping[str, Any], names: tuple[str, ...], where: str) -> str:
    """The text under the first of ``names`` that the row has."""
    name = next((name for name in names if name in row), "")
    if not name:
        raise ConfigError(f"{where}: no column {' or '.join(names)}; it has: {', '.join(map(str, row))}")
    value = row[name]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConfigError(f"{where}: {name}: should be a text, got {str(value)[:60]!r}")
    return value


def _is_so(row: Mapping[str, Any], name: str, where: str, *, absent: bool) -> bool:
    if name not in row:
        return absent
    said = str(row[name]).strip().lower()
    if said in _YES or said in _NO:
        return said in _YES
    raise ConfigError(f"{where}: {name}: should be true or false, got {said[:60]!r}")
