"""A real MCP server with a tool of every kind, well and badly behaved; run as a script over stdio or HTTP."""

import base64
import io
import json
import os
import sys
from pathlib import Path

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Image
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from PIL import Image as Pictures
from pydantic import Base64Bytes, BaseModel

server = MCPServer("example", version="1.2.3", log_level="ERROR")


class Weather(BaseModel):
    city: str
    degrees: float


def picture(size=(30, 20), kind="PNG") -> bytes:
    buffer = io.BytesIO()
    Pictures.new("RGB", size, "red").save(buffer, format=kind)
    return buffer.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@server.tool(structured_output=False)
def greet(name: str, loud: bool = False) -> str:
    """Greet someone by name. Loudly, when asked to."""
    return f"HELLO {name.upper()}" if loud else f"hello {name}"


@server.tool()
def weather(city: str) -> Weather:
    """Tell the weather."""
    return Weather(city=city, degrees=21.5)


@server.tool(name="count-words", structured_output=False)
def count_words(text: Base64Bytes) -> str:
    """Count the words of a text file."""
    return str(len(text.split()))


@server.tool(structured_output=False)
def draw(width: int, height: int) -> Image:
    """Draw a red picture."""
    return Image(data=picture((width, height)), format="png")


@server.tool()
def draw_jpeg() -> CallToolResult:
    """Draw two pictures and say so."""
    block = ImageContent(type="image", data=base64_of(picture(kind="JPEG")), mime_type="image/jpeg")
    return CallToolResult(content=[TextContent(type="text", text="two"), block, block])


@server.tool()
def not_a_picture() -> CallToolResult:
    """Give text and call it a picture."""
    return CallToolResult(content=[ImageContent(type="image", data=base64_of(b"hello"), mime_type="image/png")])


@server.tool()
def speak() -> CallToolResult:
    """Give a sound."""
    return CallToolResult(content=[AudioContent(type="audio", data=base64_of(b"RIFF1234"), mime_type="audio/wav")])


@server.tool()
def document() -> CallToolResult:
    """Give a text and a file inside the answer."""
    text = TextResourceContents(uri="note://a", text="the note", mime_type="text/plain")
    blob = BlobResourceContents(uri="note://b", blob=base64_of(b"%PDF-"), mime_type="application/pdf")
    return CallToolResult(content=[EmbeddedResource(type="resource", resource=one) for one in (text, blob)])


@server.tool()
def linked(uri: str) -> CallToolResult:
    """Give a link."""
    return CallToolResult(content=[ResourceLink(type="resource_link", name="the link", uri=uri)])


@server.resource("memo://today", mime_type="text/plain")
def memo() -> str:
    return "buy milk"


@server.tool(structured_output=False)
def refuse(why: str) -> str:
    """Fail."""
    raise ToolError(why)


@server.tool(structured_output=False)
async def slow(seconds: float, notes: str, context: Context) -> str:
    """Take long, and write to a file when it is cancelled."""
    try:
        for step in range(10):
            await context.report_progress(step, 10, f"step {step}")
            await anyio.sleep(seconds / 10)
    except anyio.get_cancelled_exc_class():
        Path(notes).write_text("cancelled")  # noqa: ASYNC240 - one word
        raise
    return "done"


@server.tool(structured_output=False)
def crash() -> str:
    """Die."""
    print("the disk is on fire", file=sys.stderr, flush=True)
    os._exit(3)


@server.tool(structured_output=False)
def huge(megabytes: int) -> str:
    """Give much text."""
    return "x" * (megabytes * 2**20)


@server.tool(structured_output=False)
def read_path(path: str) -> str:
    """Say what was asked for; opens nothing."""
    return path


@server.tool(structured_output=False)
def environment() -> str:
    """Names and values of the environment."""
    return json.dumps(dict(os.environ))


@server.tool(name="print", structured_output=False)
def print_(from_: str = "") -> str:
    """Bear a name that Python has."""
    return from_


if __name__ == "__main__":
    if sys.argv[1:2] == ["http"]:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        server.run("stdio")
