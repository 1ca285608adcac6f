"""Conversation -> tokens in the ChatML form, segment by segment, with the loss mask made alongside.

A chat template renders one string and then has to find its way back to who said what; text that
contains control tokens then forges turns. Here every segment is tokenized alone, so what is trained
is known by construction, and control tokens inside text are cut in two and stay data.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from journeyman.errors import ConfigError
from journeyman.model_family import IGNORED, ByteArray, Encoded, IntArray
from journeyman.schema.message import Message, TextPart
from journeyman.schema.record import sha256_hex

START, END = "<|im_start|>", "<|im_end|>"
VISION_START, VISION_END, IMAGE = "<|vision_start|>", "<|vision_end|>", "<|image_pad|>"


@dataclass(slots=True)
class _Tokens:
    """Tokens so far, their labels, and their positions in time, height and width."""

    ids: list[int] = field(default_factory=list)
    trained: list[bool] = field(default_factory=list)
    positions: list[IntArray] = field(default_factory=list)
    next_position: int = 0

    def text(self, ids: Sequence[int], *, trained: bool) -> None:
        self.ids += ids
        self.trained += [trained] * len(ids)
        run = np.arange(self.next_position, self.next_position + len(ids), dtype=np.int64)
        self.positions.append(np.broadcast_to(run, (3, len(ids))))
        self.next_position += len(ids)

    def image(self, token: int, height: int, width: int) -> None:
        count = height * width
        self.ids += [token] * count
        self.trained += [False] * count
        rows, columns = np.divmod(np.arange(count, dtype=np.int64), width)
        grid = np.stack([np.zeros(count, dtype=np.int64), rows, columns])
        self.positions.append(grid + self.next_position)
        # The text after a picture goes on behind its longer side, as the family was pre-trained.
        self.next_position += max(height, width)


def encode_conversation(
    messages: Sequence[Message],
    images: Mapping[str, bytes],
    processor: Any,
    *,
    add_generation_prompt: bool,
    max_pixels: int,
    min_pixels: int,
) -> Encoded:
    """Encode a conversation; only text of trained assistant turns and their end-of-turn token get labels.

    Raises:
        ConfigError: A picture is missing or cannot be opened.
    """
    tokenizer = processor.tokenizer
    control = {name: tokenizer.convert_tokens_to_ids(name) for name in (START, END, VISION_START, VISION_END, IMAGE)}
    newline = plain_ids("\n", tokenizer)
    tokens = _Tokens()
    patches: list[ByteArray] = []
    grids: list[tuple[int, int, int]] = []
    merge = processor.image_processor.merge_size
    for message in messages:
        trained = message.role == "assistant" and message.trained
        tokens.text([control[START], *plain_ids(f"{message.role}\n", tokenizer)], trained=False)
        for part in message.content:
            if isinstance(part, TextPart):
                tokens.text(plain_ids(part.text, tokenizer), trained=trained)
                continue
            if part.sha256 not in images:
                raise ConfigError(
                    f"picture {part.sha256[:12]} of a {message.role} turn is missing; pass its bytes along"
                )
            data, grid = _patches(images[part.sha256], processor, max_pixels, min_pixels)
            tokens.text([control[VISION_START]], trained=False)
            tokens.image(control[IMAGE], grid[1] // merge, grid[2] // merge)
            tokens.text([control[VISION_END]], trained=False)
            patches.append(data)
            grids.append(grid)
        tokens.text([control[END]], trained=trained)
        tokens.text(newline, trained=False)
    if add_generation_prompt:
        tokens.text([control[START], *plain_ids("assistant\n", tokenizer)], trained=False)
    ids = np.asarray(tokens.ids, dtype=np.int64)
    return Encoded(
        input_ids=ids,
        labels=np.where(np.asarray(tokens.trained, dtype=bool), ids, IGNORED),
        position_ids=np.concatenate([np.zeros((3, 0), dtype=np.int64), *tokens.positions], axis=1),
        patches=np.concatenate(patches) if patches else np.zeros((0, _patch_dim(processor)), dtype=np.uint8),
        grids=np.asarray(grids, dtype=np.int64).reshape(-1, 3),
    )


def plain_ids(text: str, tokenizer: Any) -> list[int]:
    """Tokens of ``text`` as data: what looks like a control token is cut in two first, and decodes to the same text."""
    if not text:
        return []
    ids: list[int] = []
    for piece in _cut_controls(text, tuple(tokenizer.get_added_vocab())):
        ids += tokenizer(piece, add_special_tokens=False)["input_ids"]
    return ids


def _cut_controls(text: str, controls: tuple[str, ...]) -> Iterable[str]:
    start = 0
    for match in _control_pattern(controls).finditer(text):
        yield text[start : match.start() + 1]
        start = match.start() + 1
    yield text[start:]


@lru_cache(maxsize=8)
def _control_pattern(controls: tuple[str, ...]) -> re.Pattern[str]:
    # A lookahead finds overlapping ones too; longest first is not needed since only the start counts.
    return re.compile("(?=" + "|".join(re.escape(c) for c in sorted(controls)) + ")")


def _patches(data: bytes, processor: Any, max_pixels: int, min_pixels: int) -> tuple[ByteArray, tuple[int, int, int]]:
    try:
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError) as exc:
        raise ConfigError(f"picture {sha256_hex(data)[:12]} cannot be opened: {exc}") from exc
    # Bytes, not normalised floats: a quarter of the memory, and the batch does that part.
    out = processor.image_processor(
        images=[image],
        do_rescale=False,
        do_normalize=False,
        size={"shortest_edge": min_pixels, "longest_edge": max_pixels},
        return_tensors="np",
    )
    time, height, width = (int(n) for n in out["image_grid_thw"][0])
    return np.asarray(out["pixel_values"]).round().clip(0, 255).astype(np.uint8), (time, height, width)


def _patch_dim(processor: Any) -> int:
    image = processor.image_processor
    return int(3 * image.temporal_patch_size * image.patch_size**2)
