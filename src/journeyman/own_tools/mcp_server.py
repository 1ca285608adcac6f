"""One MCP server of the user's: connected, called, restarted when it dies, ended at last."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import httpx2
from mcp import MCPError
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    INVALID_REQUEST,
    BlobResourceContents,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    InputRequiredResult,
    LoggingMessageNotificationParams,
    TextContent,
    TextResourceContents,
)
from mcp.types import Tool as McpTool
from pydantic import TypeAdapter, ValidationError

from journeyman.errors import ConfigError, ToolError
from journeyman.own_tools.foreign import Progress
from journeyman.own_tools.mcp_config import HttpServer, Server
from journeyman.own_tools.mcp_result import with_links_read
from journeyman.own_tools.mcp_stdio import LAST_LINES, MESSAGE_BYTES, stdio_transport
from journeyman.own_tools.wording import cut
from journeyman.stage import first_error

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

logger = logging.getLogger(__name__)

START_SECONDS = 60.0
"""Time to start and to list tools; ``npx`` and ``uvx`` fetch a package first."""
MAX_RESTARTS = 3
MAX_TOOLS = 200
MAX_PAGES = 100

_US = Implementation(name="journeyman", version="0.1.0")
_ANSWER: TypeAdapter[CallToolResult | InputRequiredResult] = TypeAdapter(CallToolResult | InputRequiredResult)


class _Connection:
    """One life of a server. A task of its own holds it: what anyio enters, the same task must leave."""

    def __init__(self, name: str, server: Server, log: Callable[[str], None]) -> None:
        self.said: deque[str] = deque(maxlen=LAST_LINES)
        self.lost = False
        self._name = name
        self._server = server
        self._log = log
        self._leave = asyncio.Event()
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._holder = asyncio.create_task(self._hold(), name=f"mcp server {name}")

    async def client(self) -> Client:
        """The connected client.

        Raises:
            Exception: Whatever kept it from connecting.
        """
        return await asyncio.shield(self._ready)

    @property
    def over(self) -> bool:
        """Whether no call can be answered any more."""
        return self.lost or self._holder.done()

    async def close(self) -> None:
        """End the server, or leave it when it runs elsewhere."""
        self.lost = True
        self._leave.set()
        if not self._ready.done():
            self._ready.set_exception(ConnectionError("closed before it was connected"))
            self._holder.cancel()
        self._ready.exception()  # asked for, so that nobody is told it never was
        await asyncio.wait([self._holder])

    async def _hold(self) -> None:
        client = Client(self._transport(), client_info=_US, logging_callback=self._logged, cache=None, mode="auto")
        try:
            async with client:
                if not self._ready.done():
                    self._ready.set_result(client)
                await self._leave.wait()
        # Not swallowed: whoever waits for the client gets it, and later ones read it in ``said``.
        except Exception as exc:  # noqa: BLE001
            error = first_error(exc) if isinstance(exc, BaseExceptionGroup) else exc
            if self._ready.done():
                self.said.append(f"({type(error).__name__}: {error})")
            else:
                self._ready.set_exception(error)

    def _transport(self) -> "AbstractAsyncContextManager[TransportStreams]":
        if isinstance(self._server, HttpServer):
            return _http_transport(self._server)
        return stdio_transport(self._server, said=self.said, log=self._log)

    async def _logged(self, params: LoggingMessageNotificationParams) -> None:
        self._log(f"{params.level}: {cut(str(params.data), 500)}")


class McpServer:
    """A server by its configuration; calls go to the connection that lives."""

    def __init__(self, name: str, server: Server, log: Callable[[str], None]) -> None:
        self.name = name
        self.version = ""
        """What it says of itself, once started."""
        self.tools: tuple[McpTool, ...] = ()
        self._server = server
        self._tell = log
        self._connection: _Connection | None = None
        self._restarts = 0
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect and list the tools.

        Raises:
            ConfigError: It does not start, answers nonsense, or lacks a tool that the configuration names.
        """
        self._connection = await self._connected()

    async def _connected(self) -> _Connection:
        connection = _Connection(self.name, self._server, self._log)
        try:
            async with asyncio.timeout(START_SECONDS):
                client = await connection.client()
                tools = await _listed(client)
            self.tools = _chosen(self.name, tools, self._server.tools)
        except ConfigError:
            await connection.close()
            raise
        except TimeoutError as exc:
            await connection.close()
            words = f"own tool server {self.name!r} did not answer within {START_SECONDS:.0f} s"
            raise ConfigError(f"{words}{_last_words(connection)}") from exc
        except Exception as exc:
            await connection.close()
            words = cut(str(exc) or type(exc).__name__, 300)
            raise ConfigError(f"own tool server {self.name!r} did not start: {words}{_last_words(connection)}") from exc
        except BaseException:
            await connection.close()
            raise
        self.version = client.server_info.version if client.server_info else ""
        return connection

    async def close(self) -> None:
        """End it; calls are refused from now on."""
        async with self._lock:
            connection, self._connection = self._connection, None
            self._restarts = MAX_RESTARTS
            if connection is not None:
                await connection.close()

    async def call(self, tool: str, arguments: dict[str, object], progress: Progress | None) -> CallToolResult:
        """The answer of ``tool``, with the resources it links to read.

        A call that is cancelled, or takes longer than the configured timeout, is cancelled at the
        server too; the connection stays.

        Raises:
            ToolError: It took too long, the server died or answered nonsense; the next call starts it anew.
        """
        connection = await self._living()
        request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=arguments))
        try:
            async with asyncio.timeout(self._server.timeout):
                client = await connection.client()

                async def read(uri: str) -> Sequence[TextResourceContents | BlobResourceContents] | None:
                    return await _resource(client, uri)

                report = self._reporter(tool, progress)
                answer = await client.session.send_request(request, _ANSWER, progress_callback=report)
                if isinstance(answer, InputRequiredResult):
                    raise ToolError(f"{tool} asked for a person's input, which nobody can give here")
                return await with_links_read(answer, read)
        except TimeoutError as exc:
            raise ToolError(f"{tool} took longer than {self._server.timeout:g} s and was stopped") from exc
        except ValidationError as exc:
            raise ToolError(f"{tool} answered in a form that MCP does not have") from exc
        except MCPError as exc:
            if exc.code == INVALID_PARAMS:
                text = TextContent(type="text", text=f"{tool}: {exc.message}")
                return CallToolResult(content=[text], is_error=True)
            gone = exc.code == CONNECTION_CLOSED or (exc.code, exc.message) == (INVALID_REQUEST, "Session terminated")
            if not gone and not connection.over:
                raise ToolError(f"{tool} failed: {cut(exc.message, 500)}") from exc
            await connection.close()
            raise ToolError(f"the server of {tool} ended during the call{_last_words(connection)}") from exc

    async def _living(self) -> _Connection:
        async with self._lock:
            connection = self._connection
            if connection is None:
                raise ToolError(f"own tool server {self.name!r} is closed")
            if not connection.over:
                return connection
            if self._restarts >= MAX_RESTARTS:
                raise ToolError(
                    f"own tool server {self.name!r} ended {MAX_RESTARTS + 1} times and stays down"
                    f"{_last_words(connection)}"
                )
            self._restarts += 1
            self._log(f"ended; restart {self._restarts} of {MAX_RESTARTS}")
            before = self.tools
            await connection.close()
            try:
                renewed = await self._connected()
            except ConfigError as exc:
                raise ToolError(str(exc)) from exc
            self._connection = renewed
            if [tool.model_dump() for tool in self.tools] != [tool.model_dump() for tool in before]:
                self.tools = before
                self._restarts = MAX_RESTARTS
                await renewed.close()
                raise ToolError(f"own tool server {self.name!r} came back with other tools; start the run again")
            return renewed

    def _log(self, line: str) -> None:
        self._tell(f"{self.name}: {line}")

    def _reporter(self, tool: str, listener: Progress | None) -> Progress:
        async def report(progress: float, total: float | None, message: str | None) -> None:
            whole = f" of {total:g}" if total else ""
            words = f", {cut(message, 200)}" if message else ""
            self._log(f"{tool}: {progress:g}{whole}{words}")
            if listener is not None:
                await listener(progress, total, message)

        return report


