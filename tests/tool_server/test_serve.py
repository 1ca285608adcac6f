"""The tool server, spoken to by the mcp package's own client over stdio and HTTP."""

import asyncio
import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import jsonschema
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from PIL import Image, ImageDraw

from journeyman.errors import ConfigError
from journeyman.plugins import load_plugin, plugin_names
from journeyman.tool import Tool
from journeyman.tool_server import serve
from journeyman.tool_server.offer import offered

TOKEN = "the-token"
TOOLS = ("crop_image", "calculate", "measure_colour")
SERVE = "import asyncio, sys; from journeyman.tool_server import serve; asyncio.run(serve({names}, {more}))"


def picture(word: str = "HELLO") -> bytes:
    drawn = Image.new("RGB", (240, 80), "white")
    ImageDraw.Draw(drawn).text((20, 20), word, fill="black", font_size=36)
    buffer = io.BytesIO()
    drawn.save(buffer, format="PNG")
    return buffer.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def words(result) -> str:
    return result.content[0].text


@asynccontextmanager
async def http_server(home: Path, token: str = TOKEN):
    said: asyncio.Queue[str] = asyncio.Queue()
    serving = asyncio.create_task(
        serve(TOOLS, transport="http", port=0, token=token, home=home, announce=said.put_nowait)
    )
    line = asyncio.create_task(said.get())
    await asyncio.wait([serving, line], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield line.result().split(" at ")[1]
    finally:
        serving.cancel()
        await asyncio.wait([serving])


@asynccontextmanager
async def http_client(url: str, token: str = TOKEN, mode: str = "auto"):
    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(url, http_client=http), cache=None, mode=mode) as client,
    ):
        yield client


def over_http(home: Path, test):
    async def run() -> None:
        async with http_server(home) as url, http_client(url) as client:
            await test(client)

    asyncio.run(run())


def stdio(home: Path, names) -> StdioServerParameters:
    code = SERVE.format(names=tuple(names), more="transport='stdio'")
    return StdioServerParameters(command=sys.executable, args=["-c", code], env={"JOURNEYMAN_HOME": str(home)})


def test_a_picture_goes_in_is_read_and_cut_and_comes_back_over_stdio(tmp_path):
    async def run() -> None:
        async with Client(stdio(tmp_path, ["ocr", "crop_image"]), cache=None) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            assert names == ["ocr", "crop_image", "put_file", "get_file"]
            await client.call_tool("put_file", {"name": "sign.png", "data_base64": base64_of(picture())})
            read = await client.call_tool("ocr", {"image": "sign.png"})
            assert (words(read), read.structured_content) == ("HELLO", {"result": "HELLO"})
            box = {"left": 0, "top": 0, "right": 120, "bottom": 80}
            cropped = await client.call_tool("crop_image", {"image": "sign.png", **box})
            assert cropped.structured_content == {"result": "crop_1.png"}
            shown = base64.b64decode(cropped.content[1].data)
            assert Image.open(io.BytesIO(shown)).size == (120, 80)
            fetched = await client.call_tool("get_file", {"name": "crop_1.png"})
            assert base64.b64decode(fetched.content[0].data) == shown
            assert len(list((tmp_path / "clients").iterdir())) == 1

    asyncio.run(run())
    assert list((tmp_path / "clients").iterdir()) == []


def test_a_home_that_cannot_be_written_is_no_hindrance():
    async def run() -> None:
        async with Client(stdio(Path("/proc/home"), ["crop_image"]), cache=None) as client:
            await client.call_tool("put_file", {"name": "a.txt", "data_base64": base64_of(b"1")})
            (block,) = (await client.call_tool("get_file", {"name": "a.txt"})).content
            assert base64.b64decode(block.resource.blob) == b"1"

    asyncio.run(run())


def test_all_ready_tools_are_served_when_none_is_named(tmp_path):
    async def run() -> set[str]:
        async with Client(stdio(tmp_path, []), cache=None) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    shelf = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in plugin_names("journeyman.tools")]
    assert asyncio.run(run()) == {tool.name for tool in shelf if not tool.missing()} | {"put_file", "get_file"}


