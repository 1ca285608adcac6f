"""Ask a vision-language model about a picture, behind an OpenAI-compatible endpoint that the user sets."""

import base64
import re
from typing import Any

from PIL import Image
from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._backings.backing import backing_of, identity_of, not_configured
from journeyman.tools._backings.endpoint import post_json
from journeyman.tools._pictures.picture import png_bytes, read_picture

LONG_SIDE = 1568
"""Pixels; most models see no more, and each is paid for in tokens."""
MAX_TOKENS = 512
"""Of the answer: about 350 words."""
SECONDS = 55.0
"""Less than a tool call may take, so that the agent reads why there is no answer."""
DESCRIBE = "Describe this picture: what it shows, where each thing stands, its colours, and any text."
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


class VisualizeArguments(Arguments):
    """What to ask about which picture."""

    image: str = file_argument("picture to look at")
    question: str = Field(default="", description="what to ask about it; empty asks for a description", max_length=2000)


def run(arguments: VisualizeArguments, files: ToolFiles) -> ToolResult:
    """The model's answer."""
    picture = read_picture(files, arguments.image)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    backing = backing_of("visualize")
    inline = "data:image/png;base64," + base64.b64encode(png_bytes(picture)).decode()
    content = [
        {"type": "image_url", "image_url": {"url": inline}},
        {"type": "text", "text": arguments.question.strip() or DESCRIBE},
    ]
    payload = {
        "model": backing.model,
        "messages": [{"role": "user", "content": content}],
        "temperature": 0,
        "max_tokens": MAX_TOKENS,
    }
    url = backing.url.rstrip("/") + "/chat/completions"
    return ToolResult(value=_said(post_json(url, payload, api_key=backing.api_key, seconds=SECONDS)))


def _said(answer: Any) -> str:
    """The text of a chat completion, without the thoughts some models write before it."""
    try:
        content = answer["choices"][0]["message"]["content"]
    except (TypeError, KeyError, IndexError) as exc:
        raise ToolError("the model's answer is no chat completion: it has no choices[0].message.content") from exc
    text = _THOUGHT.sub("", content).strip() if isinstance(content, str) else ""
    text = text.encode(errors="replace").decode()  # half of a character pair is no text that can be stored
    if not text:
        raise ToolError("the model answered without a word; ask in another way")
    return text


def _missing() -> str:
    """An endpoint serves many models, so that both must be named."""
    return not_configured("visualize", "url")() or not_configured("visualize", "model")()


TOOL = Tool(
    name="visualize",
    version=1,
    summary="Answers questions about a picture by the vision-language model that the user sets (OpenAI-compatible).",
    description="Ask a question about a picture.",
    arguments=VisualizeArguments,
    returns="str",
    result=str,
    example={"image": "file_1.png", "question": "Which colours are there?"},
    run=run,
    media_in=("image/*",),
    licence="that of the model set",
    heavy=True,
    backing=identity_of("visualize"),
    missing=_missing,
    covers=(
        Covers("GTA", "ImageDescription"),
        Covers("GTA", "RegionAttributeDescription", "takes no box: crop_image first"),
        Covers("GTA", "CountGivenObject", "counts as well as the model set does"),
        Covers("MAT", "visualizer"),
    ),
)
