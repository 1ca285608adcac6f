"""The dataset as encoded conversations: tokens kept, pictures decoded again when memory runs short."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
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
        """How many first tokens all conversations have in common."""
        if not self._rows:
            return 0
        first = self._without_patches[0].input_ids
        shared = min(self.lengths)
        for encoded in self._without_patches:
            differ = np.flatnonzero(encoded.input_ids[:shared] != first[:shared])
            shared = int(differ[0]) if len(differ) else shared
        return shared

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


def refuse_untrainable(conversations: Conversations) -> None:
    """Name what would make training pointless before the first step.

    Raises:
        ConfigError: No conversation, or none with a token that is trained.
    """
    if not len(conversations):
        raise ConfigError("the dataset has no row in its train split; generate more queries or check what was dropped")
    if not sum(conversations.trained_tokens):
        raise ConfigError(
            f"none of the {len(conversations)} conversations has a trained token; assistant turns need `trained`"
        )


def corpus(rows: Sequence[Example]) -> list[str]:
    """Texts that a tokenizer is trained on: every turn of every row."""
    return [message.text for row in rows for message in messages_from_json(row.messages_json)]
