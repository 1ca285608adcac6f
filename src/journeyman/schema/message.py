"""A chat message of text, pictures, sounds and videos: the one form that build, train, eval and serve all render."""

import json
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from journeyman.schema.record import Record, canonical_json


class TextPart(Record):
    """Plain text. Control tokens inside it are data and are escaped by the renderer."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(Record):
    """A picture, by content."""

    type: Literal["image"] = "image"
    sha256: str


class AudioPart(Record):
    """A sound, by content."""

    type: Literal["audio"] = "audio"
    sha256: str


class VideoPart(Record):
    """A video, by content."""

    type: Literal["video"] = "video"
    sha256: str


MediaPart = ImagePart | AudioPart | VideoPart
Part = Annotated[TextPart | ImagePart | AudioPart | VideoPart, Field(discriminator="type")]


class Message(Record):
    """One turn. Only assistant turns with ``trained`` enter the loss."""

    role: Literal["system", "user", "assistant"]
    content: tuple[Part, ...]
    trained: bool = True

    @property
    def text(self) -> str:
        """The text parts joined, pictures left out."""
        return "".join(p.text for p in self.content if isinstance(p, TextPart))

    @property
    def images(self) -> tuple[str, ...]:
        """sha256 of each picture, in reading order."""
        return tuple(p.sha256 for p in self.content if isinstance(p, ImagePart))

    @property
    def media(self) -> tuple[MediaPart, ...]:
        """Pictures, sounds and videos, in reading order."""
        return tuple(p for p in self.content if not isinstance(p, TextPart))


_MESSAGES = TypeAdapter(tuple[Message, ...])


def messages_to_json(messages: Iterable[Message]) -> str:
    """Canonical JSON text: Arrow structs would give one row another row's keys."""
    return canonical_json([m.model_dump(mode="json") for m in messages])


def messages_from_json(text: str) -> tuple[Message, ...]:
    """The inverse of :func:`messages_to_json`.

    Raises:
        pydantic.ValidationError: Not a list of messages.
    """
    return _MESSAGES.validate_python(json.loads(text))
