"""A training example: the rendered conversation and its pictures, self-contained."""

from typing import ClassVar

from journeyman.schema.record import Record


class EmbeddedImage(Record):
    """A picture in the form that ``datasets`` reads as ``Image()``."""

    bytes: bytes
    path: str
    """``<sha256>.<extension>``."""


class EmbeddedFile(Record):
    """A sound or a video in the form that ``datasets`` reads as ``Audio()`` or ``Video()``."""

    bytes: bytes
    path: str
    """``<sha256>.<extension>``."""


class Example(Record):
    """One row of the dataset; ``datasets.load_dataset`` shows its pictures with no local copy."""

    SCHEMA_VERSION: ClassVar[int] = 2

    example_id: str
    split: str
    """``train`` or ``validation``."""
    family: str
    query: str
    messages_json: str
    """Canonical JSON of the messages (schema/message.py); pictures by sha256, in order of ``images``."""
    images: tuple[EmbeddedImage, ...]
    tools: tuple[str, ...]
    """Tools called, in order of first use."""
    answer_json: str
    origin: str
    teacher: str
    audios: tuple[EmbeddedFile, ...] = ()
    """Sounds, in order of the messages."""
    videos: tuple[EmbeddedFile, ...] = ()
    """Videos, in order of the messages."""
