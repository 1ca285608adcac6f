"""Catalogues of tools: Journeyman's own shelf, and the user's tools of an mcpServers JSON or a Python file."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from journeyman.catalogue.entries import Entry
from journeyman.catalogue.task_media import MODALITIES
from journeyman.own_tools import open_own_tools
from journeyman.plugins import load_plugin, plugin_names
from journeyman.schema.api import Modality
from journeyman.tool import Tool

SHELF = "journeyman.tools"
SHELF_SOURCE = "shelf"
ANYTHING = "*/*"
_DESCRIPTION_CHARS = 2000


def shelf_entries(shelf: str = SHELF) -> Iterator[Entry]:
    """Entries of every tool on a shelf, ready or not; loads no model."""
    for name in plugin_names(shelf):
        yield tool_entry(load_plugin(shelf, name, "TOOL", Tool), where=f"{shelf}.{name}", source=SHELF_SOURCE)


def own_entries(path: Path) -> Iterator[Entry]:
    """Entries of the user's own tools; its servers run while they are read.

    Raises:
        ConfigError: The file is missing or wrong, a server does not start, or a function cannot be a tool.
    """
    # In a thread of its own: the caller may be inside an event loop, which cannot start another.
    with ThreadPoolExecutor(max_workers=1) as one:
        tools = one.submit(asyncio.run, _described(path)).result()
    for tool in tools:
        yield tool_entry(tool, where=f"{path.name}: {tool.name}", source=path.name)


def tool_entry(tool: Tool, *, where: str, source: str) -> Entry:
    """What a tool says of itself, by the keys of an entry."""
    given = {
        "name": tool.name,
        "call": tool.signature(),
        "arguments": _arguments(tool.schema()),
        "example": json.dumps(dict(tool.example)) if tool.example else "",
        "description": _description(tool),
        "licence": tool.licence,
        "media_in": _taken(tool.media_in),
        "media_out": _given(tool.media_out),
    }
    return Entry(where=where, source=source, given=given)


async def _described(path: Path) -> tuple[Tool, ...]:
    async with open_own_tools(path) as tools:
        return tools


def _description(tool: Tool) -> str:
    """The model's line and the people's, once where one holds the other."""
    line, summary = tool.description.strip(), tool.summary.strip()
    said = summary if line in summary else f"{line} {summary}".strip()
    return said[:_DESCRIPTION_CHARS]


def _arguments(schema: dict[str, Any]) -> dict[str, str]:
    """Argument -> its description, or its type where it has none."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: _argument(spec) for name, spec in properties.items()}


def _argument(spec: Any) -> str:
    if not isinstance(spec, dict):
        return ""
    return str(spec.get("description") or spec.get("type") or "")


def _taken(media_types: Sequence[str]) -> list[Modality]:
    """What a tool takes: anything is every modality, and a document or nothing is text."""
    if ANYTHING in media_types:
        return list(MODALITIES)
    return _named(media_types)


def _given(media_types: Sequence[str]) -> list[Modality]:
    """What a tool gives; one that promises no kind of file gives its value, as text."""
    return _named([name for name in media_types if name != ANYTHING])


def _named(media_types: Sequence[str]) -> list[Modality]:
    kinds = {media_type.partition("/")[0] for media_type in media_types}
    named: list[Modality] = [kind for kind in MODALITIES if kind in kinds]
    documents = bool(kinds - {"image", "audio", "video"})
    return ["text", *(kind for kind in named if kind != "text")] if documents or not named else named
