"""A tool that another process runs, known by its JSON schemas alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import ConfigDict

from journeyman.errors import ToolError
from journeyman.own_tools.wording import cut, python_names
from journeyman.tool import Arguments, Tool
from journeyman.tool_run import Outcome

ERROR_CHARS = 300
"""A schema's complaint quotes the value, which may be a page long."""
FILE_FORMATS = frozenset({"byte", "binary", "base64", "data-url", "file"})
"""``format`` of string arguments that carry a file's bytes; ``base64`` is what pydantic writes."""


class Progress(Protocol):
    """Hears how far a call is."""

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        """What is done, the whole where it is known, and words."""
        ...


class OpenArguments(Arguments):
    """Arguments as another process named them, checked against its schema before they get here."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Call(Protocol):
    """Makes one call of a foreign tool."""

    async def __call__(
        self, arguments: dict[str, Any], given: Mapping[str, bytes], progress: Progress | None = None
    ) -> Outcome:
        """Arguments by the other side's names, and the bytes of the files they name.

        Raises:
            ToolError: It took too long or the other side is gone: nothing to record.
        """
        ...


def _object() -> Mapping[str, Any]:
    return {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class ForeignTool(Tool):
    """A tool with schemas instead of Python types; it is asked, not run.

    Argument names that Python cannot take (``from``, ``max-size``) are offered as ``from_`` and
    ``max_size``; the other side gets its own. An argument that carries a file's bytes is a name to
    the agent.
    """

    parameters: Mapping[str, Any] = field(default_factory=_object)
    """JSON schema of the arguments as the server gave it."""
    value_schema: Mapping[str, Any] | None = None
    """JSON schema of the value; None when the server does not say."""
    call: Call | None = None

    async def ask(self, arguments: Arguments, given: Mapping[str, bytes], progress: Progress | None = None) -> Outcome:
        """Make the call.

        Args:
            arguments: As :meth:`bind` gave them.
            given: Bytes of the files that the arguments name.
            progress: Gets the server's progress.

        Raises:
            ToolError: It took too long or the other side is gone: nothing to record.
        """
        if self.call is None:
            raise ToolError(f"{self.name} is closed")
        return await self.call(arguments.model_dump(mode="json"), given, progress)

    def signature(self) -> str:
        """``name(argument, ...) -> returns``, in the schema's order."""
        required = self.parameters.get("required") or ()
        parts = []
        for name, theirs in self._names().items():
            default = _properties(self.parameters)[theirs].get("default")
            parts.append(name if theirs in required else f"{name}={cut(repr(default), 20)}")
        return f"{self.name}({', '.join(parts)}) -> {self.returns}"

    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments as the agent gives them: Python's names, and names for files."""
        ours = {theirs: name for name, theirs in self._names().items()}
        checked = self._checked()
        properties = {ours[theirs]: spec for theirs, spec in checked.get("properties", {}).items()}
        required = [ours.get(name, name) for name in checked.get("required", ())]
        return {**checked, "properties": properties, **({"required": required} if required else {})}

    def result_schema(self) -> dict[str, Any]:
        """JSON schema of the value; empty, which allows anything, when the server does not say."""
        return dict(self.value_schema or {})

    def file_arguments(self) -> tuple[str, ...]:
        """The server's names of the arguments that carry files."""
        return tuple(name for name, spec in _properties(self.parameters).items() if carries_file(spec))

    def bind(self, positional: tuple[Any, ...], named: dict[str, Any]) -> Arguments:
        """Arguments of a Python call, checked against the server's schema; positional ones in its order.

        An optional argument given as None is left out where the schema does not allow null.

        Raises:
            ToolError: Too many, unknown, missing or of a wrong type; the message says which.
        """
        names = self._names()
        given = self.named(tuple(names), positional, named)
        arguments = {names.get(name, name): value for name, value in given.items()}
        schema = self._checked()
        unknown = sorted(arguments.keys() - schema["properties"].keys())
        if unknown and not (schema.get("additionalProperties") or schema.get("patternProperties")):
            raise ToolError(f"{self.name} has no argument {unknown[0]!r}; it takes {', '.join(names) or 'none'}")
        return OpenArguments.model_validate(self._valid(arguments, schema))

    def _valid(self, arguments: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
        from referencing.exceptions import Unresolvable

        required = schema.get("required") or ()
        try:
            validator = validator_of(schema)
            for name in [name for name, value in arguments.items() if value is None and name not in required]:
                if not validator.evolve(schema=schema["properties"].get(name, {})).is_valid(None):
                    del arguments[name]
            errors = sorted(validator.iter_errors(arguments), key=lambda error: [str(part) for part in error.path])
        except (Unresolvable, RecursionError, re.error) as exc:
            raise ToolError(f"{self.name} has a schema that cannot be used: {exc}") from exc
        if errors:
            words = "; ".join(_complaint(error) for error in errors[:3])
            raise ToolError(f"{self.name}: {words}")
        return arguments

    def _names(self) -> dict[str, str]:
        """The server's name of each argument by the one that the agent uses."""
        return python_names(tuple(_properties(self.parameters)))

    def _checked(self) -> dict[str, Any]:
        """The schema that calls are checked against: where the server wants bytes, a name is given."""
        properties = {
            name: _named_file(spec) if carries_file(spec) else spec
            for name, spec in _properties(self.parameters).items()
        }
        return {**self.parameters, "type": "object", "properties": properties}


def carries_file(spec: Any) -> bool:
    """Whether an argument of schema ``spec`` is a file's bytes, several files', or either of them or nothing."""
    if not isinstance(spec, Mapping):
        return False
    options = spec.get("anyOf") or spec.get("oneOf")
    if options:
        return any(carries_file(option) for option in options)
    if spec.get("type") == "array":
        return carries_file(spec.get("items"))
    if spec.get("type") != "string":
        return False
    return (
        spec.get("contentEncoding") == "base64"
        or spec.get("format") in FILE_FORMATS
        or ("contentMediaType" in spec and "contentEncoding" not in spec)
    )


def validator_of(schema: Mapping[str, Any]) -> Any:
    """A validator for ``schema`` in its own draft; references leave the schema for nowhere, the network least.

    Raises:
        jsonschema.SchemaError: It is no JSON schema.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from referencing import Registry

    kind = validator_for(schema, default=Draft202012Validator)
    kind.check_schema(schema)
    return kind(schema, registry=Registry())


def _properties(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Schemas of the arguments; ``true``, which allows anything, as an empty one."""
    properties = schema.get("properties") or {}
    return {name: spec if isinstance(spec, Mapping) else {} for name, spec in properties.items()}


def _named_file(spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with names in place of bytes: its pattern and lengths are about the bytes."""
    options = spec.get("anyOf") or spec.get("oneOf")
    about = {key: spec[key] for key in ("title", "description", "default") if key in spec}
    if options:
        return {**about, "anyOf": [_named_file(one) if carries_file(one) else one for one in options]}
    if spec.get("type") == "array":
        lengths = {key: spec[key] for key in ("minItems", "maxItems") if key in spec}
        return {**about, **lengths, "type": "array", "items": _named_file(spec["items"])}
    return {**about, "type": "string", "format": "file"}


def _complaint(error: Any) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    words = cut(error.message, ERROR_CHARS)
    return f"{where}: {words}" if where else words
