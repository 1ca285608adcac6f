"""Conversation -> tokens, segment by segment, with the loss mask made alongside: the one renderer of all families.

A chat template renders one string and then has to find its way back to who said what; text that
contains control tokens then forges turns. Here every segment is tokenized alone, so what is trained
is known by construction, and control tokens inside text are cut in two and stay data. What is a
family's own is said in a :class:`Pictures`: the tokens and patches of a picture, of a sound or a video where it
takes them, and positions.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from journeyman.errors import ConfigError
from journeyman.model_families._chat import chat_form, markup_ids, plain_ids
from journeyman.model_family import IGNORED, ByteArray, Encoded, FloatArray, IntArray, MediaKind
from journeyman.schema.message import MediaPart, Message, TextPart
from journeyman.schema.record import sha256_hex

_WORDS: Mapping[MediaKind, str] = {"image": "picture", "audio": "sound", "video": "video"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, sound or video as a family shows it: C crops of P patches in all."""

    ids: Sequence[int]
    """Its tokens, markers included; as many image tokens as it has features."""
    patches: ByteArray | FloatArray
    """[P, patch_dim]"""
    grids: Sequence[tuple[int, int, int]]
    """C times patches in time, height and width."""


Shown = Callable[[bytes, int, Any, int, int], Picture]
"""(file, its number in the conversation from 0, processor, largest and smallest area in pixels) -> what is shown.

Raises ``ConfigError`` where the file cannot be opened, or the model takes none of its kind.
"""


@dataclass(frozen=True, slots=True)
class Pictures:
    """How a family shows pictures, and sounds and videos where it takes them."""

    picture: Callable[[Image.Image, int, Any, int, int], Picture] | None
    """(RGB picture, its number in the conversation from 0, processor, largest and smallest area in pixels); None where
    ``files`` says how pictures are shown."""
    positions: Callable[[IntArray, IntArray, Any], IntArray]
    """(token ids [L], grids [G, 3], processor) -> positions [3, L]."""
    patch_dim: Callable[[Any], int]
    """Numbers a patch, of a processor."""
    family: str
    """For messages."""
    files: Mapping[MediaKind, Shown] = field(default_factory=dict)
    """Kinds that are shown from their bytes."""
    dtype: type[np.uint8] | type[np.float32] = np.uint8
    """Of patches."""

    def takes(self) -> list[str]:
        """Kinds of media, sorted."""
        return sorted({*self.files, *(() if self.picture is None else ("image",))})


@dataclass(slots=True)
class _Tokens:
    """Tokens so far and whether they are trained; pictures beside."""

    ids: list[int] = field(default_factory=list)
    trained: list[bool] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    picture_spans: list[tuple[int, int]] = field(default_factory=list)
    turn_spans: list[tuple[int, int]] = field(default_factory=list)

    def text(self, ids: Sequence[int], *, trained: bool) -> None:
        self.ids += ids
        self.trained += [trained] * len(ids)

    def picture(self, picture: Picture) -> None:
        start = len(self.ids)
        self.text(picture.ids, trained=False)
        self.pictures.append(picture)
        self.picture_spans.append((start, len(self.ids)))


def encode_conversation(
    messages: Sequence[Message],
    images: Mapping[str, bytes],
    processor: Any,
    *,
    add_generation_prompt: bool,
    max_pixels: int,
    min_pixels: int,
    pictures: Pictures,
) -> Encoded:
    """Encode a conversation; only text of trained assistant turns and their end-of-turn token get labels.

    Args:
        messages: The conversation.
        images: Bytes of every picture, sound and video the messages name, by sha256.
        processor: Of the model; its tokenizer's control tokens choose the chat form.
        add_generation_prompt: End with the opening of an assistant turn.
        max_pixels: Larger pictures are scaled down to this area, where the family scales them.
        min_pixels: Smaller ones are scaled up to this.
        pictures: How the family shows pictures.

    Raises:
        ConfigError: A file is missing, cannot be opened or is of a kind that the family does not take, or the
            tokenizer has no known turn markers.
    """
    tokenizer = processor.tokenizer
    form = chat_form(tokenizer)
    tokens = _Tokens()
    tokens.text(markup_ids(form.start, tokenizer), trained=False)
    for message in messages:
        start = len(tokens.ids)
        trained = message.role == "assistant" and message.trained
        tokens.text(markup_ids(form.openings[message.role], tokenizer), trained=False)
        lead = form.leads[message.role]
        for part in message.content:
            if isinstance(part, TextPart):
                tokens.text(plain_ids(lead + part.text, tokenizer), trained=trained)
            else:
                tokens.text(plain_ids(lead, tokenizer), trained=trained)
                data = _data(part, images, message.role)
                show = _shown(part.type, pictures)
                tokens.picture(show(data, len(tokens.pictures), processor, max_pixels, min_pixels))
            lead = ""
        tokens.text(markup_ids(form.closings[message.role], tokenizer), trained=trained)
        tokens.text(markup_ids(form.after, tokenizer), trained=False)
        tokens.turn_spans.append((start, len(tokens.ids)))
    if add_generation_prompt:
        tokens.text(markup_ids(form.openings["assistant"], tokenizer), trained=False)
    return _finished(tokens, processor, pictures)


