"""What a tool is. ``tools/`` holds them, one file each, each with one constant ``TOOL``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from journeyman.errors import ToolError


def file_argument(description: str, **more: Any) -> Any:
    """A field that names a file in the trajectory's folder; ``more`` is given to pydantic's ``Field``."""
    return Field(description=description, json_schema_extra={"format": "file"}, **more)


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
class Covers:
    """A tool of a published benchmark whose work this one does."""

    benchmark: Literal["GTA", "MAT"]
    tool: str
    """Its name there, e.g. ``CountGivenObject``."""
    limits: str = ""
    """What the published tool does and this one does not; empty when nothing."""


class ToolCard(BaseModel):
    """What is said of a tool where it is not open: in prompts, on dataset cards, in cache keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    signature: str
    description: str
    summary: str
    licence: str
    identity: str
    """What results depend on besides arguments and files: its version and what backs it."""

    def line(self) -> str:
        """How the agent is told of it."""
        return f"{self.signature}: {self.description}"


def _nothing() -> str:
    return ""


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
    result: Any
    """Python type of the value, e.g. ``list[Face]``; its JSON schema is the tool's result schema."""
    example: Mapping[str, Any]
    """Arguments of a typical call, as the docs show it and the contract tests make it."""
    run: Callable[[Any, ToolFiles], ToolResult]
    media_in: tuple[str, ...] = ()
    """Media types it reads, e.g. ``image/*``."""
    media_out: tuple[str, ...] = ()
    licence: str = "Apache-2.0"
    """Licence of its weights or data."""
    covers: tuple[Covers, ...] = ()
    heavy: bool = False
    """True when it loads a model or parses with native code: it then runs in a tool host process."""
    warm_up: Callable[[], object] | None = None
    """Loads its model; a tool host calls it when it starts, so that no agent waits for it."""
    backing: Callable[[], str] = field(default=_nothing)
    """What answers, for a tool whose model or endpoint the user sets: part of the cassette's key. No secret in it."""
    missing: Callable[[], str] = field(default=_nothing)
    """What to set or install before it can run; empty when it is ready. Never a fake result instead."""

    def signature(self) -> str:
        """``name(argument, ...) -> returns``: how the agent is told to call it."""
        names = []
        for name, info in self.arguments.model_fields.items():
            names.append(name if info.is_required() else f"{name}={info.default!r}")
        return f"{self.name}({', '.join(names)}) -> {self.returns}"

    def card(self) -> ToolCard:
        """What is said of it where it is not open."""
        backing = self.backing()
        return ToolCard(
            name=self.name,
            signature=self.signature(),
            description=self.description,
            summary=self.summary,
            licence=self.licence,
            identity=f"{self.version} {backing}" if backing else str(self.version),
        )

    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        return self.arguments.model_json_schema()

    def result_schema(self) -> dict[str, Any]:
        """JSON schema of the value."""
        return TypeAdapter(self.result).json_schema()

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
        given = self.named(tuple(self.arguments.model_fields), positional, named)
        try:
            return self.arguments.model_validate(given)
        except ValueError as exc:
            errors: list[Any] = getattr(exc, "errors", list)()
            where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors) or str(exc)
            raise ToolError(f"{self.name}: {where}") from exc

    def named(self, names: tuple[str, ...], positional: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        """Positional and named arguments of a Python call as one mapping.

        Raises:
            ToolError: Too many positional ones, or one given twice.
        """
        if len(positional) > len(names):
            raise ToolError(f"{self.name} takes {len(names)} arguments ({', '.join(names)}), got {len(positional)}")
        given = dict(zip(names, positional, strict=False))
        twice = sorted(given.keys() & named.keys())
        if twice:
            raise ToolError(f"{self.name} got two values for {twice[0]!r}")
        return given | named
