"""Turn other people's names, docstrings and schemas into the short words our agents are given."""

import builtins
import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

DESCRIPTION_CHARS = 60
RETURNS_CHARS = 40
_SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
# A tool of such a name would hide from the agent's code what it ends or prints with.
_TAKEN = {*dir(builtins), "final_answer", "ToolError"}


def python_name(name: str) -> str:
    """``name`` as an identifier of at most 64 characters: ``web-search`` gives ``web_search``, ``from`` ``from_``."""
    plain = re.sub(r"[^0-9A-Za-z_]", "_", name)[:64].lstrip("_") or "tool"
    if plain[0].isdigit():
        plain = f"_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def hides_python(name: str) -> bool:
    """Whether a tool of this name would hide a builtin such as ``print`` from the agent's code."""
    return name in _TAKEN


def python_names(names: Sequence[str]) -> dict[str, str]:
    """An identifier for each of ``names``, in their order; two that would get the same one are numbered."""
    given: dict[str, str] = {}
    for name in names:
        plain, number = python_name(name), 1
        candidate = plain
        while candidate in given:
            number += 1
            candidate = f"{plain}_{number}"
        given[candidate] = name
    return given


def first_sentence(text: str, limit: int = DESCRIPTION_CHARS) -> str:
    """The first sentence of ``text`` on one line, cut between words to ``limit`` characters."""
    return cut(re.split(r"(?<=[.!?])\s", first_paragraph(text), maxsplit=1)[0], limit)


def first_paragraph(text: str) -> str:
    """``text`` up to its first empty line, on one line."""
    return " ".join(re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].split())


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters, ended by dots where something is left out."""
    if len(text) <= limit:
        return text
    head = text[: limit - 3]
    return f"{head.rsplit(' ', 1)[0] if ' ' in head else head}..."


def value_in_words(schema: Mapping[str, Any]) -> str:
    """What a value of ``schema`` is, e.g. ``list[int]`` or ``dict with city, degrees``."""
    return cut(_in_words(schema, schema.get("$defs", {})), RETURNS_CHARS)


def _in_words(schema: Any, definitions: Mapping[str, Any], depth: int = 0) -> str:
    if not isinstance(schema, Mapping) or depth > 4:
        return "value"
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        return _in_words(definitions.get(reference.removeprefix("#/$defs/")), definitions, depth + 1)
    kind = schema.get("type")
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind == "array":
        items = schema.get("items")
        return f"list[{_in_words(items, definitions, depth + 1)}]" if items else "list"
    if kind == "object":
        properties = schema.get("properties") or {}
        return f"dict with {', '.join(properties)}" if properties else "dict"
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(_in_words(option, definitions, depth + 1) for option in options))
    return "value"
