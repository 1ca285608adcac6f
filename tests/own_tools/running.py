"""Own tools kept open in an event loop of their own, so that many tests share one server."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journeyman.own_tools import open_own_tools
from journeyman.tool_run import Outcome

SERVER = Path(__file__).with_name("example_server.py")


class Running:
    """Open tools, called from synchronous code."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tools: dict[str, Any], lines: list[str]) -> None:
        self.tools = tools
        self.lines = lines
        self._loop = loop

    def ask(self, name: str, /, *positional: Any, files: dict[str, bytes] | None = None, **named: Any) -> Outcome:
        tool = self.tools[name]
        return self.run(tool.ask(tool.bind(positional, named), files or {}))

    def value(self, name: str, /, *positional: Any, files: dict[str, bytes] | None = None, **named: Any) -> Any:
        outcome = self.ask(name, *positional, files=files, **named)
        assert outcome.error == ""
        return json.loads(outcome.value_json)

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)


def stdio_config(folder: Path, **more: Any) -> Path:
    """An mcp.json with the example server, named ``example``."""
    return config(folder, example={"command": sys.executable, "args": [str(SERVER)], **more})


def config(folder: Path, **servers: Any) -> Path:
    path = folder / "mcp.json"
    path.write_text(json.dumps({"mcpServers": servers}))
    return path


@contextmanager
def running(source: Path) -> Iterator[Running]:
    """Tools of ``source``, open until leaving."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    lines: list[str] = []
    opened = open_own_tools(source, log=lines.append)
    leave: asyncio.Event | None = None
    ready = threading.Event()
    tools: dict[str, Any] = {}

    async def hold() -> None:
        nonlocal leave
        leave = asyncio.Event()
        try:
            async with opened as given:
                tools.update({tool.name: tool for tool in given})
                ready.set()
                await leave.wait()
        finally:
            ready.set()

    holder = asyncio.run_coroutine_threadsafe(hold(), loop)
    try:
        ready.wait(90)
        if holder.done():
            holder.result()
        yield Running(loop, tools, lines)
    finally:
        if leave is not None:
            loop.call_soon_threadsafe(leave.set)
        try:
            holder.result(60)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
