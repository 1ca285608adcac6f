"""Conversations without their media: what a blind twin is trained on, and shown when it is asked."""

from collections.abc import Iterable

from journeyman.schema.message import Message, TextPart


def words_alone(messages: Iterable[Message]) -> tuple[Message, ...]:
    """``messages`` with pictures, sounds and videos left out; a turn of nothing else becomes an empty text."""
    return tuple(message.model_copy(update={"content": _texts(message)}) for message in messages)


def _texts(message: Message) -> tuple[TextPart, ...]:
    return tuple(part for part in message.content if isinstance(part, TextPart)) or (TextPart(text=""),)