async def _listed(client: Client) -> list[McpTool]:
    tools: list[McpTool] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None:
            break
    return tools


def _chosen(server: str, tools: list[McpTool], names: tuple[str, ...]) -> tuple[McpTool, ...]:
    there = {tool.name: tool for tool in tools}
    lacking = [name for name in names if name not in there]
    if lacking:
        raise ConfigError(f"own tool server {server!r} has no tool {lacking[0]!r}; it has {', '.join(there) or 'none'}")
    chosen = tuple(there[name] for name in names) if names else tuple(there.values())
    if not chosen:
        raise ConfigError(f"own tool server {server!r} offers no tools")
    if len(chosen) > MAX_TOOLS:
        raise ConfigError(
            f"own tool server {server!r} offers {len(chosen)} tools; name at most {MAX_TOOLS} of them under 'tools'"
        )
    return chosen


async def _resource(client: Client, uri: str) -> Sequence[TextResourceContents | BlobResourceContents] | None:
    try:
        return (await client.read_resource(uri)).contents
    except MCPError as exc:
        if exc.code == CONNECTION_CLOSED:
            raise
        logger.debug("no contents of %s: %s", uri, exc)
        return None


def _last_words(connection: _Connection) -> str:
    lines = list(connection.said)[-5:]
    return f"; it last said: {cut(' | '.join(lines), 800)}" if lines else ""


@asynccontextmanager
async def _http_transport(server: HttpServer) -> "AsyncIterator[TransportStreams]":
    # Asked uncompressed: a few bytes can unpack to gigabytes.
    headers = {"accept-encoding": "identity"} | {name.lower(): value for name, value in server.headers.items()}
    limits = httpx2.Timeout(30.0, read=max(300.0, server.timeout + 30.0))
    async with (
        httpx2.AsyncClient(headers=headers, timeout=limits, event_hooks={"response": [_bound]}) as http,
        streamable_http_client(server.url, http_client=http, max_sse_event_size=MESSAGE_BYTES) as streams,
    ):
        yield streams


async def _bound(response: httpx2.Response) -> None:
    """Let no body but an event stream, whose events are bounded one by one, be longer than a message."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise httpx2.StreamError("the server compressed its answer though asked not to")
    if not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # of an asynchronous client
        response.stream = _BoundedStream(response.stream)


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MESSAGE_BYTES:
                raise httpx2.StreamError(f"the server sent more than {MESSAGE_BYTES:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        with contextlib.suppress(RuntimeError):
            await self._stream.aclose()
