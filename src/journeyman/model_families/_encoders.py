"""Frozen encoders of pictures, sounds and videos by name, and what the bridge family computes with them.

Features of a file never change, so they are computed once and kept; no encoder is loaded where they are kept already.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from journeyman.errors import ConfigError
from journeyman.model_families import _encoders_hub, _encoders_imagebind, _encoders_wheels
from journeyman.model_family import FloatArray, MediaKind
from journeyman.schema.record import canonical_json, sha256_hex

IMAGEBIND = "imagebind:"


class MediaEncoder(Protocol):
    """One encoder of one kind of media, opened."""

    width: int
    """Numbers a feature."""
    features: int
    """Features that are kept of a file unless a model says otherwise."""
    tokens: int
    """Soft tokens that a file becomes unless a model says otherwise."""

    def identity(self) -> str:
        """What its features depend on: weights and sampling."""
        ...

    def encode(self, data: bytes, name: str, features: int) -> FloatArray:
        """Features [features, width] of a file; ``name`` is for messages.

        Raises:
            MediaError: The file cannot be opened.
        """
        ...


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """An encoder as a model's configuration names it; see :class:`MediaEncoder`."""

    kind: MediaKind
    name: str
    width: int
    features: int
    tokens: int

    def settings(self) -> dict[str, Any]:
        """As it stands in the configuration, under its kind."""
        settings = asdict(self)
        del settings["kind"]
        return settings


_BUILT_IN: Mapping[tuple[MediaKind, str], Callable[[], MediaEncoder]] = {
    ("image", "efficientnet-lite0"): _encoders_wheels.PictureEncoder,
    ("audio", "whisper-tiny-en"): _encoders_wheels.SoundEncoder,
    ("video", "efficientnet-lite0"): _encoders_wheels.VideoEncoder,
}


@lru_cache(maxsize=6)
def open_encoder(kind: MediaKind, name: str) -> MediaEncoder:
    """The encoder ``name`` for files of ``kind``; weights are read when the first file is encoded.

    Args:
        kind: Of the files.
        name: A built-in one, ``imagebind:PATH``, or a folder or hub name of transformers.

    Raises:
        ConfigError: There is none of that name.
    """
    if (kind, name) in _BUILT_IN:
        return _BUILT_IN[kind, name]()
    others = sorted(k for k, n in _BUILT_IN if n == name)
    if others:
        raise ConfigError(f"encoder {name} is for {' and '.join(others)}, not for {kind}; name another")
    if name.startswith(IMAGEBIND):
        return _encoders_imagebind.ImageBindEncoder(kind, Path(name.removeprefix(IMAGEBIND)).expanduser())
    try:
        return _encoders_hub.open_hub_encoder(kind, name)
    except (OSError, ValueError) as exc:
        built_in = ", ".join(n for k, n in _BUILT_IN if k == kind)
        raise ConfigError(
            f"{kind} encoder {name!r} cannot be loaded: {exc}; give {built_in}, imagebind:PATH, a folder or a hub name"
        ) from exc


def encoder_spec(kind: MediaKind, name: str) -> EncoderSpec:
    """``name`` with its own width and its usual numbers of features and tokens.

    Raises:
        ConfigError: There is no such encoder.
    """
    encoder = open_encoder(kind, name)
    return EncoderSpec(kind, name, encoder.width, encoder.features, encoder.tokens)


def spec_of(kind: MediaKind, processor: Any) -> EncoderSpec:
    """The encoder that a model has for ``kind``.

    Raises:
        ConfigError: It has none.
    """
    specs: Mapping[MediaKind, EncoderSpec] = processor.encoders
    if kind not in specs:
        takes = " and ".join(sorted(specs)) or "text alone"
        raise ConfigError(
            f"this bridge model has no {kind} encoder, it takes {takes}; name one in base_model: {kind}=ENCODER + ..."
        )
    return specs[kind]


class Encoders:
    """:class:`~journeyman.model_family.FrozenEncoders` of models whose processor says which encoders they have."""

    def identity(self, processor: Any) -> str:
        """Changes with any encoder, its weights, its sampling, or how many features are kept."""
        parts = [
            {"kind": spec.kind, "features": spec.features, "encoder": open_encoder(spec.kind, spec.name).identity()}
            for _, spec in sorted(processor.encoders.items())
        ]
        return sha256_hex(canonical_json(parts).encode())[:16]

    def compute(self, files: Sequence[tuple[MediaKind, bytes]], processor: Any) -> list[FloatArray]:
        """Features of each file, kind by kind.

        One file at a time: the last bits of a product depend on what else is in the batch, and on one core a
        batch of eight pictures takes longer than eight batches of one.

        Raises:
            MediaError: A file cannot be opened as what it is said to be.
            ConfigError: The model has no encoder of a kind, or its weights are not there.
        """
        import torch

        computed: dict[int, FloatArray] = {}
        with torch.inference_mode():
            for kind in sorted({kind for kind, _ in files}):
                spec = spec_of(kind, processor)
                encoder = open_encoder(kind, spec.name)
                for place, (_, data) in ((i, file) for i, file in enumerate(files) if file[0] == kind):
                    name = f"{kind} {hashlib.sha256(data).hexdigest()[:12]}"
                    features = encoder.encode(data, name, spec.features)
                    computed[place] = np.ascontiguousarray(features, dtype=np.float32)
        return [computed[place] for place in range(len(files))]
