"""What a model family is. ``model_families/`` holds them, one file each, with one constant ``FAMILY``.

A family knows how its models are built, loaded and saved, how a conversation becomes tokens and
which of them are trained, and how encoded conversations become one forward pass. Importing this
module loads no torch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from journeyman.plugins import load_plugin
from journeyman.schema.message import Message

IGNORED = -100
"""Label of a token that does not enter the loss."""

IntArray = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
MediaKind = Literal["image", "audio", "video"]


def _no_spans() -> IntArray:
    return np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One conversation as a model of its family takes it; L tokens, T turns, I pictures, P patches in all.

    A picture is one crop, or several where the family slices large ones: G crops in all.
    """

    input_ids: IntArray
    """[L]"""
    labels: IntArray
    """[L]; the token itself where it is trained, ``IGNORED`` elsewhere."""
    position_ids: IntArray
    """[3, L]: temporal, height and width positions; three equal rows where the family counts tokens only."""
    patches: ByteArray | FloatArray
    """[P, patch_dim], 0 to 255; scaled and normalised when a batch is made. Features [P, width] of frozen encoders
    where the family has them (:class:`FrozenEncoders`)."""
    grids: IntArray
    """[G, 3]: patches of each crop in time, height and width; G = I where the family does not slice."""
    picture_spans: IntArray = field(default_factory=_no_spans)
    """[I, 2]: columns at which the tokens of each picture begin and end, its markers included."""
    turn_spans: IntArray = field(default_factory=_no_spans)
    """[T, 2]: columns at which each turn begins and ends; a generation prompt is none."""
    weights: FloatArray | None = None
    """[L]: how much each label counts; None counts all alike."""

    @property
    def trained_tokens(self) -> int:
        """Tokens that enter the loss."""
        return int((self.labels != IGNORED).sum())

    def __len__(self) -> int:
        return int(self.input_ids.shape[0])


class Encode(Protocol):
    """Conversation -> tokens; the one renderer of training, evaluation and serving."""

    def __call__(
        self,
        messages: Sequence[Message],
        images: Mapping[str, bytes],
        processor: Any,
        *,
        add_generation_prompt: bool,
        max_pixels: int,
        min_pixels: int,
    ) -> Encoded:
        """Encode ``messages``; ``images`` holds the bytes of every picture, sound and video they name, by sha256.

        A family with :class:`FrozenEncoders` is given their features in place of the file: an ``.npy`` of [N, width].

        Raises:
            ConfigError: A picture is missing or cannot be opened.
        """
        ...


class Load(Protocol):
    """A local path or hub name -> (model, processor)."""

    def __call__(
        self,
        name: str,
        precision: str,
        *,
        revision: str = "",
        trust_remote_code: bool = False,
        quantization: Any = None,
    ) -> tuple[Any, Any]:
        """Load a model of the family.

        Args:
            name: Folder with safetensors and configuration, or a hub name.
            precision: ``fp32`` or ``bf16``.
            revision: Commit of a hub name; empty takes the newest.
            trust_remote_code: Run the Python code that comes with the weights; wants a ``revision``.
            quantization: ``quantization_config`` of transformers; None leaves the weights as they are.

        Raises:
            ConfigError: There is no such model, it is of another family, or it needs code of its own.
        """
        ...


class Collate(Protocol):
    """Encoded conversations -> tensors of one forward pass in training."""

    def __call__(
        self,
        rows: Sequence[Sequence[Encoded]],
        processor: Any,
        *,
        prefix: int = 0,
    ) -> dict[str, Any]:
        """Rows of conversations, side by side in a row, none seeing another.

        Args:
            rows: Conversations of each row.
            processor: Of the model.
            prefix: First tokens that all rows share, to be computed once; 0 for none.

        Returns:
            Model inputs with ``logits_to_keep``, besides ``targets`` [N], the tokens that the kept
            logits predict, ``image_tokens``, how many tokens stand for pictures, and ``prefix`` as given.
            A batch without pictures holds a blank one that no token stands for.
        """
        ...


