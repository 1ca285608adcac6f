"""Where the media of a row come from: its own columns, features that were computed before, or nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeyman.agent.words_alone import words_alone
from journeyman.model_family import MediaKind, ModelFamily
from journeyman.schema.message import messages_from_json, messages_to_json
from journeyman.training.conversations import COLUMNS, Conversation

_NO_FEATURES: Mapping[str, bytes] = {}


@dataclass(frozen=True, slots=True)
class MediaSource:
    """How a stored row becomes a conversation."""

    kinds: tuple[MediaKind, ...] = ("image",)
    """Kinds of media that are read with the row; the columns of others are not touched."""
    features: Mapping[str, bytes] | None = None
    """``.npy`` by sha256, in place of the files; None where there are no frozen encoders."""
    words: bool = False
    """Leave media parts out of the conversations."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are read for it."""
        return tuple(COLUMNS[kind] for kind in self.kinds)

    def conversation(self, row: Mapping[str, Any]) -> Conversation:
        """The conversation of a row with ``example_id``, ``messages_json`` and :attr:`columns`."""
        row_id, text = row["example_id"], row["messages_json"]
        if self.words:
            return Conversation(row_id, messages_to_json(words_alone(messages_from_json(text))), {})
        if self.features is not None:
            named = {part.sha256 for message in messages_from_json(text) for part in message.media}
            found = {sha256: self.features[sha256] for sha256 in sorted(named) if sha256 in self.features}
            return Conversation(row_id, text, found, features=True)
        return Conversation(row_id, text, dict(stored_media(row, self.columns)))


def media_source(family: ModelFamily, media: str, features: Mapping[str, bytes] | None) -> MediaSource:
    """What a family's rows are made from.

    Args:
        family: Of the model.
        media: As :attr:`TrainingConfig.media` says.
        features: Of a family with frozen encoders; None where no row has media.
    """
    if media == "none":
        return MediaSource(kinds=(), words=True)
    if family.frozen_encoders is not None:
        return MediaSource(kinds=(), features=_NO_FEATURES if features is None else features)
    return MediaSource(kinds=tuple(kind for kind in COLUMNS if kind in family.modalities))


def stored_media(row: Mapping[str, Any], columns: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """sha256 and bytes of what a row holds in ``columns``; what has lost its bytes is left out."""
    files = (file for column in columns for file in row.get(column) or ())
    return [(file["path"].partition(".")[0], file["bytes"]) for file in files if file["bytes"]]
