"""Files that the user names by a path, ``file://`` or ``s3://``: looked up, read whole, and JSON among them parsed."""

import json
from collections.abc import Callable
from typing import Any, NoReturn

import fsspec

from journeyman.errors import ArtifactError, ConfigError, TransientError
from journeyman.storage.store import translated

_SCHEMES = ("", "file", "s3", "memory")


def open_place(source: str, storage_options: dict[str, Any]) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system of ``source`` and the path in it; nothing is contacted yet.

    Args:
        source: A path, ``file://`` or ``s3://``.
        storage_options: How to open ``s3://``.

    Raises:
        ConfigError: It is of another scheme.
    """
    scheme = source.partition("://")[0] if "://" in source else ""
    if scheme not in _SCHEMES:
        raise ConfigError(f"{source!r} cannot be read; give a path, file:///path or s3://bucket/key")
    filesystem, path = fsspec.core.url_to_fs(source, **(storage_options if scheme == "s3" else {}))
    return filesystem, str(path)


def size_of(filesystem: fsspec.AbstractFileSystem, path: str) -> int | None:
    """Bytes of the file at ``path``; None where no file is there.

    Raises:
        TransientError: The file system does not answer.
        StorageError: It refuses.
    """
    try:
        with translated("look up", path):
            info = filesystem.info(path)
    except ArtifactError:
        return None
    except TransientError as exc:
        if isinstance(exc.__cause__, NotADirectoryError):  # a part of the path is a file
            return None
        raise
    return int(info["size"] or 0) if info["type"] == "file" else None


def read_given(source: str, *, what: str, most_bytes: int, storage_options: dict[str, Any]) -> str:
    """The text of the file ``source``.

    Args:
        source: As :func:`open_place` takes it.
        what: The setting that names it, for messages.
        most_bytes: A larger file is refused before it is read.
        storage_options: How to open ``s3://``.

    Raises:
        ConfigError: Not there, too large, or not UTF-8.
        TransientError: The file system does not answer.
        StorageError: It refuses.
    """
    filesystem, path = open_place(source, storage_options)
    size = size_of(filesystem, path)
    if size is None:
        raise ConfigError(f"{what} {source!r} is not a file that is there; give its path, file:// or s3://")
    if size > most_bytes:
        raise ConfigError(f"{what} {source!r} has {size:,} bytes, the limit is {most_bytes:,}; give a part of it")
    with translated("read", source):
        data = filesystem.cat_file(path)
    try:
        return bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{what} {source!r} is not UTF-8 at byte {exc.start}; save it as UTF-8") from exc


def parse_json(
    text: str, *, where: str, first_line: int = 1, hook: Callable[[dict[str, Any]], Any] | None = None
) -> Any:
    """The JSON value of ``text``; there is no NaN or infinity in it.

    Args:
        text: Of a whole file or of one of its lines.
        where: The file, for messages.
        first_line: Number of the text's first line in that file.
        hook: Takes every object, innermost first, and gives what stands for it.

    Raises:
        ConfigError: It is no JSON; says in which line and column.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_hook=hook)
    except json.JSONDecodeError as exc:
        line = first_line + exc.lineno - 1
        raise ConfigError(f"{where} is not JSON: {exc.msg}, line {line}, column {exc.colno}; mend it there") from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{where} is not JSON: {str(exc)[:200]}, at or behind line {first_line}; mend it") from exc


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
