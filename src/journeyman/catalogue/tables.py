"""Catalogues in a JSON array or in JSON lines: one object an API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from journeyman.catalogue.entries import Entry
from journeyman.errors import ConfigError

MOST_BYTES = 256 * 1024 * 1024


def read_table_text(path: Path) -> str:
    """The text of a .json or .jsonl file.

    Raises:
        ConfigError: It is not there, too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            # One byte more than is taken, in case it grows or is no plain file.
            data = file.read(MOST_BYTES + 1) if path.stat().st_size <= MOST_BYTES else None
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}") from exc
    if data is None or len(data) > MOST_BYTES:
        raise ConfigError(f"{path} is larger than {MOST_BYTES:,} bytes; bring a part of it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8: {exc.reason} at byte {exc.start}") from exc


def read_json(text: str, *, where: str) -> Any:
    """The value of a whole file.

    Raises:
        ConfigError: Not JSON, or a number that JSON does not have; the message says in which line.
    """
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as exc:
        raise ConfigError(f"{where} is not JSON: {exc.msg} in line {exc.lineno}") from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{where} is not JSON: {str(exc)[:200]}") from exc


def array_entries(rows: list[Any], path: Path) -> Iterator[Entry]:
    """Entries of a JSON array.

    Raises:
        ConfigError: One of them is no object.
    """
    for number, row in enumerate(rows, start=1):
        yield _entry(row, f"{path.name}, entry {number}", path.name)


def line_entries(text: str, source: str) -> Iterator[Entry]:
    """Entries of JSON lines; blank lines are passed over.

    Raises:
        ConfigError: A line is no JSON object.
    """
    # Not splitlines: JSON text may hold the other line separators of Unicode.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{source}, line {number}"
            yield _entry(read_json(line, where=where), where, source)


def _entry(row: Any, where: str, source: str) -> Entry:
    if not isinstance(row, dict):
        raise ConfigError(f'{where} is no object; write one API as {{"name": ..., "description": ..., ...}}')
    return Entry(where=where, source=source, given=row)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
