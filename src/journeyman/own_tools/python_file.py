"""The typed functions of a user's Python file as tools.

The file is imported where its tools are described and again in the tool host where they run: code
at its top level should define things and do nothing.
"""

import asyncio
import hashlib
import importlib.util
import inspect
import logging
import re
import sys
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import Field, TypeAdapter, create_model
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticUndefined

from journeyman.errors import ConfigError, ToolError
from journeyman.own_tools.python_values import FILE_TYPES, Returned, file_kind, opened, without_files
from journeyman.own_tools.wording import cut, first_paragraph, first_sentence, hides_python, value_in_words
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument

logger = logging.getLogger(__name__)

ERROR_CHARS = 500


def load_python_tools(path: Path) -> tuple[Tool, ...]:
    """A tool for each public function that ``path`` defines, in its order; imported once a process.

    Raises:
        ConfigError: The file is missing, fails on import, or has a public function that cannot be a
            tool; the message names the function and the parameter.
    """
    try:
        source = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"own tools file {path} cannot be read: {exc.strerror}") from exc
    return _loaded(path.resolve(), hashlib.sha256(source).hexdigest())


@lru_cache(maxsize=16)
def _loaded(path: Path, digest: str) -> tuple[Tool, ...]:
    module = _imported(path, digest)
    functions = [
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_") and _is_function(value) and inspect.unwrap(value).__module__ == module.__name__
    ]
    if not functions:
        raise ConfigError(f"{path} defines no public function to use as a tool")
    return tuple(_tool(path, digest, name, function) for name, function in functions)


def _is_function(value: Any) -> bool:
    return callable(value) and inspect.isfunction(inspect.unwrap(value))


def _imported(path: Path, digest: str) -> ModuleType:
    name = f"journeyman_own_{path.stem}_{digest[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # a .py file has a loader
    assert spec.loader is not None  # as above
    module = importlib.util.module_from_spec(spec)
    # Pydantic and dataclasses look annotations up in the module by its name.
    sys.modules[name] = module
    # Last, so that a neighbour of the file hides no library.
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:
        del sys.modules[name]
        raise ConfigError(f"{path}, {_line_of(exc, path)}: {type(exc).__name__}: {exc}") from exc
    return module


def _line_of(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"line {lines[-1]}" if lines else "on import"


def _tool(path: Path, digest: str, name: str, function: Callable[..., Any]) -> Tool:
    where = f"{path}: function {name}"
    plain = inspect.unwrap(function)
    if hides_python(name):
        raise ConfigError(f"{where} would hide Python's own {name} from the agent; rename it")
    if inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain):
        raise ConfigError(f"{where} yields; a tool returns one value")
    text = inspect.getdoc(function)
    if not text:
        raise ConfigError(f"{where} needs a docstring: its first sentence is what the agent is told")
    try:
        hints = get_type_hints(plain, include_extras=True)
    except Exception as exc:
        raise ConfigError(f"{where} has an annotation that cannot be resolved: {exc}") from exc
    if "return" not in hints:
        raise ConfigError(f"{where} needs a return annotation, e.g. -> str")
    arguments, kinds = _arguments(where, name, plain, hints, text)
    result, adapter = _result(where, hints["return"])

    def run(given: Arguments, files: ToolFiles) -> ToolResult:
        returned = Returned(name, files)
        try:
            with opened({field: getattr(given, field) for field in type(given).model_fields}, kinds, files) as named:
                value = function(**named)
                if inspect.isawaitable(value):
                    value = asyncio.run(_awaited(value))
                return ToolResult(value=returned.value(value, adapter, hints["return"]), images=tuple(returned.images))
        except ToolError as exc:
            raise ToolError(f"{name}: {exc}") from exc
        except MemoryError:
            raise
        except (Exception, SystemExit) as exc:
            logger.warning("own tool %s failed", name, exc_info=True)
            raise ToolError(cut(f"{name}: {type(exc).__name__}: {exc}", ERROR_CHARS)) from exc

    return Tool(
        name=name,
        version=1,
        summary=f"{first_paragraph(text)} (function of {path.name})",
        description=first_sentence(text),
        arguments=arguments,
        returns=_returns(hints["return"], adapter),
        result=result,
        example={},
        run=run,
        media_in=tuple(sorted({"image/*" if kind is FILE_TYPES[0] else "*/*" for kind in kinds.values()})),
        media_out=("*/*",),
        licence="the user's own",
        heavy=True,
        backing=lambda: _unchanged(path, digest),
    )


async def _awaited(value: Any) -> Any:
    return await value