class FrozenEncoders(Protocol):
    """Encoders that no training changes: a file's features are computed once and kept (storage/features.py)."""

    def identity(self, processor: Any) -> str:
        """What the features depend on besides the file, as a short hex text: encoders, their weights and sampling."""
        ...

    def compute(self, files: Sequence[tuple[MediaKind, bytes]], processor: Any) -> list[FloatArray]:
        """Features [N, width] of each file, in order; equal files give equal features.

        Raises:
            MediaError: A file cannot be opened as what it is said to be, or there is nothing in it.
        """
        ...


class MediaSize(Protocol):
    """How much a media part adds to a conversation, told without decoding it."""

    def __call__(
        self, kind: MediaKind, size: tuple[int, int], processor: Any, *, max_pixels: int, min_pixels: int
    ) -> tuple[int, int]:
        """(tokens, rows of ``Encoded.patches``) of one part of ``kind``.

        Args:
            kind: Of the part.
            size: Width and height in pixels; (0, 0) for a sound.
            processor: Of the model.
            max_pixels: Larger pictures are scaled down to this area.
            min_pixels: Smaller ones are scaled up to this.
        """
        ...


Build = Callable[[Iterable[str], int], tuple[Any, Any]]
"""(corpus, seed) -> (model, processor); equal arguments give equal weights."""


@dataclass(frozen=True, slots=True)
class ModelFamily:
    """One family of models. Models and processors are transformers objects, hence ``Any``."""

    name: str
    build_tiny: Build
    """A CPU-sized member with random weights, its tokenizer trained on the corpus."""
    load: Load
    load_processor: Callable[[str], Any]
    """Processor of a local path or hub name, without the weights."""
    save: Callable[[Any, Any, Path, Mapping[str, Any] | None], None]
    """(model, processor, folder, state dict or None): safetensors, configuration, processor, chat template."""
    encode: Encode
    collate: Collate
    common_prefix: Callable[[Sequence[Encoded], Any], int]
    """First tokens that all conversations share, before the first picture or trained token of any."""
    collate_prompts: Callable[[Sequence[Encoded], Any], dict[str, Any]]
    """Conversations that end in a generation prompt -> left-padded inputs of ``generate``."""
    collate_continuation: Callable[[Sequence[Encoded], Any, int, int], dict[str, Any]]
    """(conversations, processor, start, width) -> their columns from ``start`` on, left-padded to ``width``, with
    positions and without a mask: for decoding behind columns that are shared."""
    decode: Callable[[Sequence[int], Any], str]
    """Generated tokens up to the end of the turn -> text."""
    end_of_turn: Callable[[Any], int]
    """Token that ends an assistant turn."""
    groups: Mapping[str, str]
    """Freeze group -> regular expression over parameter names."""
    lora_scope: str
    """Regular expression with one ``{targets}`` over names of the modules that may get adapters."""
    image_token: Callable[[Any], int]
    """Token that stands for a piece of a picture; each is replaced by one image feature."""
    builds: Mapping[str, Build] = field(default_factory=dict)
    """Members that are built and not loaded, besides the tiny one, by the name that ``base_model`` takes."""
    tool_images: Literal["in place", "next user turn"] = "in place"
    """Where a picture that a tool returned is shown; a family that cannot hold it in place says so here."""
    modalities: frozenset[MediaKind] = frozenset({"image"})
    """Kinds of media that it takes; parts of other kinds are refused."""
    frozen_encoders: FrozenEncoders | None = None
    """Set where files are seen through encoders that are never trained; ``encode`` is then given features."""
    media_size: MediaSize | None = None
    """Set where the size of a media part is not found by encoding a blank picture."""
    packs: bool = True
    """Whether conversations can share a row. ``collate`` of a family that cannot gives each a row of its own."""


def load_model_family(name: str) -> ModelFamily:
    """The family ``name``.

    Raises:
        UnknownPluginError: No such family.
    """
    return load_plugin("journeyman.model_families", name, "FAMILY", ModelFamily)
