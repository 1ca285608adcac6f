"""A dataset's row as a model takes it: measured without pixels when its step is planned, encoded when it is due."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Protocol

from PIL import Image, UnidentifiedImageError

from journeyman.errors import ConfigError, MediaError, TrainingError
from journeyman.model_family import IGNORED, Encoded, MediaKind, ModelFamily, load_model_family
from journeyman.schema.example import Example
from journeyman.schema.message import ImagePart, Message, TextPart, messages_from_json
from journeyman.training.config import TrainingConfig
from journeyman.training.token_weights import token_weights

TooLong = Literal["drop", "cut"]
Size = tuple[int, int]
"""Width and height in pixels."""
COLUMNS: Mapping[MediaKind, str] = {"image": "images", "audio": "audios", "video": "videos"}
"""Kind of media -> the column of an Example that holds it."""
NOUNS: Mapping[MediaKind, str] = {"image": "picture", "audio": "sound", "video": "video"}
_SIZES = 4096
_SMALL: Size = (28, 28)
_NO_SIZE: Size = (0, 0)
"""Of a sound, and of a file that is there as features."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One row as it is stored."""

    row_id: str
    messages_json: str
    media: Mapping[str, bytes]
    """By sha256: the files, or their features as ``.npy``."""
    features: bool = False
    """Whether ``media`` are features of frozen encoders."""

    def sizes(self) -> dict[str, Size]:
        """Size of each picture and video that is there, from its header; (0, 0) of sounds and features.

        Raises:
            ConfigError: Something is no picture, or no video.
        """
        sizes = {}
        parts = {part.sha256: part.type for message in messages_from_json(self.messages_json) for part in message.media}
        for sha256, kind in parts.items():
            if sha256 in self.media:
                sizes[sha256] = _NO_SIZE if self.features else self._size(sha256, kind)
        return sizes

    def _size(self, sha256: str, kind: MediaKind) -> Size:
        try:
            return media_size(kind, self.media[sha256])
        except MediaError as exc:
            raise ConfigError(f"row {self.row_id}: {NOUNS[kind]} {sha256[:12]} cannot be opened: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Measure:
    """What a conversation will be when it is encoded."""

    tokens: int
    """Media included; after a cut."""
    patches: int
    """Rows of ``Encoded.patches``."""
    trained: int
    """Tokens that enter the loss."""
    shared: int
    """First tokens in common with the run's reference conversation, none of them trained or a media part's."""
    turns: int
    """Turns that are kept, from the first; 0 when the policy for too long rows drops the conversation."""
    cut: bool
    """Whether turns were left out."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a conversation may measure."""

    max_pixels: int
    min_pixels: int
    max_tokens: int = 0
    """0 allows any number."""
    too_long: TooLong = "drop"


def limits(config: TrainingConfig) -> Limits:
    """What a run sets."""
    return Limits(config.max_pixels, config.min_pixels, config.max_tokens, config.too_long)


class Encoder:
    """Measures and encodes conversations. Can be sent to another process."""

    def __init__(
        self,
        family: ModelFamily,
        processor: Any,
        limits: Limits,
        reference: Encoded | None = None,
        content_weight: float = 1.0,
    ) -> None:
        """Make an encoder.

        Args:
            family: How a conversation becomes tokens.
            processor: Of the model.
            limits: Sizes of pictures and conversations.
            reference: Conversation that :attr:`Measure.shared` compares with (:meth:`opening`); None shares nothing.
            content_weight: Of tokens of arguments and answers (``token_weights.py``).
        """
        self._family = family
        self._processor = processor
        self._limits = limits
        self._reference = reference
        self._content_weight = content_weight
        # A picture's tokens depend on its size; the few that tell its number, on that alone.
        self._grown = lru_cache(_SIZES)(self._growth)
        self._told = lru_cache(_SIZES)(self._tell)
        self._runs: list[int] = []
        self._small_patches = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _encoder, (self._family.name, self._processor, self._limits, self._reference, self._content_weight)

    def with_reference(self, reference: Encoded) -> "Encoder":
        """The same encoder, comparing with ``reference``."""
        return Encoder(self._family, self._processor, self._limits, reference, self._content_weight)

    def opening(self, messages_json: str) -> Encoded:
        """The turns before the first picture, sound or video, encoded."""
        messages = messages_from_json(messages_json)
        encoded = self._encode([_without_media(m) for m in messages], {})
        return self._before_media(encoded, messages)

    def measure(self, row_id: str, messages_json: str, sizes: Mapping[str, Size]) -> Measure:
        """Count what :meth:`encode` will give, without decoding a file.

        Exact where the tokens and patches of a media part depend on its kind, its size and its place alone, as
        they do in every family here; :meth:`encode` refuses a row where they do not.

        Args:
            row_id: Named in errors.
            messages_json: The conversation.
            sizes: Of every file it names, by sha256 (:meth:`Conversation.sizes`).

        Raises:
            ConfigError: A file is missing.
        """
        messages = messages_from_json(messages_json)
        encoded = self._encode([_without_media(m) for m in messages], {})
        ends, patches = [], []
        tokens = seen = number = 0
        for message, (_, end) in zip(messages, encoded.turn_spans.tolist(), strict=True):
            for part in message.media:
                if part.sha256 not in sizes:
                    raise ConfigError(
                        f"row {row_id}: {NOUNS[part.type]} {part.sha256[:12]} of a {message.role} turn is missing from "
                        f"{COLUMNS[part.type]}; build the dataset anew"
                    )
                if self._is_told(part.type):
                    grown, more = self._told(part.type, sizes[part.sha256])
                else:
                    grown, more = self._grown(sizes[part.sha256])
                    grown += self._small_run(number)
                    more += self._small_patches
                    number += 1
                tokens += grown
                seen += more
            ends.append(end + tokens)
            patches.append(seen)
        turns = self._kept_turns(messages, ends)
        last = turns - 1
        plain_end = int(encoded.turn_spans[last][1]) if turns else 0
        return Measure(
            tokens=(ends[last] if turns < len(messages) else len(encoded) + tokens) if turns else ends[-1],
            patches=patches[last] if turns else 0,
            trained=int((encoded.labels[:plain_end] != IGNORED).sum()),
            shared=self._shared(encoded, messages),
            turns=turns,
            cut=0 < turns < len(messages),
        )

    def encode(self, conversation: Conversation, measure: Measure) -> Encoded:
        """Encode as many turns as ``measure`` keeps.

        Raises:
            ConfigError: A file is missing or cannot be opened.
            TrainingError: The result is not what was measured.
        """
        messages = messages_from_json(conversation.messages_json)[: measure.turns]
        try:
            encoded = self._encode(messages, conversation.media)
        except ConfigError as exc:
            raise ConfigError(f"row {conversation.row_id}: {exc}") from exc
        if (len(encoded), len(encoded.patches)) != (measure.tokens, measure.patches):
            raise TrainingError(
                f"row {conversation.row_id} has {len(encoded)} tokens and {len(encoded.patches)} patches, but "
                f"{measure.tokens} and {measure.patches} were measured: {self._family.name} sizes media by more "
                "than their kind and size"
            )
        if self._content_weight == 1:
            return encoded
        return replace(encoded, weights=token_weights(messages, encoded, self._processor, self._content_weight))

    def _encode(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> Encoded:
        return self._family.encode(
            messages,
            media,
            self._processor,
            add_generation_prompt=False,
            max_pixels=self._limits.max_pixels,
            min_pixels=self._limits.min_pixels,
        )

    def _kept_turns(self, messages: Sequence[Message], ends: Sequence[int]) -> int:
        limit = self._limits.max_tokens
        if not limit or not ends or ends[-1] <= limit:
            return len(messages)
        if self._limits.too_long == "drop":
            return 0
        # Behind the last turn that is trained there is nothing to learn.
        fits = [t for t, m in enumerate(messages) if ends[t] <= limit and m.role == "assistant" and m.trained]
        return fits[-1] + 1 if fits else 0

    def _shared(self, encoded: Encoded, messages: Sequence[Message]) -> int:
        if self._reference is None:
            return 0
        both = (self._reference, self._before_media(encoded, messages))
        return self._family.common_prefix(both, self._processor) if min(map(len, both)) > 1 else 0

    def _before_media(self, encoded: Encoded, messages: Sequence[Message]) -> Encoded:
        turn = next((t for t, m in enumerate(messages) if m.media), None)
        if turn is None:
            return encoded
        end = int(encoded.turn_spans[turn][0])
        return replace(encoded, input_ids=encoded.input_ids[:end], labels=encoded.labels[:end])

    def _is_told(self, kind: MediaKind) -> bool:
        """Whether the family tells the size of a part; that of its own encoder's pictures is found by a blank one."""
        return kind != "image" or self._family.frozen_encoders is not None

    def _tell(self, kind: MediaKind, size: Size) -> tuple[int, int]:
        if self._family.media_size is None:
            raise ConfigError(f"model family {self._family.name} takes no {NOUNS[kind]}")
        return self._family.media_size(
            kind, size, self._processor, max_pixels=self._limits.max_pixels, min_pixels=self._limits.min_pixels
        )

    def _growth(self, size: Size) -> tuple[int, int]:
        """How many more tokens and patches a picture of ``size`` has than a small one."""
        (small, few), (large, many) = self._picture(_SMALL), self._picture(size)
        return large - small, many - few

    def _picture(self, size: Size) -> tuple[int, int]:
        encoded = self._blank([size])
        return sum(_runs(encoded)), len(encoded.patches)

    def _small_run(self, number: int) -> int:
        """Tokens of a small picture that is the ``number``-th of its conversation, from 0."""
        if number >= len(self._runs):
            count = 2 * number + 1
            encoded = self._blank([_SMALL] * count)
            self._small_patches = len(encoded.patches) // count
            # A renderer that loses pictures is not refused here: `explain` says so.
            self._runs = [*_runs(encoded), *[0] * count][:count]
        return self._runs[number]

    def _blank(self, sizes: Sequence[Size]) -> Encoded:
        parts = tuple(ImagePart(sha256=f"{w}x{h}") for w, h in sizes)
        images = {part.sha256: _blank_png(size) for part, size in zip(parts, sizes, strict=True)}
        return self._encode([Message(role="user", content=parts)], images)


def media_size(kind: MediaKind, data: bytes) -> Size:
    """Width and height of a picture or video, from its header; (0, 0) of a sound.

    Raises:
        MediaError: It is not what it is said to be.
    """
    if kind == "audio":
        return _NO_SIZE
    if kind == "video":
        from journeyman.media_reader import frame_size  # loads a decoder

        return frame_size(data, NOUNS[kind])
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError) as exc:
        raise MediaError(str(exc)) from exc


class Rendered(Protocol):
    """Anything that holds a conversation."""

    @property
    def messages_json(self) -> str:
        """Canonical JSON of its messages."""
        ...


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


def corpus(rows: Iterable[Rendered]) -> Iterator[str]:
    """Texts that a tokenizer is trained on: every turn of every row."""
    return (message.text for row in rows for message in messages_from_json(row.messages_json))


def _encoder(family: str, processor: Any, limits: Limits, reference: Encoded | None, content_weight: float) -> Encoder:
    return Encoder(load_model_family(family), processor, limits, reference, content_weight)


def _runs(encoded: Encoded) -> list[int]:
    """Tokens of each picture."""
    return [end - start for start, end in encoded.picture_spans.tolist()]


def _without_media(message: Message) -> Message:
    # Empty text in place of a file: what stands around it is tokenized as it is beside the file.
    parts = tuple(p if isinstance(p, TextPart) else TextPart(text="") for p in message.content)
    return message.model_copy(update={"content": parts})


@lru_cache(maxsize=8)
def _blank_png(size: Size) -> bytes:
    out = io.BytesIO()
    Image.new("1", size).save(out, "PNG")
    return out.getvalue()
