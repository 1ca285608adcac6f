"""Encoders that transformers loads from a folder or by a hub name; their last hidden states, averaged in groups."""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.errors import ConfigError
from journeyman.model_families._encoders_wheels import (
    FRAMES,
    RATE,
    WINDOW_SECONDS,
    WINDOWS,
    file_digest,
    pooled,
    sound_windows,
)
from journeyman.model_family import FloatArray, MediaKind

_WEIGHTS = ("*.json", "*.safetensors", "*.bin")
_PARTS = {"image": "vision_model", "video": "vision_model", "audio": "audio_model"}
"""Where models of two towers keep the one that is wanted."""


class HubEncoder:
    """A model of transformers; ``kind`` says what it is given."""

    def __init__(self, kind: MediaKind, name: str, config: Any) -> None:
        self.name = name
        self.kind = kind
        self.width = _width(kind, config)
        # A video model sees the frames together; a picture model sees each alone, and a frame becomes one feature.
        self.frames = int(getattr(config, "num_frames", 0)) if kind == "video" else 0
        self.features = FRAMES if kind != "image" else 16
        self.tokens = self.features
        self._commit = str(getattr(config, "_commit_hash", None) or "")

    def identity(self) -> str:
        """The commit of a hub name or the digests of a folder's files, and how the encoder is used."""
        folder = Path(self.name).expanduser()
        files = sorted(file for pattern in _WEIGHTS for file in folder.glob(pattern)) if folder.is_dir() else []
        weights = [f"{file.name} {file_digest(file)}" for file in files] or [self.name, self._commit]
        return " ".join([*weights, self.kind, "1", str(self.frames or FRAMES), str(WINDOWS)])

    def encode(self, data: bytes, name: str, features: int) -> FloatArray:
        """See :class:`~journeyman.model_families._encoders.MediaEncoder`."""
        from journeyman.media_reader import read_frames, read_picture, read_sound

        if self.kind == "image":
            return pooled(self._seen([read_picture(data, name)]), features)
        if self.kind == "audio":
            return pooled(np.concatenate([self._heard(w) for w in sound_windows(read_sound(data, name))]), features)
        frames = list(read_frames(data, name, self.frames or FRAMES))
        if self.frames:
            return pooled(self._seen(frames), features)
        return pooled(np.stack([self._seen([frame]).mean(0) for frame in frames]), features)

    def _seen(self, pictures: list[Any]) -> FloatArray:
        model, prepare = _opened(self.kind, self.name)
        inputs = prepare(pictures if len(pictures) > 1 else pictures[0], return_tensors="pt")
        return _sequence(model(pixel_values=inputs["pixel_values"]).last_hidden_state)

    def _heard(self, window: FloatArray) -> FloatArray:
        model, prepare = _opened(self.kind, self.name)
        if prepare.sampling_rate != RATE:
            raise ConfigError(f"audio encoder {self.name!r} wants {prepare.sampling_rate} samples a second, not {RATE}")
        inputs = prepare(window, sampling_rate=RATE, return_tensors="pt")
        states = _sequence(model(inputs[prepare.model_input_names[0]]).last_hidden_state)
        # Whisper is given half a minute, silence behind the sound included, and has states for all of it.
        whole = getattr(prepare, "chunk_length", None) == WINDOW_SECONDS
        share = min(1.0, len(window) / (WINDOW_SECONDS * RATE)) if whole else 1.0
        return states[: max(1, round(len(states) * share))]


def open_hub_encoder(kind: MediaKind, name: str) -> HubEncoder:
    """An encoder by its configuration alone.

    Raises:
        OSError: There is no such model.
        ValueError: It is of no type that transformers knows, or needs code of its own.
    """
    from transformers import AutoConfig

    return HubEncoder(kind, name, AutoConfig.from_pretrained(name, trust_remote_code=False))


@functools.lru_cache(maxsize=3)
def _opened(kind: MediaKind, name: str) -> tuple[Any, Any]:
    """(encoder in evaluation mode, what prepares its inputs).

    Raises:
        ConfigError: Weights or preprocessing cannot be loaded.
    """
    import torch
    from transformers import AutoFeatureExtractor, AutoImageProcessor, AutoModel

    try:
        model = AutoModel.from_pretrained(name, dtype=torch.float32, trust_remote_code=False)
        if kind == "audio":
            prepare = AutoFeatureExtractor.from_pretrained(name, trust_remote_code=False)
        else:
            prepare = AutoImageProcessor.from_pretrained(name, backend="pil", trust_remote_code=False)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{kind} encoder {name!r} cannot be loaded: {exc}") from exc
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    return getattr(model, _PARTS[kind], model).eval(), prepare


def _width(kind: MediaKind, config: Any) -> int:
    part = {"image": "vision_config", "video": "vision_config", "audio": "audio_config"}[kind]
    own = getattr(config, part, config)
    width = getattr(own, "hidden_size", None) or getattr(own, "d_model", None) or list(own.hidden_sizes)[-1]
    return int(width)


def _sequence(states: Any) -> FloatArray:
    """[1, T, W], or a feature map [1, W, H, W'], as [T, W]."""
    rows = states.flatten(2).transpose(1, 2) if states.ndim == 4 else states
    return rows[0].float().numpy()  # type: ignore[no-any-return]
