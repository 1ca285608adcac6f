"""Our tools in MCP's words: their schemas, and what comes of a call as content blocks."""

import base64
import json
import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mcp.types import BlobResourceContents, CallToolResult, EmbeddedResource, ImageContent, TextContent
from mcp.types import Tool as McpTool

from journeyman.tool import Tool

INLINE_BYTES = 8 * 2**20
"""A larger file is not sent with a result; ``get_file`` gives it."""
IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_NAME_OR_DATA = "; the name of a file given with put_file or made by a tool, or a data: URL"
# No file of this machine is read: a name has one type everywhere.
_TYPES = mimetypes.MimeTypes(filenames=())


def offered(tool: Tool) -> McpTool:
    """``tool`` as clients are told of it: its value is under ``result``, since MCP wants an object there."""
    inner = dict(tool.result_schema())
    definitions = inner.pop("$defs", None)
    output: dict[str, Any] = {"type": "object", "properties": {"result": inner}, "required": ["result"]}
    if definitions:
        output["$defs"] = definitions
    return McpTool(
        name=tool.name,
        title=tool.description,
        description=f"{tool.summary} Gives {tool.returns}.",
        input_schema=_input(tool),
        output_schema=output,
    )


PUT_FILE = McpTool(
    name="put_file",
    title="Give a file to the tools.",
    description="Puts a file into this session's folder, where the tools find it by its name.",
    input_schema={
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "plain file name, e.g. photo.png"},
            "data_base64": {"type": "string", "contentEncoding": "base64", "description": "the file's bytes"},
        },
        "required": ["name", "data_base64"],
        "additionalProperties": False,
    },
)
GET_FILE = McpTool(
    name="get_file",
    title="Fetch a file.",
    description="Gives a file of this session's folder: one that was put there, or that a tool made.",
    input_schema={
        "type": "object",
        "properties": {"name": {"type": "string", "description": "file name"}},
        "required": ["name"],
        "additionalProperties": False,
    },
)


def answered(value: Any, images: Sequence[str], written: Mapping[str, bytes]) -> CallToolResult:
    """What a call gave: its value as text and as structure, pictures to show, other files as resources.

    Args:
        value: JSON value.
        images: Those of ``written`` that are pictures to show.
        written: Files that the call made, by name.
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    content: list[Any] = [TextContent(type="text", text=text)]
    for name, data in written.items():
        if len(data) > INLINE_BYTES:
            content.append(TextContent(type="text", text=f"{name} has {len(data):,} bytes; get_file gives it"))
        else:
            content.append(file_block(name, data, shown=name in images))
    return CallToolResult(content=content, structured_content={"result": value})


def refused(words: str) -> CallToolResult:
    """An error that the calling model reads."""
    return CallToolResult(content=[TextContent(type="text", text=words)], is_error=True)


def file_block(name: str, data: bytes, *, shown: bool) -> ImageContent | EmbeddedResource:
    """A file as a picture to show, when it is one, or as a resource."""
    media_type = media_type_of(name)
    encoded = base64.b64encode(data).decode()
    if shown and media_type in IMAGE_TYPES:
        return ImageContent(type="image", data=encoded, mime_type=media_type)
    contents = BlobResourceContents(uri=f"session:///{quote(name)}", blob=encoded, mime_type=media_type)
    return EmbeddedResource(type="resource", resource=contents)


def media_type_of(name: str) -> str:
    """Media type by the name's extension."""
    return _TYPES.guess_type(name)[0] or "application/octet-stream"


def extension_of(media_type: str) -> str:
    """Extension without a dot for ``media_type``; ``bin`` for one that is not known."""
    if media_type in ("audio/wav", "audio/wave"):
        return "wav"
    return (_TYPES.guess_extension(media_type) or ".bin")[1:]


def _input(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.schema())
    properties = dict(schema.get("properties", {}))
    for name in tool.file_arguments():
        told = properties[name].get("description", name)
        properties[name] = {**properties[name], "description": f"{told}{_NAME_OR_DATA}"}
        # To clients the format would say that they may send bytes as they like.
        properties[name].pop("format", None)
    return {**schema, "properties": properties}