@pytest.mark.parametrize("name", plugin_names("journeyman.tools"))
def test_every_tool_is_offered_with_schemas_that_are_schemas(name):
    tool = offered(load_plugin("journeyman.tools", name, "TOOL", Tool))
    for schema in (tool.input_schema, tool.output_schema):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        _resolves(schema)


def test_a_data_url_is_a_file_too(tmp_path):
    async def test(client: Client) -> None:
        box = {"left": 0, "top": 0, "right": 10, "bottom": 10}
        url = f"data:image/png;base64,{base64_of(picture())}"
        cropped = await client.call_tool("crop_image", {"image": url, **box})
        assert cropped.structured_content == {"result": "crop_1.png"}
        for wrong, told in {
            "data:image/png;base64,%%": "not base64",
            "data:nonsense": "is not a data: URL",
            "data:text/plain,hello": "not a picture",
            "https://example.org/a.png": "no file 'https:",
            "/etc/hostname": "not a file of this task",
            "../../etc/hostname": "not a file of this task",
        }.items():
            refused = await client.call_tool("crop_image", {"image": wrong, **box})
            assert refused.is_error
            assert told in words(refused)

    over_http(tmp_path, test)


def test_wrong_calls_are_refused_in_words(tmp_path):
    async def test(client: Client) -> None:
        for name, arguments, told in [
            ("nope", {}, "there is no tool 'nope'; there is: crop_image, calculate, measure_colour, put_file"),
            ("calculate", {}, "expression: Field required"),
            ("calculate", {"expression": "1+"}, "is not arithmetic"),
            ("calculate", {"expression": "1", "x": 2}, "x: Extra inputs"),
            ("put_file", {"name": "a"}, "'data_base64' is a required property"),
            ("put_file", {"name": "../a", "data_base64": ""}, "is not a file of this task"),
            ("put_file", {"name": "a/b", "data_base64": ""}, "is not a plain file name"),
            ("put_file", {"name": "a", "data_base64": "%"}, "is not base64"),
            ("get_file", {"name": "none"}, "there is no file 'none'"),
        ]:
            refused = await client.call_tool(name, arguments)
            assert refused.is_error
            assert told in words(refused)
        await client.call_tool("put_file", {"name": "a", "data_base64": base64_of(b"1")})
        assert "already a file 'a'" in words(await client.call_tool("put_file", {"name": "a", "data_base64": ""}))
        assert (await client.call_tool("calculate", {"expression": "6*7"})).structured_content == {"result": 42}

    over_http(tmp_path, test)


def test_a_file_that_is_no_picture_comes_back_as_a_resource(tmp_path):
    async def test(client: Client) -> None:
        await client.call_tool("put_file", {"name": "a b.csv", "data_base64": base64_of(b"a,b")})
        (block,) = (await client.call_tool("get_file", {"name": "a b.csv"})).content
        assert (block.resource.uri, block.resource.mime_type) == ("session:///a%20b.csv", "text/csv")
        assert base64.b64decode(block.resource.blob) == b"a,b"

    over_http(tmp_path, test)


def test_clients_have_folders_of_their_own_that_go_when_they_go(tmp_path):
    async def run() -> None:
        async with http_server(tmp_path) as url:
            async with http_client(url) as one, http_client(url) as other:
                await one.call_tool("put_file", {"name": "a.txt", "data_base64": base64_of(b"mine")})
                assert "no file" in words(await other.call_tool("get_file", {"name": "a.txt"}))
                await other.call_tool("put_file", {"name": "a.txt", "data_base64": base64_of(b"theirs")})
                assert len(list(tmp_path.iterdir())) == 2
            for _ in range(100):
                if not list(tmp_path.iterdir()):
                    return
                await asyncio.sleep(0.05)
            pytest.fail("folders of clients that left are still there")

    asyncio.run(run())


