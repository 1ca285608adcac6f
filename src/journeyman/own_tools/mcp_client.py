"""The tools of MCP servers as ours: names that Python takes, schemas, files by name, outcomes."""

import asyncio
import base64
import json
import mimetypes
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from jsonschema import SchemaError
from mcp.types import Tool as McpTool

from journeyman.errors import ToolError
from journeyman.own_tools.foreign import ForeignTool, OpenArguments, Progress, carries_file, validator_of
from journeyman.own_tools.mcp_config import Server
from journeyman.own_tools.mcp_result import RESULT_BYTES, outcome_of
from journeyman.own_tools.mcp_server import McpServer
from journeyman.own_tools.wording import first_sentence, hides_python, python_name, python_names, value_in_words
from journeyman.schema.record import fingerprint
from journeyman.tool import Tool
from journeyman.tool_run import Outcome

_TYPES = mimetypes.MimeTypes(filenames=())


@asynccontextmanager
async def open_servers(servers: Mapping[str, Server], *, log: Callable[[str], None]) -> AsyncIterator[tuple[Tool, ...]]:
    """Tools of ``servers``, which run until leaving.

    A tool keeps its name where that is an identifier of its own; two servers' tools of one name, and
    one that would hide a builtin of Python, are called ``server_tool``.

    Raises:
        ConfigError: A server does not start or offers nothing that can be called.
    """
    running = [McpServer(name, server, log) for name, server in servers.items()]
    try:
        started = await asyncio.gather(*(server.start() for server in running), return_exceptions=True)
        for error in started:
            if isinstance(error, BaseException):
                raise error
        offered = [(server, tool) for server in running for tool in server.tools if _usable(server, tool, log)]
        names = _names([(server.name, tool.name) for server, tool in offered])
        yield tuple(_tool(name, server, tool) for name, (server, tool) in zip(names, offered, strict=True))
    finally:
        await asyncio.gather(*(server.close() for server in running))


def _names(offered: list[tuple[str, str]]) -> list[str]:
    """Names for tools, given as (server, tool), in their order."""
    plain = Counter(python_name(tool) for _, tool in offered)
    wanted = [
        f"{server}_{tool}" if plain[python_name(tool)] > 1 or hides_python(python_name(tool)) else tool
        for server, tool in offered
    ]
    return list(python_names(wanted))


def _usable(server: McpServer, tool: McpTool, log: Callable[[str], None]) -> bool:
    try:
        validator_of(tool.input_schema)
        if tool.output_schema is not None:
            validator_of(tool.output_schema)
    except SchemaError as exc:
        log(f"{server.name}: tool {tool.name!r} is left out, its schema is none: {exc.message}")
        return False
    return True


def _tool(name: str, server: McpServer, tool: McpTool) -> ForeignTool:
    described = tool.description or tool.title or tool.name.replace("_", " ")
    schemas = {"input": tool.input_schema, "output": tool.output_schema, "description": tool.description}
    identity = f"{server.name} {server.version} {fingerprint(schemas)[:16]}"
    media_in = ("*/*",) if any(carries_file(spec) for spec in tool.input_schema.get("properties", {}).values()) else ()

    async def call(arguments: dict[str, Any], given: Mapping[str, bytes], progress: Progress | None = None) -> Outcome:
        sent = await asyncio.to_thread(_with_files, name, tool.input_schema, arguments, given)
        answer = await server.call(tool.name, sent, progress)
        return await asyncio.to_thread(outcome_of, answer, name, tool.output_schema)

    return ForeignTool(
        name=name,
        version=1,
        summary=f"{' '.join(described.split())} (MCP server {server.name}, {tool.name})",
        description=first_sentence(described),
        arguments=OpenArguments,
        returns=value_in_words(tool.output_schema) if tool.output_schema else "text",
        result=Any,
        example={},
        run=_refuse,
        media_in=media_in,
        media_out=("*/*",),
        licence="the user's own",
        backing=lambda: identity,
        parameters=tool.input_schema,
        value_schema=tool.output_schema,
        call=call,
    )


def _refuse(arguments: object, files: object) -> NoReturn:  # noqa: ARG001 - Tool.run has these
    raise TypeError("a tool of an MCP server is asked, not run")


def _with_files(
    name: str, schema: Mapping[str, Any], arguments: dict[str, Any], given: Mapping[str, bytes]
) -> dict[str, Any]:
    """``arguments`` with the files that they name put in as the schema wants them."""
    size = sum(map(len, given.values()))
    if size > RESULT_BYTES:
        raise ToolError(f"{name} would get {size:,} bytes of files; the limit is {RESULT_BYTES:,} bytes")
    properties = schema.get("properties") or {}

    def filled(spec: Mapping[str, Any], value: Any) -> Any:
        if isinstance(value, list):
            return [filled(_file_spec(spec), item) for item in value]
        if not isinstance(value, str):
            return value
        return _encoded(_file_spec(spec), value, given[value])

    return {
        key: filled(properties[key], value) if carries_file(properties.get(key)) else value
        for key, value in arguments.items()
    }


def _file_spec(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of ``spec`` that is about one file."""
    for option in spec.get("anyOf") or spec.get("oneOf") or ():
        if carries_file(option):
            return _file_spec(option)
    items = spec.get("items")
    return _file_spec(items) if spec.get("type") == "array" and isinstance(items, Mapping) else spec


def _encoded(spec: Mapping[str, Any], name: str, data: bytes) -> str:
    wanted = str(spec.get("contentMediaType", ""))
    if spec.get("format") == "data-url":
        media_type = wanted or _TYPES.guess_type(name)[0] or "application/octet-stream"
        return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    # JSON schema: without an encoding the string is the content itself.
    if wanted.startswith(("text/", "application/json")) and "contentEncoding" not in spec and "format" not in spec:
        try:
            return data.decode()
        except UnicodeDecodeError as exc:
            raise ToolError(f"{name} is not text, as {json.dumps(wanted)} should be") from exc
    return base64.b64encode(data).decode()