def _unchanged(path: Path, digest: str) -> str:
    """The file's digest; hosts load it anew, so results of another version must not be taken for this one's.

    Raises:
        ConfigError: The file is not what was loaded.
    """
    try:
        now = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        now = ""
    if now != digest:
        raise ConfigError(f"{path} changed while it was in use; start the run again")
    return f"sha256 {digest}"


def _arguments(
    where: str, name: str, function: Callable[..., Any], hints: dict[str, Any], text: str
) -> tuple[type[Arguments], dict[str, type]]:
    """The arguments model of a function, and which of its fields name files of what type."""
    fields: dict[str, Any] = {}
    kinds: dict[str, type] = {}
    told = _told(text)
    for parameter in inspect.signature(function).parameters.values():
        at = f"{where}, parameter {parameter.name}"
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ConfigError(f"{at}: a tool's parameters are given by name; *args, **kwargs and / are not")
        if parameter.name.startswith("_") or hasattr(Arguments, parameter.name):
            raise ConfigError(f"{at}: choose another name, this one is taken or private")
        if parameter.name not in hints:
            raise ConfigError(f"{at} needs an annotation, e.g. {parameter.name}: str")
        fields[parameter.name], kind = _field(at, parameter, hints[parameter.name], told.get(parameter.name, ""))
        if kind is not None:
            kinds[parameter.name] = kind
    return create_model(f"{name}_arguments", __base__=Arguments, **fields), kinds


def _field(at: str, parameter: inspect.Parameter, hint: Any, told: str) -> tuple[Any, type | None]:
    description = told or parameter.name.replace("_", " ")
    required = parameter.default is parameter.empty
    kind = file_kind(hint)
    if kind is not None:
        if not required and parameter.default is not None:
            raise ConfigError(f"{at}: a file can have no default but None")
        named = without_files(hint) if required else without_files(hint) | None
        return (named, file_argument(description, **({} if required else {"default": None}))), kind
    try:
        adapter = TypeAdapter(hint)
        adapter.json_schema()
        default: Any = (
            PydanticUndefined if required else adapter.dump_python(parameter.default, mode="json", warnings="none")
        )
        if not required:
            adapter.validate_python(default)
    except (PydanticUserError, ValueError, TypeError) as exc:
        raise ConfigError(
            f"{at}: {getattr(hint, '__name__', hint)} is not a type that JSON has, or the default is not of it; "
            "use str, int, float, bool, list, dict, Literal, an Enum, a pydantic model, or Image, bytes or Path for "
            f"a file ({cut(str(exc).splitlines()[0], 100)})"
        ) from exc
    # A description in Annotated stands unless the docstring has one.
    about: dict[str, Any] = {"description": description} if told or not _described(hint) else {}
    return (hint, Field(default=default, validate_default=True, **about)), None


def _described(hint: Any) -> bool:
    return any(getattr(one, "description", None) for one in getattr(hint, "__metadata__", ()))


def _result(where: str, annotation: Any) -> tuple[Any, TypeAdapter[Any] | None]:
    """The type of a function's value as JSON, and what checks it; ``Any`` where its type has no schema."""
    plain = without_files(annotation)
    try:
        adapter = TypeAdapter(plain)
        adapter.json_schema()
    except (PydanticUserError, TypeError) as exc:
        raise ConfigError(
            f"{where} returns {getattr(annotation, '__name__', annotation)}, which is not JSON; return str, int, "
            "float, bool, list, dict, a pydantic model, an Image, bytes, a Path or None"
        ) from exc
    return plain, None if plain is Any else adapter


def _returns(annotation: Any, adapter: TypeAdapter[Any] | None) -> str:
    if annotation in FILE_TYPES:
        return "name of the picture" if annotation is FILE_TYPES[0] else "name of the file"
    return value_in_words(adapter.json_schema()) if adapter else "value"


def _told(text: str) -> dict[str, str]:
    """What a docstring says of parameters: Google's ``Args:`` section or ``:param name:`` lines."""
    found = {name: " ".join(words.split()) for name, words in re.findall(r"^\s*:param (\w+):\s*(.+)$", text, re.M)}
    section = re.search(r"^(?:Args|Arguments|Parameters):\s*\n((?:[ \t]+.*\n?|\s*\n)+)", text, re.M)
    if section:
        lines = inspect.cleandoc(f"\n{section.group(1)}")
        for name, words in re.findall(r"^(\w+)(?: \([^)]*\))?:\s*(.+(?:\n[ \t]+.+)*)", lines, re.M):
            found[name] = " ".join(words.split())
    return found