def test_only_the_token_lets_in_and_no_foreign_page(tmp_path):
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    right = ("authorization", f"Bearer {TOKEN}")

    async def run() -> dict[str, int]:
        async with http_server(tmp_path) as url, httpx2.AsyncClient() as http:
            asked = {
                "right": [right],
                "none": [],
                "wrong": [("authorization", "Bearer the-tokem")],
                "longer": [("authorization", f"Bearer {TOKEN}x")],
                "empty": [("authorization", "Bearer")],
                "basic": [("authorization", f"Basic {TOKEN}")],
                "twice": [right, ("authorization", "Bearer x")],
                "not ascii": [("authorization", "Bearer \xe9")],
                "foreign host": [right, ("host", "evil.example")],
                "foreign host and port": [right, ("host", "evil.example:80")],
                "host that begins alike": [right, ("host", "localhost.evil.example")],
                "foreign origin": [right, ("origin", "http://evil.example")],
                "own origin": [right, ("origin", "http://localhost:3000")],
            }
            accept = ("accept", "application/json, text/event-stream")
            statuses = {}
            for name, headers in asked.items():
                encoded = [(key, value.encode("latin-1")) for key, value in [accept, *headers]]
                statuses[name] = (await http.post(url, headers=encoded, json=body)).status_code
            statuses["elsewhere"] = (await http.get(url.replace("/mcp", "/"), headers=[right])).status_code
            return statuses

    statuses = asyncio.run(run())
    assert statuses == {
        "right": 200, "none": 401, "wrong": 401, "longer": 401, "empty": 401, "basic": 401, "twice": 401,
        "not ascii": 401, "foreign host": 421, "foreign host and port": 421, "host that begins alike": 421,
        "foreign origin": 403, "own origin": 200, "elsewhere": 404,
    }  # fmt: skip


def test_a_client_that_would_have_no_session_is_sent_back_to_the_handshake(tmp_path):
    async def run() -> None:
        async with http_server(tmp_path) as url:
            async with http_client(url) as client:
                assert client.protocol_version == "2025-11-25"
            async with http_client(url, mode="2026-07-28") as client:
                with pytest.raises(MCPError, match="files need a session"):
                    await client.call_tool("calculate", {"expression": "1"})

    asyncio.run(run())


def test_a_token_is_made_up_and_told_when_none_is_given(tmp_path):
    async def run() -> None:
        async with http_server(tmp_path, token="") as told:
            url, token = told.split("; token (set your own to keep it): ")
            assert len(token) >= 32
            async with http_client(url, token) as client:
                assert words(await client.call_tool("calculate", {"expression": "6*7"})) == "42"

    asyncio.run(run())


def test_the_process_ends_when_told_to_and_leaves_no_folder(tmp_path):
    code = SERVE.format(names=("calculate",), more=f"transport='http', port=0, token={TOKEN!r}")
    environment = {**os.environ, "JOURNEYMAN_HOME": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment)
    url = process.stderr.readline().strip().split(" at ")[1]

    async def run() -> None:
        async with http_client(url) as client:
            await client.call_tool("put_file", {"name": "a", "data_base64": base64_of(b"1")})
            assert len(list((tmp_path / "clients").iterdir())) == 1
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 30) in (0, -signal.SIGTERM)

    asyncio.run(run())
    process.stderr.close()
    assert list((tmp_path / "clients").iterdir()) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_all_addresses_at_once_are_refused(tmp_path, host):
    with pytest.raises(ConfigError, match="give the address that clients will use"):
        asyncio.run(serve(["calculate"], transport="http", host=host, port=0, home=tmp_path))


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1, port {port}"):
            asyncio.run(serve(["calculate"], transport="http", port=port, home=tmp_path))


def _resolves(schema) -> None:
    """Every ``$ref`` of a schema is found in it."""
    for one in _references(schema):
        assert one.startswith("#/$defs/")
        assert one.removeprefix("#/$defs/") in schema["$defs"], json.dumps(schema)


def _references(part):
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for value in part.values():
            yield from _references(value)
    if isinstance(part, list):
        for value in part:
            yield from _references(value)
