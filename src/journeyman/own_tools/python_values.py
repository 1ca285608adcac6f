"""What goes into a user's function and what comes out: files by name, everything else as JSON."""

import functools
import io
import tempfile
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from journeyman.errors import ToolError
from journeyman.own_tools.wording import cut
from journeyman.schema.record import canonical_json
from journeyman.tool import ToolFiles

MAX_PIXELS = 40_000_000
"""As for the pictures of our own tools."""
MAX_FILE_BYTES = 64 * 2**20
"""As the sandbox lets a file be."""
FILE_TYPES = (Image.Image, Path, bytes)
"""Annotations that stand for a file of the trajectory's folder."""

# A closed list: Pillow's EPS reader would start Ghostscript on whatever the file says.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_STARTS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"%PDF": "pdf", b"PK\x03\x04": "zip", b"RIFF": "wav"}


def file_kind(annotation: Any) -> type | None:
    """Which of ``FILE_TYPES`` an annotation stands for, alone, in a list or optional; None for any other."""
    if annotation in FILE_TYPES:
        return annotation  # type: ignore[no-any-return]  # one of them
    if get_origin(annotation) in (list, Union, types.UnionType):
        kinds = {file_kind(one) for one in get_args(annotation) if one is not type(None)}
        return kinds.pop() if len(kinds) == 1 else None
    return None


def without_files(annotation: Any) -> Any:
    """``annotation`` with ``str``, the file's name, in place of each file type, however deep."""
    if annotation in FILE_TYPES:
        return str
    inner = get_args(annotation)
    changed = tuple(without_files(one) for one in inner)
    if changed == inner:
        return annotation
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return functools.reduce(lambda one, other: one | other, changed)
    return types.GenericAlias(origin, changed) if isinstance(origin, type) else Any


@contextmanager
def opened(named: Mapping[str, Any], kinds: Mapping[str, type], files: ToolFiles) -> Iterator[dict[str, Any]]:
    """``named`` with the files that it names in place of names; copies for ``Path`` live until leaving.

    Raises:
        ToolError: A file is missing, or is no picture where one is wanted.
    """
    with tempfile.TemporaryDirectory(prefix="journeyman-") as folder:

        def one(kind: type, value: Any) -> Any:
            if isinstance(value, list):
                return [one(kind, item) for item in value]
            if not isinstance(value, str):
                return value
            data = files.read(value)
            if kind is bytes:
                return data
            if kind is Image.Image:
                return _picture(data, value)
            # A folder each: names are told apart by more than their last part.
            path = Path(tempfile.mkdtemp(dir=folder)) / Path(value).name
            path.write_bytes(data)
            return path

        yield {name: one(kinds[name], value) if name in kinds else value for name, value in named.items()}


class Returned:
    """Takes a function's value apart into JSON and files."""

    def __init__(self, tool: str, files: ToolFiles) -> None:
        self.images: list[str] = []
        self._stem = "".join(c if c.isascii() and c.isalnum() else "_" for c in tool.lower())
        self._files = files

    def value(self, value: Any, adapter: TypeAdapter[Any] | None, annotation: Any) -> Any:
        """``value`` as JSON, with a name for each picture, bytes or path in it, whose content is written.

        Args:
            value: What the function returned.
            adapter: Of the annotated type, in which names stand for files; None checks nothing.
            annotation: For the message.

        Raises:
            ToolError: It is not JSON, or not of the annotated type.
        """
        try:
            plain = to_jsonable_python(self._named(value))
            written = canonical_json(plain)
            if adapter is not None:
                adapter.validate_json(written)
        except ValidationError as exc:
            wanted = getattr(annotation, "__name__", str(annotation))
            where = cut(str(exc.errors(include_url=False, include_input=False)[0]["msg"]), 100)
            raise ToolError(f"returned {cut(repr(value), 60)}, which is not {wanted}: {where}") from exc
        except (PydanticSerializationError, ValueError, RecursionError) as exc:
            raise ToolError(f"returned {type(value).__name__}, which is not JSON: {cut(str(exc), 150)}") from exc
        return plain

    def _named(self, value: Any) -> Any:
        if isinstance(value, Image.Image):
            name = self._files.write(f"{self._stem}.png", _png(value))
            self.images.append(name)
            return name
        if isinstance(value, bytes):
            extension = next((kind for start, kind in _STARTS.items() if value.startswith(start)), "bin")
            return self._files.write(f"{self._stem}.{extension}", value)
        if isinstance(value, Path):
            return self._copied(value)
        if isinstance(value, list | tuple):
            return [self._named(item) for item in value]
        if isinstance(value, dict):
            return {key: self._named(item) for key, item in value.items()}
        return value

    def _copied(self, path: Path) -> str:
        try:
            if not path.is_file():
                raise ToolError(f"returned the path of {path.name!r}, which is no file")
            if path.stat().st_size > MAX_FILE_BYTES:
                raise ToolError(f"returned {path.name!r}, which is larger than {MAX_FILE_BYTES:,} bytes")
            data = path.read_bytes()
        except OSError as exc:
            raise ToolError(f"returned {path.name!r}, which cannot be read: {exc.strerror}") from exc
        extension = path.suffix[1:].lower()
        return self._files.write(f"{self._stem}.{extension if extension.isalnum() else 'bin'}", data)


def _picture(data: bytes, name: str) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise ToolError(f"{name} is {picture.width} x {picture.height} pixels; the limit is {MAX_PIXELS:,} pixels")
        picture.load()
        return ImageOps.exif_transpose(picture)
    except UnidentifiedImageError as exc:
        raise ToolError(f"{name} is not a picture (png, jpg, gif, webp, bmp or tiff)") from exc
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, ArithmeticError) as exc:
        raise ToolError(f"{name} is a damaged picture: {exc}") from exc
    except Image.DecompressionBombError as exc:
        raise ToolError(f"{name} has too many pixels; the limit is {MAX_PIXELS:,}") from exc


def _png(picture: Image.Image) -> bytes:
    plain = picture if picture.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else picture.convert("RGB")
    buffer = io.BytesIO()
    plain.save(buffer, format="PNG")
    return buffer.getvalue()
