"""Reading a user's file of JSON lines into checked rows, each fault named with its line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from journeyman.errors import ConfigError

R = TypeVar("R", bound=BaseModel)

MAX_FILE_BYTES = 64 * 1024 * 1024


def read_rows(path: Path, row: type[R], *, key: Callable[[R], object]) -> list[R]:
    """The rows of ``path`` in order; blank lines are passed over.

    Raises:
        ConfigError: Not there, too large, not UTF-8, no rows, a line that is no ``row``, or a key twice.
    """
    rows: list[R] = []
    seen: dict[object, int] = {}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        found = _row(line, row, f"{path}, line {number}")
        first = seen.setdefault(key(found), number)
        if first != number:
            raise ConfigError(f"{path}, line {number}: {key(found)!r} is in line {first} already; remove one of them")
        rows.append(found)
    if not rows:
        raise ConfigError(f"{path} holds no line; download it again")
    return rows


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}") from exc
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes; is it the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not UTF-8 at byte {exc.start}; download it again") from exc


def _row(line: str, row: type[R], where: str) -> R:
    try:
        return row.model_validate(json.loads(line))
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in error["loc"]) or "the line"
        raise ConfigError(f"{where}: {field}: {error['msg'][:1].lower()}{error['msg'][1:]}") from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{where} is not JSON: {exc}") from exc
