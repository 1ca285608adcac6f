"""What a file writer is. ``file_writers/`` holds them: one file a type, each with one constant ``WRITER``.

A writer turns a spec into bytes and nothing else: no clock, no names, no randomness but what the
spec seeds. What it wrote is opened again by other code before anybody sees it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from journeyman.errors import ConfigError, SchemaError
from journeyman.file_reader import UserFileError
from journeyman.plugins import load_plugin
from journeyman.schema.query import FileSpec

SHELF = "journeyman.file_writers"
MAX_MARK = 200
"""Characters; Office's core properties hold 255."""


@dataclass(frozen=True, slots=True)
class FileWriter:
    """One file type: from spec to bytes and back to text."""

    name: str
    media_type: str
    extension: str
    """Without the dot."""
    spec: type[BaseModel]
    write: Callable[[Any, str], bytes]
    """Bytes for a validated spec and a mark; equal arguments give equal bytes."""
    reopen: Callable[[bytes], str]
    """Everything found on opening the bytes again, by code that shares nothing with ``write``."""
    facts: Callable[[Any], tuple[str, ...]]
    """Texts that ``reopen`` must show, compared without regard to white space."""


def load_file_writer(name: str) -> FileWriter:
    """The writer of that name.

    Raises:
        UnknownPluginError: There is none; the message names near misses.
    """
    return load_plugin(SHELF, name, "WRITER", FileWriter)


def write_file(spec: FileSpec, mark: str = "") -> bytes:
    """The file's bytes, reopened and found to hold everything its spec plants.

    Args:
        spec: What to write; equal specs and marks give equal bytes.
        mark: Text of at most 200 characters put where nobody reads it: PNG, JPEG, WAV and MP4
            comment, PDF and Office keywords. A csv or txt file has no such place and goes without.

    Raises:
        SchemaError: The spec is not valid for its writer, or the file does not hold what was planted.
        UnknownPluginError: There is no such writer.
        ConfigError: The mark is too long, or a package of ``journeyman[tools]`` is missing.
    """
    if len(mark) > MAX_MARK:
        raise ConfigError(f"mark {mark[:40]!r}... has {len(mark)} characters, the limit is {MAX_MARK}; shorten it")
    writer = load_file_writer(spec.writer)
    if not spec.name.endswith(f".{writer.extension}"):
        raise SchemaError(f"{spec.name} is written as {writer.name}; call it file_<n>.{writer.extension}")
    content = _validate(writer, spec)
    data = writer.write(content, mark)
    try:
        found = _without_space(writer.reopen(data))
    except UserFileError as exc:
        raise SchemaError(f"{spec.name} cannot be opened again: {exc}") from exc
    for fact in writer.facts(content):
        if _without_space(fact) not in found:
            raise SchemaError(f"{spec.name} does not contain the planted {fact!r}")
    return data


def _validate(writer: FileWriter, spec: FileSpec) -> BaseModel:
    try:
        return writer.spec.model_validate_json(spec.spec_json)
    except ValidationError as exc:
        where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors()[:3])
        raise SchemaError(f"{spec.name} has no valid {writer.name} spec: {where}") from exc


def _without_space(text: str) -> str:
    """Line breaks in a file follow its layout, so white space is no part of a fact."""
    return "".join(text.split())
