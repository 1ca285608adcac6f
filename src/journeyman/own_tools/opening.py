"""Open the user's own tools from one file, whichever kind it is."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from journeyman.errors import ConfigError
from journeyman.tool import Tool

logger = logging.getLogger(__name__)


def _log(line: str) -> None:
    logger.info("%s", line)


@asynccontextmanager
async def open_own_tools(source: Path, *, log: Callable[[str], None] = _log) -> AsyncIterator[tuple[Tool, ...]]:
    """Tools of ``source``: an mcpServers JSON file or a Python file; servers run until leaving.

    Args:
        source: Ends in ``.json`` or ``.py``.
        log: Gets one line at a time: what servers say on stderr, their progress, their restarts.

    Raises:
        ConfigError: The file is missing or wrong, a server does not start, or a function cannot be a tool.
    """
    if source.suffix not in (".json", ".py"):
        raise ConfigError(f"own tools come from an mcpServers .json or a .py file, not from {source}")
    if source.suffix == ".py":
        from journeyman.own_tools.python_file import load_python_tools

        yield load_python_tools(source)
        return
    from journeyman.own_tools.mcp_client import open_servers
    from journeyman.own_tools.mcp_config import read_config

    async with open_servers(read_config(source), log=log) as tools:
        yield tools
