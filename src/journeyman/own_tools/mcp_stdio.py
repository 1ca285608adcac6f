"""A child process as MCP transport: one JSON message a line on its stdin and stdout.

The mcp package's own transport reads a line of any length into memory and lets stderr go wherever
ours goes; this one bounds the line and keeps what the server last said for error messages.
"""

import asyncio
import contextlib
import logging
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

from journeyman.own_tools.mcp_config import StdioServer

if TYPE_CHECKING:
    from anyio.abc import ObjectReceiveStream, ObjectSendStream
    from mcp.client._transport import TransportStreams

logger = logging.getLogger(__name__)

MESSAGE_BYTES = 64 * 2**20
"""Longest message: 32 MB of files in base64 with room to spare."""
LAST_LINES = 20
END_SECONDS = 2.0
"""Time to end after its stdin closed, and again after SIGTERM, as MCP's lifecycle asks."""

_LINE_CHARS = 500
# What a server needs to find its interpreter, libraries and fonts; keys and endpoints of ours are not among them.
_ENVIRONMENT = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TERM", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV",
    "SSL_CERT_FILE",
)  # fmt: skip

ReadItem = SessionMessage | Exception


@asynccontextmanager
async def stdio_transport(
    server: StdioServer, *, said: deque[str], log: Callable[[str], None]
) -> "AsyncIterator[TransportStreams]":
    """Run ``server`` until leaving; then it and all it started are ended.

    Args:
        server: What to start.
        said: Gets the last lines of its stderr, and why the connection was given up.
        log: Gets every line of its stderr.

    Raises:
        OSError: The command cannot be started.
    """
    inherited = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
    process = await asyncio.create_subprocess_exec(
        server.command, *server.args, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=inherited | server.env,
        cwd=server.cwd, start_new_session=True, limit=MESSAGE_BYTES,
    )  # fmt: skip
    to_session, read_stream = anyio.create_memory_object_stream[ReadItem](0)
    write_stream, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    silent = [anyio.Event(), anyio.Event()]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_read, process, to_session, said, silent[0])
        tasks.start_soon(_write, process, from_session, to_session)
        tasks.start_soon(_listen, process, said, log, silent[1])
        try:
            yield read_stream, write_stream
        finally:
            with anyio.CancelScope(shield=True):
                read_stream.close()
                write_stream.close()
                await _end(process)
                # Whatever held the pipes is dead by now, unless it left the process group.
                with anyio.move_on_after(END_SECONDS):
                    for pipe in silent:
                        await pipe.wait()
            tasks.cancel_scope.cancel()


async def _read(
    process: Process, to_session: "ObjectSendStream[ReadItem]", said: deque[str], silent: anyio.Event
) -> None:
    assert process.stdout is not None  # a pipe
    async with to_session:
        await _deliver(process.stdout, to_session, said)
    # A server that is stuck in writing cannot see that its stdin closed.
    while await process.stdout.read(2**16):
        pass
    silent.set()


async def _deliver(stdout: asyncio.StreamReader, to_session: "ObjectSendStream[ReadItem]", said: deque[str]) -> None:
    """Hand on messages until the stream ends, one is too long, or nobody takes them."""
    while True:
        try:
            line = await stdout.readline()
        except ValueError:
            said.append(f"(it sent a message of more than {MESSAGE_BYTES:,} bytes and was cut off)")
            return
        if not line:
            return
        if not line.strip():
            continue
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            said.append(f"(not a message: {line[:_LINE_CHARS].decode(errors='replace').strip()})")
            continue
        try:
            await to_session.send(SessionMessage(message))
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            return


async def _write(
    process: Process,
    from_session: "ObjectReceiveStream[SessionMessage]",
    to_session: "ObjectSendStream[ReadItem]",
) -> None:
    assert process.stdin is not None  # a pipe
    async with from_session:
        async for item in from_session:
            line = item.message.model_dump_json(by_alias=True, exclude_unset=True)
            try:
                process.stdin.write(line.encode() + b"\n")
                await process.stdin.drain()
            except (ConnectionError, RuntimeError):
                # It may live on with its stdin closed: the session must not wait for an answer.
                await to_session.aclose()
                return


async def _listen(process: Process, said: deque[str], log: Callable[[str], None], silent: anyio.Event) -> None:
    assert process.stderr is not None  # a pipe
    rest = b""
    while chunk := await process.stderr.read(4096):
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[-_LINE_CHARS:]
        for line in lines:
            words = line[:_LINE_CHARS].decode(errors="replace").rstrip()
            if words:
                said.append(words)
                log(words)
    if rest.strip():
        said.append(rest.decode(errors="replace").strip())
    silent.set()


async def _end(process: Process) -> None:
    """Close its stdin, wait, then end its process group: SIGTERM first, SIGKILL for what is left."""
    assert process.stdin is not None  # a pipe
    with contextlib.suppress(ConnectionError, RuntimeError):
        process.stdin.close()
    for step in (None, signal.SIGTERM, signal.SIGKILL):
        if step is not None:
            _signal(process, step)
        with contextlib.suppress(TimeoutError):
            # wait() also waits for pipes that a grandchild may hold open.
            async with asyncio.timeout(END_SECONDS):
                while process.returncode is None:  # noqa: ASYNC110 - there is no event for the exit alone
                    await asyncio.sleep(0.01)
                break
    else:
        logger.warning("own tool server %d is still alive after SIGKILL", process.pid)
    _signal(process, signal.SIGKILL)


def _signal(process: Process, number: signal.Signals) -> None:
    # The group's id is the leader's pid (start_new_session), also when the leader is gone.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
