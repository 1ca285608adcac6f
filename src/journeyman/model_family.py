"""What a model family is. ``model_families/`` holds them, one file each, with one constant ``FAMILY``.

A family knows how its models are built, loaded and saved, how a conversation becomes tokens and
which of them are trained, and how encoded conversations become one forward pass. Importing this
module loads no torch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from journeyman.plugins import load_plugin
from journeyman.schema.message import Message

IGNORED = -100
"""Label of a token that does not enter the loss."""

IntArray = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One conversation as a model of its family takes it; L tokens, I pictures, P patches in all."""

    input_ids: IntArray
    """[L]"""
    labels: IntArray
    """[L]; the token itself where it is trained, ``IGNORED`` elsewhere."""
    position_ids: IntArray
    """[3, L]: temporal, height and width positions."""
    patches: ByteArray
    """[P, patch_dim], 0 to 255; scaled and normalised when a batch is made."""
    grids: IntArray
    """[I, 3]: patches of each picture in time, height and width."""

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
        """Encode ``messages``; ``images`` holds the bytes of every picture they name, by sha256.

        Raises:
            ConfigError: A picture is missing or cannot be opened.
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
            logits predict, and ``prefix`` as given. A batch without pictures holds a blank one that no
            token stands for.
        """
        ...


@dataclass(frozen=True, slots=True)
class ModelFamily:
    """One family of models. Models and processors are transformers objects, hence ``Any``."""

    name: str
    build_tiny: Callable[[Iterable[str], int], tuple[Any, Any]]
    """(corpus, seed) -> (model, processor): a CPU-sized member, its tokenizer trained on the corpus."""
    load: Callable[[str, str], tuple[Any, Any]]
    """(local path or hub name, ``fp32`` or ``bf16``) -> (model, processor)."""
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
    decode: Callable[[Sequence[int], Any], str]
    """Generated tokens up to the end of the turn -> text."""
    end_of_turn: Callable[[Any], int]
    """Token that ends an assistant turn."""
    groups: Mapping[str, str]
    """Freeze group -> regular expression over parameter names."""
    lora_scope: str
    """Regular expression with one ``{targets}`` over names of the modules that may get adapters."""


def load_model_family(name: str) -> ModelFamily:
    """The family ``name``.

    Raises:
        UnknownPluginError: No such family.
    """
    return load_plugin("journeyman.model_families", name, "FAMILY", ModelFamily)
