"""What a tool is. ``tools/`` holds them, one file each, each with one constant ``TOOL``."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from journeyman.errors import ToolError


def file_argument(description: str) -> Any:
    """A field that names a file in the trajectory's folder."""
    return Field(description=description, json_schema_extra={"format": "file"})


class Arguments(BaseModel):
    """Base of every tool's arguments: closed, so that a misspelt argument is an error the agent sees."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ToolResult(BaseModel):
    """What one call gave back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Any
    """JSON value the calling code receives."""
    images: tuple[str, ...] = ()
    """Names of pictures written to the folder that the agent is shown next to the observation."""


@dataclass(frozen=True, slots=True)
class ToolFiles:
    """The trajectory's folder as tools see it: names only, never paths, and no link is followed."""

    root: Path
    read: Callable[[str], bytes]
    """Bytes of a file by name; raises ToolError when it is missing, a link, outside, or over the size limit."""
    write: Callable[[str, bytes], str]
    """Write a new file and return the name it got."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. ``run`` gets validated arguments and raises ToolError with words for the agent."""

    name: str
    version: int
    """Raise it when the result for equal arguments may change: it is part of the cassette's key."""
    summary: str
    """For people: what it does and what backs it."""
    description: str
    """For the model: one short line."""
    arguments: type[Arguments]
    returns: str
    """For the model: what the call's value is, in a few words, e.g. ``str``."""
    run: Callable[[Any, ToolFiles], ToolResult]
    media_in: tuple[str, ...] = ()
    """Media types it reads, e.g. ``image/*``."""
    media_out: tuple[str, ...] = ()
    licence: str = "Apache-2.0"
    """Licence of its weights or data."""
    heavy: bool = False
    """True when it loads a model: it then runs in a tool host process."""
    missing: Callable[[], str] = field(default=lambda: "")
    """What to set or install before it can run; empty when it is ready. Never a fake result instead."""

    def signature(self) -> str:
        """``name(argument, ...) -> returns``: how the agent is told to call it."""
        names = []
        for name, info in self.arguments.model_fields.items():
            names.append(name if info.is_required() else f"{name}={info.default!r}")
        return f"{self.name}({', '.join(names)}) -> {self.returns}"

    def file_arguments(self) -> tuple[str, ...]:
        """Names of the arguments that name files."""
        fields = self.arguments.model_fields.items()
        return tuple(
            n
            for n, i in fields
            if isinstance(i.json_schema_extra, dict) and i.json_schema_extra.get("format") == "file"
        )

    def bind(self, positional: tuple[Any, ...], named: dict[str, Any]) -> Arguments:
        """Arguments of a Python call, validated.

        Raises:
            ToolError: Too many, unknown, missing or of a wrong type; the message says which.
        """
        fields = tuple(self.arguments.model_fields)
        if len(positional) > len(fields):
            raise ToolError(f"{self.name} takes {len(fields)} arguments ({', '.join(fields)}), got {len(positional)}")
        given = dict(zip(fields, positional, strict=False))
        twice = sorted(given.keys() & named.keys())
        if twice:
            raise ToolError(f"{self.name} got two values for {twice[0]!r}")
        try:
            return self.arguments.model_validate(given | named)
        except ValueError as exc:
            errors: list[Any] = getattr(exc, "errors", list)()
            where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors) or str(exc)
            raise ToolError(f"{self.name}: {where}") from exc
