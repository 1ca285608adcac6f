"""MCP tools in a toolbox: files by name, one call's file the next one's input; and how much HTTP may bring."""

import asyncio
import io

import httpx2
import pytest
from PIL import Image

from journeyman.errors import ToolError
from journeyman.own_tools.mcp_server import MESSAGE_BYTES, _bound
from journeyman.toolbox import Toolbox
from tests.own_tools.running import stdio_config
from tests.tools.folder import open_folder


def test_files_go_in_and_out_by_name(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "notes.txt").write_text("one two three")

    async def calls():
        async with Toolbox.open(["crop_image"], own_tools=str(stdio_config(tmp_path))) as toolbox:
            session = toolbox.session(open_folder(folder))
            counted = await session.call("count_words", ("notes.txt",), {})
            drawn = await session.call("draw", (30, 20), {})
            cropped = await session.call("crop_image", (drawn.value, 0, 0, 10, 10), {})
            with pytest.raises(ToolError, match="no file 'none'"):
                await session.call("count_words", ("none",), {})
            with pytest.raises(ToolError, match="no such street"):
                await session.call("refuse", ("no such street",), {})
            return counted, drawn, cropped, [(entry.tool, bool(entry.error)) for entry in session.log]

    counted, drawn, cropped, log = asyncio.run(calls())
    assert counted.value == "3"
    assert (drawn.value, drawn.images) == ("draw_1.png", ("draw_1.png",))
    assert Image.open(io.BytesIO((folder / cropped.value).read_bytes())).size == (10, 10)
    assert log == [
        ("count_words", False), ("draw", False), ("crop_image", False), ("count_words", True), ("refuse", True),
    ]  # fmt: skip


class Chunks(httpx2.AsyncByteStream):
    def __init__(self, count: int) -> None:
        self.count = count

    async def __aiter__(self):
        for _ in range(self.count):
            yield bytes(2**20)


def read(headers: dict[str, str], megabytes: int) -> int:
    async def run() -> int:
        response = httpx2.Response(200, headers=headers, stream=Chunks(megabytes))
        await _bound(response)
        return len(await response.aread())

    return asyncio.run(run())


def test_an_answer_over_http_has_a_longest_length():
    limit = MESSAGE_BYTES // 2**20
    assert read({"content-type": "application/json"}, limit) == MESSAGE_BYTES
    with pytest.raises(httpx2.StreamError, match="more than 67,108,864 bytes"):
        read({"content-type": "application/json"}, limit + 1)
    with pytest.raises(httpx2.StreamError, match="compressed"):
        read({"content-type": "application/json", "content-encoding": "gzip"}, 1)


def test_an_event_stream_may_go_on():
    assert read({"content-type": "text/event-stream"}, 70) == 70 * 2**20
