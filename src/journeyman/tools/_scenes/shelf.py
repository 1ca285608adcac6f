"""Ask other tools of the shelf about a picture that is open already."""

import io
from pathlib import Path
from typing import Any

from PIL import Image

from journeyman.errors import ToolError
from journeyman.tool import ToolFiles
from journeyman.tools import detect_faces, locate_object, ocr, tag_image

_NAME = "picture.bmp"


def printed(picture: Image.Image) -> list[dict[str, Any]]:
    """Pieces of text, ``text``, ``box`` in pixels and ``score``, in reading order."""
    found: list[dict[str, Any]] = ocr.run(ocr.OcrArguments(image=_NAME, boxes=True), _files(picture)).value
    return found


def faces(picture: Image.Image) -> list[list[int]]:
    """Boxes in pixels, left to right."""
    found: list[list[int]] = detect_faces.run(detect_faces.DetectFacesArguments(image=_NAME), _files(picture)).value
    return found


def label(picture: Image.Image) -> tuple[str, float]:
    """What a photograph shows, and how sure that is."""
    name, score = tag_image.run(tag_image.TagImageArguments(image=_NAME), _files(picture)).value[0]
    return str(name), float(score)


def located(picture: Image.Image, phrase: str) -> list[dict[str, Any]]:
    """``box`` in pixels and ``score`` of what the user's detector finds; call it where one is set."""
    given = locate_object.LocateObjectArguments(image=_NAME, object=phrase)
    found: list[dict[str, Any]] = locate_object.run(given, _files(picture)).value
    return found


def _files(picture: Image.Image) -> ToolFiles:
    buffer = io.BytesIO()
    picture.save(buffer, format="BMP")
    data = buffer.getvalue()

    def read(name: str) -> bytes:
        if name != _NAME:
            raise ToolError(f"there is no file {name!r}")
        return data

    def write(name: str, data: bytes) -> str:
        raise AssertionError(f"a tool that only looks wrote {len(data)} bytes to {name}")

    return ToolFiles(Path(), read, write)
