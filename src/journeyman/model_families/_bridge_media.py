"""Pictures, sounds and videos as bridge models take them: features of frozen encoders, so many soft tokens each."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from journeyman.errors import ConfigError
from journeyman.model_families._batches import Batching, joined
from journeyman.model_families._bridge_model import MODALITIES, BridgeConfig
from journeyman.model_families._chat import chat_form
from journeyman.model_families._encoders import EncoderSpec, spec_of
from journeyman.model_families._segments import Picture, Pictures, Shown, counted_positions, image_token
from journeyman.model_family import Encoded, FloatArray, MediaKind

START, PAD, END = "<|media_start|>", "<|media_pad|>", "<|media_end|>"
MARKERS = (START, PAD, END)


class BridgeProcessor:
    """Tokenizer and encoders of a model; no encoder is opened by it. Can be sent to another process."""

    def __init__(self, tokenizer: Any, config: BridgeConfig) -> None:
        """Join both.

        Raises:
            ConfigError: The tokenizer lacks the markers of media or those of turns.
        """
        missing = [marker for marker in MARKERS if marker not in tokenizer.get_vocab()]
        if missing:
            raise ConfigError(f"the tokenizer has no {' '.join(missing)}; is this the folder of a bridge model?")
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token  # what pads is masked or behind the end
        self.tokenizer = tokenizer
        self.image_token = PAD
        self.chat_template = chat_form(tokenizer).jinja(START + PAD + END)
        self.encoders: Mapping[MediaKind, EncoderSpec] = {
            kind: EncoderSpec(kind=kind, **(config.encoders or {})[kind])
            for kind in MODALITIES
            if kind in (config.encoders or {})
        }


def media_size(
    kind: MediaKind,
    size: tuple[int, int],  # noqa: ARG001 - one signature
    processor: Any,
    *,
    max_pixels: int,  # noqa: ARG001
    min_pixels: int,  # noqa: ARG001
) -> tuple[int, int]:
    """See :class:`~journeyman.model_family.MediaSize`; every file of a kind is as large as any other.

    Raises:
        ConfigError: The model has no encoder of ``kind``.
    """
    spec = spec_of(kind, processor)
    return spec.tokens + 2, spec.features


def _shown(kind: MediaKind) -> Shown:
    def show(data: bytes, number: int, processor: Any, max_pixels: int, min_pixels: int) -> Picture:  # noqa: ARG001
        spec = spec_of(kind, processor)
        features = _features(data, spec)
        before, after = (int(processor.tokenizer.convert_tokens_to_ids(marker)) for marker in (START, END))
        padded = np.zeros((spec.features, _width(processor)), dtype=np.float32)
        padded[:, : spec.width] = features
        ids = [before, *[image_token(processor)] * spec.tokens, after]
        return Picture(ids, padded, [(MODALITIES.index(kind), spec.features, spec.tokens)])

    return show


def _features(data: bytes, spec: EncoderSpec) -> FloatArray:
    """[N, width] of an ``.npy``, whose header is checked before anything is read behind it."""
    wanted = (spec.features, spec.width)
    stream = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("not of version 1.0")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except ValueError as exc:
        raise ConfigError(
            f"a {spec.kind} was given as a file and not as its features, an .npy of {wanted} float32 ({exc}); "
            "compute them first (ModelFamily.frozen_encoders)"
        ) from exc
    rest = stream.read()
    if shape != wanted or dtype != np.float32 or fortran or len(rest) != 4 * spec.features * spec.width:
        raise ConfigError(
            f"features of a {spec.kind} are {shape} {dtype}, {spec.name} gives {wanted} float32; compute them anew"
        )
    features = np.frombuffer(rest, dtype=np.float32).reshape(wanted)
    if not np.isfinite(features).all():
        raise ConfigError(f"features of a {spec.kind} are not all finite; compute them anew")
    return features


def _width(processor: Any) -> int:
    return max((spec.width for spec in processor.encoders.values()), default=0)


def _tensors(conversations: Sequence[Encoded], processor: Any) -> dict[str, torch.Tensor]:  # noqa: ARG001
    features, grids = joined(conversations)
    return {"media_features": features, "media_grids": grids}


def _blank(processor: Any) -> dict[str, torch.Tensor]:
    # The model makes blanks itself, for each kind that a batch lacks.
    return {
        "media_features": torch.zeros(0, _width(processor)),
        "media_grids": torch.zeros((0, 3), dtype=torch.int64),
    }


PICTURES = Pictures(
    picture=None,
    positions=counted_positions,
    patch_dim=_width,
    files={kind: _shown(kind) for kind in MODALITIES},
    family="bridge",
    dtype=np.float32,
)
BATCHING = Batching(pictures=_tensors, blank=_blank, axes=1)
