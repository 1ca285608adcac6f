"""The folder of one client: what it puts there, what tools make there, gone when it goes."""

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from journeyman.errors import ToolError
from journeyman.sandbox.folder import SessionFolder
from journeyman.tool import Tool, ToolFiles, ToolResult
from journeyman.tool_server.offer import extension_of
from journeyman.toolbox import Toolbox

_DATA_URL = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w-]+=[^;,]*)*(?P<base64>;base64)?,", re.ASCII)


class ClientFiles:
    """Files of one client, and the calls over them."""

    def __init__(self, home: Path) -> None:
        """Args: home: Folder in which the client's own one is made."""
        self._folder = SessionFolder.create(home)

    async def call(
        self, toolbox: Toolbox, tool: Tool, arguments: Mapping[str, Any]
    ) -> tuple[ToolResult, dict[str, bytes]]:
        """Call ``tool``; files that come as ``data:`` URLs are put into the folder first.

        Returns:
            The result, and the files that the call wrote.

        Raises:
            ToolError: In words for the calling model.
        """
        named = {**arguments}
        for field in tool.file_arguments():
            if field in named:
                named[field] = await asyncio.to_thread(self._as_names, named[field])
        written: dict[str, bytes] = {}

        def write(name: str, data: bytes) -> str:
            got = self._folder.write(name, data)
            written[got] = data
            return got

        files = ToolFiles(self._folder.root, self._folder.read, write)
        result = await toolbox.session(files).call(tool.name, (), named)
        return result, written

    def put(self, name: str, data_base64: str) -> int:
        """Place a file and return its size in bytes.

        Raises:
            ToolError: The name is taken or no plain file name, the data is not base64 or too large.
        """
        data = _decoded(data_base64, name)
        self._folder.put(name, data)
        return len(data)

    def get(self, name: str) -> bytes:
        """Bytes of a file.

        Raises:
            ToolError: There is none of that name.
        """
        return self._folder.read(name)

    def remove(self) -> None:
        """Delete the folder."""
        self._folder.remove()

    def _as_names(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._as_names(item) for item in value]
        if not isinstance(value, str) or not value.startswith("data:"):
            return value
        found = _DATA_URL.match(value)
        if found is None:
            raise ToolError(f"{value[:40]!r} is not a data: URL; it is data:image/png;base64,...")
        rest = value[found.end() :]
        data = _decoded(rest, "the data: URL") if found["base64"] else unquote_to_bytes(rest)
        return self._folder.write(f"file.{extension_of((found['type'] or 'text/plain').lower())}", data)


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ToolError(f"{name}: the data is not base64: {exc}") from exc
