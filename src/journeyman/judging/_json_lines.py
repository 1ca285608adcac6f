"""Reading a user's JSON into checked rows, each fault named with its line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from journeyman.errors import ConfigError

R = TypeVar("R", bound=BaseModel)

MAX_FILE_BYTES = 64 * 1024 * 1024


def read_rows(path: Path, row: type[R], *, key: Callable[[R], object]) -> list[R]:
    """The rows of ``path`` in order; blank lines are passed over.

    Raises:
        ConfigError: Not there, too large, not UTF-8, no rows, a line that is no ``row``, or a key twice.
    """
    return rows_in(bytes_of(path), row, key=key, name=str(path))


def rows_in(data: bytes, row: type[R], *, key: Callable[[R], object], name: str) -> list[R]:
    """The rows of the file ``name`` that holds ``data``; as :func:`read_rows`.

    Raises:
        ConfigError: As :func:`read_rows`.
    """
    rows: list[R] = []
    seen: dict[object, int] = {}
    for number, line in enumerate(text_of(data, name).split("\n"), start=1):
        if not line.strip():
            continue
        found = row_of(json_of(line, f"{name}, line {number}"), row, f"{name}, line {number}")
        first = seen.setdefault(key(found), number)
        if first != number:
            raise ConfigError(f"{name}, line {number}: {key(found)!r} is in line {first} already; remove one of them")
        rows.append(found)
    if not rows:
        raise ConfigError(f"{name} holds no line; download it again")
    return rows


def bytes_of(path: Path) -> bytes:
    """The bytes of ``path``.

    Raises:
        ConfigError: Not there, or too large.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}") from exc
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes; is it the right file?")
    return data


def text_of(data: bytes, name: str) -> str:
    """``data`` as text.

    Raises:
        ConfigError: Not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{name} is not UTF-8 at byte {exc.start}; download it again") from exc


def json_of(text: str, where: str) -> Any:
    """The value that ``text`` spells.

    Raises:
        ConfigError: Not JSON, or too deep.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{where} is not JSON: {exc}") from exc


def row_of(value: Any, row: type[R], where: str) -> R:
    """``value`` as a ``row``.

    Raises:
        ConfigError: It is none; names the field.
    """
    try:
        return row.model_validate(value)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in error["loc"]) or "the line"
        raise ConfigError(f"{where}: {field}: {error['msg'][:1].lower()}{error['msg'][1:]}") from exc
