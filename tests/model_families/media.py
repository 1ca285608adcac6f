"""Small real files, and features as frozen encoders give them."""

import io
from functools import cache

import numpy as np
from PIL import Image

from journeyman.schema.message import AudioPart, ImagePart, Message, TextPart, VideoPart
from journeyman.schema.record import sha256_hex

PARTS = {"image": ImagePart, "audio": AudioPart, "video": VideoPart}


@cache
def jpg(turn: int = 0) -> bytes:
    sink = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").rotate(turn).resize((120, 90)).save(sink, "JPEG")
    return sink.getvalue()


@cache
def wav(seconds: float = 1.0, pitch: float = 440.0) -> bytes:
    import soundfile

    sink = io.BytesIO()
    times = np.arange(int(16_000 * seconds)) / 16_000
    soundfile.write(sink, 0.3 * np.sin(2 * np.pi * pitch * times), 16_000, format="WAV")
    return sink.getvalue()


@cache
def mp4(step: int = 4, width: int = 96, height: int = 64, frames: int = 16) -> bytes:
    """A pattern that goes ``step`` pixels to the right from frame to frame."""
    import av

    sink = io.BytesIO()
    pattern = np.random.default_rng(0).integers(0, 255, (height // 8, width // 8, 3)).astype(np.uint8)
    pattern = pattern.repeat(8, 0).repeat(8, 1)
    with av.open(sink, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            picture = np.ascontiguousarray(np.roll(pattern, number * step, axis=1))
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return sink.getvalue()


def npy(array) -> bytes:
    sink = io.BytesIO()
    np.save(sink, array, allow_pickle=False)
    return sink.getvalue()


def toy_features(processor, kind: str, seed: int) -> bytes:
    spec = processor.encoders[kind]
    drawn = np.random.default_rng(seed).standard_normal((spec.features, spec.width))
    return npy(drawn.astype(np.float32))


def turn(role: str, *parts, media=None) -> Message:
    """A turn of texts and ``(kind, bytes)``; the bytes are put into ``media``."""
    content = []
    for part in parts:
        if isinstance(part, str):
            content.append(TextPart(text=part))
            continue
        kind, data = part
        digest = sha256_hex(data)
        media[digest] = data
        content.append(PARTS[kind](sha256=digest))
    return Message(role=role, content=tuple(content))
