"""Pictures to and from the endpoints that the user set: base64 PNG there, any picture back, checked as a file is."""

import base64
import binascii
from typing import Any

from PIL import Image

from journeyman.errors import ToolError
from journeyman.settings import Backing
from journeyman.tool import ToolFiles
from journeyman.tools._backings.endpoint import post_form, post_json
from journeyman.tools._pictures.picture import png_bytes, read_picture

SECONDS = 55.0
"""Below the 60 s after which a tool host is stopped, so that the agent reads who was late."""


def as_base64(picture: Image.Image) -> str:
    """``picture`` as a base64 PNG."""
    return base64.b64encode(png_bytes(picture)).decode()


def generated(backing: Backing, prompt: str, files: ToolFiles) -> Image.Image:
    """What the OpenAI-compatible ``/images/generations`` of ``backing`` draws.

    Raises:
        ToolError: No answer, or no picture inline in it.
    """
    payload = {"prompt": prompt, "n": 1, **_model(backing)}
    answer = post_json(_address(backing, "generations"), payload, api_key=backing.api_key, seconds=SECONDS)
    return _first_picture(answer, files)


def edited(backing: Backing, prompt: str, picture: Image.Image, files: ToolFiles) -> Image.Image:
    """What the OpenAI-compatible ``/images/edits`` of ``backing`` makes of ``picture``.

    Raises:
        ToolError: No answer, or no picture inline in it.
    """
    fields = {"prompt": prompt, "n": "1", **_model(backing)}
    sent = {"image": png_bytes(picture)}
    answer = post_form(_address(backing, "edits"), fields, sent, api_key=backing.api_key, seconds=SECONDS)
    return _first_picture(answer, files)


def _address(backing: Backing, what: str) -> str:
    return f"{backing.url.rstrip('/')}/images/{what}"


def _model(backing: Backing) -> dict[str, str]:
    """The endpoint's model, and the wish for pictures inline, which gpt-image models always are and may not be told."""
    inline = {} if backing.model.startswith("gpt-image") else {"response_format": "b64_json"}
    return {"model": backing.model, **inline} if backing.model else inline


def _first_picture(answer: Any, files: ToolFiles) -> Image.Image:
    try:
        first = answer["data"][0]
        text = first.get("b64_json")
    except (KeyError, IndexError, TypeError, AttributeError) as exc:
        raise ToolError("the endpoint's answer has no data[0].b64_json") from exc
    if not isinstance(text, str) or not text:
        # An address in an answer is not opened: it could name a machine that only this one can reach.
        linked = ", only an address, which is not opened" if first.get("url") else ""
        raise ToolError(f"the endpoint's answer has no data[0].b64_json{linked}")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ToolError("the endpoint's data[0].b64_json is no base64") from exc
    return read_picture(ToolFiles(files.root, lambda _: data, files.write), "the endpoint's picture")
