"""The dataset as encoded conversations: tokens kept, pictures decoded again when memory runs short."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from journeyman.errors import ConfigError
from journeyman.model_family import Encoded, ModelFamily
from journeyman.schema.arrow import table_to_records
from journeyman.schema.example import Example
from journeyman.schema.message import messages_from_json
from journeyman.training.config import TrainingConfig

PATCH_CACHE_BYTES = 1 << 30
"""Decoded pictures kept in memory by one rank."""


@dataclass(frozen=True, slots=True)
class _Row:
    messages_json: str
    images: dict[str, bytes]


class Conversations:
    """Conversations of one split, by index."""

    def __init__(self, rows: Sequence[Example], family: ModelFamily, processor: Any, config: TrainingConfig) -> None:
        self._family = family
        self._processor = processor
        self._config = config
        self._rows = [
            _Row(row.messages_json, {image.path.partition(".")[0]: image.bytes for image in row.images}) for row in rows
        ]
        self._without_patches: list[Encoded] = []
        self._patches: dict[int, Any] = {}
        room = PATCH_CACHE_BYTES
        for index in range(len(self._rows)):
            encoded = self._encode(index)
            if encoded.patches.nbytes <= room:
                self._patches[index] = encoded.patches
                room -= encoded.patches.nbytes
            self._without_patches.append(replace(encoded, patches=encoded.patches[:0]))

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Encoded:
        if index in self._patches:
            return replace(self._without_patches[index], patches=self._patches[index])
        return self._encode(index)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Tokens of each conversation, pictures included."""
        return tuple(len(encoded) for encoded in self._without_patches)

    @property
    def trained_tokens(self) -> tuple[int, ...]:
        """Tokens of each conversation that enter the loss."""
        return tuple(encoded.trained_tokens for encoded in self._without_patches)

    def shared_tokens(self) -> int:
        """How many first tokens all conversations have in common, none of them trained."""
        return self._family.common_prefix(self._without_patches, self._processor)

    def _encode(self, index: int) -> Encoded:
        row = self._rows[index]
        return self._family.encode(
            messages_from_json(row.messages_json),
            row.images,
            self._processor,
            add_generation_prompt=False,
            max_pixels=self._config.max_pixels,
            min_pixels=self._config.min_pixels,
        )


def read_examples(path: Path) -> list[Example]:
    """Rows of the Parquet file at ``path``."""
    return table_to_records(pq.read_table(path), Example)


def of_split(rows: Sequence[Example], split: str) -> list[Example]:
    """Rows of ``split``, in their stored order."""
    return [row for row in rows if row.split == split]


def refuse_untrainable(rows: Sequence[Example]) -> None:
    """Name what would make training pointless before any rank is started.

    Args:
        rows: The whole dataset.

    Raises:
        ConfigError: No training row, or none with an assistant turn to learn.
    """
    training = of_split(rows, "train")
    if not training:
        raise ConfigError("the dataset has no row in its train split; generate more queries or see what was dropped")
    turns = (m for row in training for m in messages_from_json(row.messages_json))
    if not any(m.role == "assistant" and m.trained for m in turns):
        raise ConfigError(
            f"none of the {len(training)} conversations has a trained assistant turn; nothing can be learned"
        )


def corpus(rows: Sequence[Example]) -> list[str]:
    """Texts that a tokenizer is trained on: every turn of every row."""
    return [message.text for row in rows for message in messages_from_json(row.messages_json)]
