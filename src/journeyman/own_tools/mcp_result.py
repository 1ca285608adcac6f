"""Turn what an MCP tool answered into an outcome: a JSON value, pictures to show, files to keep."""

import base64
import binascii
import io
import json
import mimetypes
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from PIL import Image, ImageOps, UnidentifiedImageError

from journeyman.own_tools.foreign import validator_of
from journeyman.own_tools.wording import cut
from journeyman.schema.record import canonical_json
from journeyman.tool_run import Outcome

RESULT_BYTES = 32 * 2**20
"""Text and decoded files of one result together."""
MAX_PIXELS = 40_000_000
"""As for the pictures of our own tools."""
MAX_LINKS = 16
ERROR_CHARS = 4000

# A closed list: Pillow's EPS reader would start Ghostscript on whatever the file says.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
# Pillow's decoders raise these and no common class of their own.
_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, ArithmeticError, Image.DecompressionBombError,
)  # fmt: skip
_EXTENSIONS = {
    "audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg",
    "audio/flac": "flac", "audio/webm": "weba", "text/plain": "txt", "text/markdown": "md",
}  # fmt: skip
# No file of this machine is read, so that a result is named alike everywhere.
_TYPES = mimetypes.MimeTypes(filenames=())

Contents = TextResourceContents | BlobResourceContents
ReadResource = Callable[[str], Awaitable[Sequence[Contents] | None]]
"""Contents of a resource by its URI, asked of the same server; None when it has none."""


class _WrongResultError(Exception):
    """The server's answer cannot be used; words for the agent."""


@dataclass
class _Parts:
    """What an answer holds, in its order."""

    stem: str
    texts: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)
    size: int = 0

    def text(self, text: str) -> None:
        self._weigh(len(text.encode()))
        self.texts.append(text)

    def file(self, encoded: str, media_type: str) -> None:
        self._weigh(len(encoded) * 3 // 4)
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error as exc:
            raise _WrongResultError(f"gave a file of {media_type} that is not base64: {exc}") from exc
        if media_type.startswith("image/") and media_type != "image/svg+xml":
            self.images.append(self._keep(_png(data), "png"))
        else:
            self._keep(data, _extension(media_type))

    def _keep(self, data: bytes, extension: str) -> str:
        name, number = f"{self.stem}.{extension}", 1
        while name in self.files:
            number += 1
            name = f"{self.stem}_{number}.{extension}"
        self.files[name] = data
        return name

    def _weigh(self, size: int) -> None:
        self.size += size
        if self.size > RESULT_BYTES:
            raise _WrongResultError(f"gave more than {RESULT_BYTES:,} bytes; ask for less")


async def with_links_read(result: CallToolResult, read: ReadResource) -> CallToolResult:
    """``result`` with the resources it links to in place of the links.

    Only the server that gave a link is asked for it; nothing is opened or fetched here. A link that
    the server has no contents for, or one too many, becomes its name and address as text.
    """
    content: list[Any] = []
    links = 0
    for block in result.content:
        if not isinstance(block, ResourceLink):
            content.append(block)
            continue
        links += 1
        contents = await read(block.uri) if links <= MAX_LINKS else None
        if contents is None:
            content.append(TextContent(type="text", text=f"{block.title or block.name}: {block.uri}"))
        else:
            content += [EmbeddedResource(type="resource", resource=one) for one in contents]
    return result.model_copy(update={"content": content})


def outcome_of(result: CallToolResult, tool: str, value_schema: Mapping[str, Any] | None) -> Outcome:
    """What ``tool`` did, from its answer without links.

    The value is the structured content; else the text, read as JSON when the tool has a value
    schema. Files beside a value without a schema are named in it:
    ``{"value": ..., "files": [...]}``; files alone are the value, as a name or a list of names.
    """
    parts = _Parts(re.sub(r"[^a-z0-9_]", "_", tool.lower()))
    try:
        for block in result.content:
            _take(block, parts)
        value, images = _value(result, parts, value_schema), tuple(parts.images)
        value_json = canonical_json(value)
    except _WrongResultError as exc:
        return Outcome("", (), (), f"{tool} {exc}")
    except (ValueError, RecursionError) as exc:
        return Outcome("", (), (), f"{tool} gave a value that JSON does not have: {exc}")
    if result.is_error:
        words = "\n".join(parts.texts).strip()
        return Outcome("", (), (), cut(words, ERROR_CHARS) or f"{tool} failed and did not say why")
    return Outcome(value_json, images, tuple(parts.files.items()), "")


def _take(block: Any, parts: _Parts) -> None:
    if isinstance(block, TextContent):
        parts.text(block.text)
    elif isinstance(block, ImageContent | AudioContent):
        parts.file(block.data, _media_type(block.mime_type))
    elif isinstance(block, EmbeddedResource):
        if isinstance(block.resource, TextResourceContents):
            parts.text(block.resource.text)
        else:
            parts.file(block.resource.blob, _media_type(block.resource.mime_type))


def _value(result: CallToolResult, parts: _Parts, schema: Mapping[str, Any] | None) -> Any:
    structured = "structured_content" in result.model_fields_set and result.structured_content is not None
    text = "\n".join(parts.texts)
    value: Any = result.structured_content if structured else text
    if result.is_error:
        return None
    if schema is not None:
        return _matching(value if structured else _read_json(text), schema)
    names = list(parts.files)
    if not names:
        return value
    if structured or parts.texts:
        return {"value": value, "files": names}
    return names[0] if len(names) == 1 else names


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _matching(value: Any, schema: Mapping[str, Any]) -> Any:
    error = next(iter(validator_of(schema).iter_errors(value)), None)
    if error is not None:
        raise _WrongResultError(f"gave a value that breaks its own schema: {cut(error.message, 300)}")
    return value


def _media_type(given: str | None) -> str:
    """Without parameters, e.g. ``text/plain`` of ``text/plain; charset=utf-8``."""
    return (given or "").partition(";")[0].strip().lower()


def _extension(media_type: str) -> str:
    found = _EXTENSIONS.get(media_type) or (_TYPES.guess_extension(media_type) or ".bin")[1:]
    return found if re.fullmatch(r"[a-z0-9]+", found) else "bin"


def _png(data: bytes) -> bytes:
    """``data`` as it is when it is a PNG, else made one: trajectories hold PNG pictures."""
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise _WrongResultError(
                f"gave a picture of {picture.width} x {picture.height} pixels; the limit is {MAX_PIXELS:,} pixels"
            )
        picture.load()
        if picture.format == "PNG":
            return data
        upright = ImageOps.exif_transpose(picture)
        plain = upright if upright.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else upright.convert("RGB")
        buffer = io.BytesIO()
        plain.save(buffer, format="PNG")
        return buffer.getvalue()
    except UnidentifiedImageError as exc:
        raise _WrongResultError("gave a picture that is no png, jpg, gif, webp, bmp or tiff") from exc
    except _DAMAGED as exc:
        raise _WrongResultError(f"gave a damaged picture: {exc}") from exc
