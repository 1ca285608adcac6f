"""Read a chat request as the scripted teacher sees it: texts, pictures and their marks."""

import base64
import io
import json
import re
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from journeyman.teacher.scripted.file_plans import MARK


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    answer: str
    """Name of the JSON schema asked for; empty for free text."""
    texts: tuple[tuple[str, str], ...]
    """Role and text of each message."""
    marks: tuple[tuple[str, int], ...]
    """Kind and number of each of the teacher's own pictures."""
    pictures: int

    @property
    def prompt(self) -> str:
        """Text of the first user message: a repair turn, if any, comes after it."""
        return next((text for role, text in self.texts if role == "user"), "")

    def json_block(self) -> Any:
        """The first fenced JSON of the prompt."""
        match = re.search(r"```json\n(.*?)\n```", self.prompt, re.DOTALL)
        return json.loads(match.group(1)) if match else json.loads(self.prompt[self.prompt.index("{") :])


def read_request(body: dict[str, Any]) -> Asked:
    """The request's parts.

    Raises:
        ValueError: The body is not a chat completion request.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages must be a non-empty list")
    texts, marks, pictures = [], [], 0
    for message in messages:
        content = message.get("content") or ""
        parts: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        texts.append((message.get("role", "user"), "".join(p["text"] for p in parts if p["type"] == "text")))
        for part in parts:
            if part["type"] == "image_url":
                pictures += 1
                mark = _mark(part["image_url"]["url"])
                if mark:
                    marks.append(mark)
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("name", "")
    return Asked(answer=schema, texts=tuple(texts), marks=tuple(marks), pictures=pictures)


def _mark(url: str) -> tuple[str, int] | None:
    try:
        data = base64.b64decode(url.partition("base64,")[2])
        with Image.open(io.BytesIO(data)) as picture:
            comment = picture.info.get("Comment") or picture.info.get("comment") or ""
    except (ValueError, UnidentifiedImageError, OSError):
        return None
    text = comment.decode("utf-8", "replace") if isinstance(comment, bytes) else str(comment)
    match = re.fullmatch(rf"{MARK}:(\w+):(\d+)", text.strip("\0 "))
    return (match.group(1), int(match.group(2))) if match else None