def _finished(tokens: _Tokens, processor: Any, pictures: Pictures) -> Encoded:
    ids = np.asarray(tokens.ids, dtype=np.int64)
    grids = np.asarray([grid for p in tokens.pictures for grid in p.grids], dtype=np.int64).reshape(-1, 3)
    empty = np.zeros((0, pictures.patch_dim(processor)), dtype=pictures.dtype)
    return Encoded(
        input_ids=ids,
        labels=np.where(np.asarray(tokens.trained, dtype=bool), ids, IGNORED),
        position_ids=pictures.positions(ids, grids, processor),
        patches=np.concatenate([empty, *(p.patches for p in tokens.pictures)]),
        grids=grids,
        picture_spans=np.asarray(tokens.picture_spans, dtype=np.int64).reshape(-1, 2),
        turn_spans=np.asarray(tokens.turn_spans, dtype=np.int64).reshape(-1, 2),
    )


def _data(part: MediaPart, images: Mapping[str, bytes], role: str) -> bytes:
    if part.sha256 not in images:
        raise ConfigError(f"{_WORDS[part.type]} {part.sha256[:12]} of a {role} turn is missing; pass its bytes along")
    return images[part.sha256]


def _shown(kind: MediaKind, pictures: Pictures) -> Shown:
    if kind in pictures.files:
        return pictures.files[kind]
    show = pictures.picture
    if kind != "image" or show is None:
        takes = " and ".join(pictures.takes())
        raise ConfigError(
            f"model family {pictures.family} takes {takes}, and the conversation has a {_WORDS[kind]}; "
            "train a family that takes it, e.g. bridge"
        )
    return lambda data, *rest: show(_opened(data), *rest)


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError) as exc:
        raise ConfigError(f"picture {sha256_hex(data)[:12]} cannot be opened: {exc}") from exc


def counted_positions(ids: IntArray, grids: IntArray, processor: Any) -> IntArray:  # noqa: ARG001 - one signature
    """Positions [3, L] of families that count tokens: three equal rows."""
    return np.broadcast_to(np.arange(len(ids), dtype=np.int64), (3, len(ids)))


def decode_turn(tokens: Sequence[int], processor: Any) -> str:
    """Text of generated tokens up to the first end of turn."""
    tokenizer = processor.tokenizer
    form = chat_form(tokenizer)
    ids = list(tokens)
    stop = end_of_turn(processor)
    before = markup_ids(form.openings["assistant"], tokenizer)
    # Decoded behind its opening: a tokenizer may drop a space at the beginning of what it decodes.
    whole = tokenizer.decode(before + (ids[: ids.index(stop)] if stop in ids else ids), skip_special_tokens=True)
    text = str(whole)[len(tokenizer.decode(before, skip_special_tokens=True)) :]
    return text.removeprefix(form.leads["assistant"])


def end_of_turn(processor: Any) -> int:
    """Token that ends an assistant turn."""
    return int(processor.tokenizer.convert_tokens_to_ids(chat_form(processor.tokenizer).stop))


def image_token(processor: Any) -> int:
    """Token that stands for a piece of a picture."""
    return int(processor.tokenizer.convert_tokens_to_ids(processor.image_token))
