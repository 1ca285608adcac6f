"""Serve our shelf over MCP: to one client over stdio, or to several over HTTP with a token."""

import asyncio
import ipaddress
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import jsonschema
from mcp.server import Server
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.types import (
    UNSUPPORTED_PROTOCOL_VERSION,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from journeyman import __version__
from journeyman.errors import ConfigError, ToolError
from journeyman.plugins import load_plugin, plugin_names
from journeyman.settings import load_settings
from journeyman.tool import Tool
from journeyman.tool_server.client_files import ClientFiles
from journeyman.tool_server.http import serve_http
from journeyman.tool_server.offer import GET_FILE, PUT_FILE, answered, file_block, offered, refused
from journeyman.toolbox import SHELF, Toolbox

Context = ServerRequestContext[Any, Any]
_INSTRUCTIONS = (
    "Tools work on files by name, in a folder of this session: put a file there with put_file, or give a data: URL "
    "where a file is wanted. Paths and web addresses are never opened."
)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def serve(
    names: Sequence[str] = (),
    *,
    transport: Literal["stdio", "http"] = "stdio",
    host: str = "127.0.0.1",
    port: int = 8765,
    token: str = "",
    home: Path | None = None,
    shelf: str = SHELF,
    announce: Callable[[str], None] = _to_stderr,
) -> None:
    """Serve until the client leaves (stdio) or the process is told to end (HTTP).

    Args:
        names: Tools to serve; empty for all that are ready.
        transport: ``stdio`` for a desktop client that starts this process, ``http`` for streamable HTTP.
        host: Address to listen on, and the name by which clients must call it.
        port: 0 takes a free one.
        token: What HTTP clients must send as ``Authorization: Bearer``; made up and announced when empty.
        home: Where clients' folders are made; None for ``clients`` in ours, or in the temporary one.
        shelf: Package that holds the tools.
        announce: Gets lines for the person who started this.

    Raises:
        ConfigError: A tool is not ready, the port is taken, or the address is none to serve on.
        UnknownPluginError: No such tool.
    """
    chosen = tuple(names) or _ready(shelf)
    async with Toolbox.open(chosen, shelf=shelf) as toolbox:
        with _home(home) as folders:
            if transport == "stdio":
                await _serve_stdio(toolbox, folders)
            else:
                await _serve_sessions(toolbox, folders, host, port, token, announce)


async def _serve_sessions(
    toolbox: Toolbox, folders: Path, host: str, port: int, token: str, announce: Callable[[str], None]
) -> None:
    secret = token or secrets.token_urlsafe(32)
    server = _Offer(toolbox, lambda context: _of_connection(context, folders)).server()
    server.middleware.append(_sessions_only)

    def listening(url: str) -> None:
        told = "" if token else f"; token (set your own to keep it): {secret}"
        announce(f"{len(toolbox.tools)} tools at {url}{told}")

    await serve_http(server, host=host, port=port, token=secret, security=_security(host), listening=listening)


@contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    """Where clients' folders are made; a temporary one where a desktop client started us and nothing can be written."""
    ours = given or load_settings().home / "clients"
    try:
        ours.mkdir(parents=True, exist_ok=True)
    except OSError:
        with tempfile.TemporaryDirectory(prefix="journeyman-clients-") as folder:
            yield Path(folder)
    else:
        yield ours


async def _serve_stdio(toolbox: Toolbox, home: Path) -> None:
    files = ClientFiles(home)
    try:
        server = _Offer(toolbox, lambda _: files).server()
        async with stdio_server() as (read_stream, write_stream):
            await server.run(read_stream, write_stream, server.create_initialization_options())
    finally:
        files.remove()


class _Offer:
    """What a client may ask."""

    def __init__(self, toolbox: Toolbox, files_of: Callable[[Context], ClientFiles]) -> None:
        self._toolbox = toolbox
        self._files_of = files_of
        self._listing = [*(offered(tool) for tool in toolbox.tools), PUT_FILE, GET_FILE]
        self._ours = {tool.name: tool for tool in toolbox.tools}

    def server(self) -> Server[Any]:
        return Server(
            "journeyman",
            version=__version__,
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list,
            on_call_tool=self._call,
        )

    async def _list(self, _context: Context, _params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=self._listing)

    async def _call(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        arguments = params.arguments or {}
        try:
            if params.name in self._ours:
                return await self._ask(self._ours[params.name], context, arguments)
            if params.name == PUT_FILE.name:
                _check(PUT_FILE.input_schema, arguments)
                put = self._files_of(context).put
                size = await asyncio.to_thread(put, arguments["name"], arguments["data_base64"])
                return CallToolResult(
                    content=[TextContent(type="text", text=f"{arguments['name']} is there, {size:,} bytes")]
                )
            if params.name == GET_FILE.name:
                _check(GET_FILE.input_schema, arguments)
                data = await asyncio.to_thread(self._files_of(context).get, arguments["name"])
                return CallToolResult(content=[file_block(arguments["name"], data, shown=True)])
        except ToolError as exc:
            return refused(str(exc))
        return refused(f"there is no tool {params.name!r}; there is: {', '.join(tool.name for tool in self._listing)}")

    async def _ask(self, tool: Tool, context: Context, arguments: dict[str, Any]) -> CallToolResult:
        result, written = await self._files_of(context).call(self._toolbox, tool, arguments)
        return answered(result.value, result.images, written)


def _check(schema: dict[str, Any], arguments: dict[str, Any]) -> None:
    try:
        jsonschema.validate(arguments, schema)
    except jsonschema.ValidationError as exc:
        raise ToolError(f"{'.'.join(map(str, exc.absolute_path)) or 'arguments'}: {exc.message[:200]}") from exc


def _of_connection(context: Context, home: Path) -> ClientFiles:
    """The files of the session that ``context`` belongs to; removed when it ends, is left or times out."""
    # mcp tells handlers to push cleanup onto the connection and gives them no other way to it.
    connection = context.session._connection  # noqa: SLF001
    if "files" not in connection.state:
        files = ClientFiles(home)
        connection.state["files"] = files
        connection.exit_stack.callback(files.remove)
    found: ClientFiles = connection.state["files"]
    return found


async def _sessions_only(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Send clients of the protocol without sessions back to the handshake: their files would be lost between calls."""
    if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
        raise MCPError(
            UNSUPPORTED_PROTOCOL_VERSION,
            "files need a session; use the initialize handshake",
            {"supported": list(HANDSHAKE_PROTOCOL_VERSIONS), "requested": ctx.protocol_version},
        )
    return await call_next(ctx)


def _ready(shelf: str) -> tuple[str, ...]:
    tools = (load_plugin(shelf, name, "TOOL", Tool) for name in plugin_names(shelf))
    ready = tuple(tool.name for tool in tools if not tool.missing())
    if not ready:
        raise ConfigError("no tool is ready; see `journeyman tools list`")
    return ready


def _security(host: str) -> TransportSecuritySettings:
    """Host and Origin headers that are let in: a page that a browser shows must not reach this server."""
    try:
        wildcard = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        wildcard = not host
    if wildcard:
        raise ConfigError(f"cannot serve on {host or 'no address'}: give the address that clients will use")
    names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host}
    hosts = [allowed for name in sorted(names) for allowed in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=hosts,
        allowed_origins=[f"http://{allowed}" for allowed in hosts],
    )
