"""ImageBind (arXiv:2305.05665), the paper's encoder: one vector of 1024 numbers a file, of any kind.

Neither its code nor its weights come with Journeyman: both are licensed CC BY-NC-SA 4.0, for non-commercial use.
"""

import importlib.util
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.errors import ConfigError
from journeyman.model_families._encoders_wheels import file_digest
from journeyman.model_family import FloatArray, MediaKind


class ImageBindEncoder:
    """One vector a file; the package cuts clips and crops as its authors do."""

    width = 1024
    features = 1
    tokens = 1

    def __init__(self, kind: MediaKind, weights: Path) -> None:
        """Name the weights.

        Raises:
            ConfigError: The package or the file is not there.
        """
        if importlib.util.find_spec("imagebind") is None:
            raise ConfigError(
                "encoder imagebind needs the package imagebind, which is not installed; install it from its authors' "
                "repository (CC BY-NC-SA 4.0, non-commercial use), or name another encoder"
            )
        if not weights.is_file():
            raise ConfigError(f"there are no weights {str(weights)!r}; download imagebind_huge.pth and name its path")
        self._kind = kind
        self._weights = weights

    def identity(self) -> str:
        """Weights and kind."""
        return f"imagebind {file_digest(self._weights)} {self._kind} 1"

    def encode(self, data: bytes, name: str, features: int) -> FloatArray:
        """See :class:`~journeyman.model_families._encoders.MediaEncoder`; ``features`` equal rows."""
        # The package opens paths only; it is given what our own readers have opened first.
        with tempfile.TemporaryDirectory() as folder:
            path, modality, read = self._written(data, name, Path(folder))
            vectors = _imagebind(self._weights)({modality: read([str(path)], "cpu")})[modality]
        return np.repeat(vectors.float().numpy().reshape(1, -1), features, axis=0)

    def _written(self, data: bytes, name: str, folder: Path) -> tuple[Path, Any, Any]:
        """(file, ImageBind's modality, its reader)."""
        from imagebind import data as readers  # type: ignore[import-not-found]  # optional
        from imagebind.models.imagebind_model import ModalityType  # type: ignore[import-not-found]

        from journeyman.media_reader import read_frames, read_picture, read_sound

        if self._kind == "image":
            read_picture(data, name).save(folder / "picture.png")
            return folder / "picture.png", ModalityType.VISION, readers.load_and_transform_vision_data
        if self._kind == "audio":
            import soundfile

            soundfile.write(folder / "sound.wav", read_sound(data, name), 16_000)
            return folder / "sound.wav", ModalityType.AUDIO, readers.load_and_transform_audio_data
        read_frames(data, name, 1)
        (folder / "video.mp4").write_bytes(data)
        return folder / "video.mp4", ModalityType.VISION, readers.load_and_transform_video_data


@lru_cache(maxsize=1)
def _imagebind(weights: Path) -> Any:
    import torch
    from imagebind.models import imagebind_model

    model = imagebind_model.imagebind_huge(pretrained=False)
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return model.eval()
