"""Real files of three kinds in short conversations, for tests and benchmarks: what a file holds is the answer."""

import io
import random
import wave

import numpy as np

from journeyman.file_writers import jpg, mp4
from journeyman.file_writers._clip import Clip, Mover
from journeyman.file_writers._scene import Scene
from journeyman.schema.example import EmbeddedFile, EmbeddedImage, Example
from journeyman.schema.message import AudioPart, ImagePart, Message, TextPart, VideoPart, messages_to_json
from journeyman.schema.record import canonical_json, sha256_hex

COLOURS = ("red", "green", "blue", "yellow")
SYSTEM = "Name the API that fits. Answer with JSON alone: a list of names under apis."
WISHES = ("Which model suits this file?", "I need something for this one.", "What should I call here?")


def media_rows(count, *, seed=0, kinds=("image", "audio", "video"), split="train", size=96, seconds=1.0, start=0):
    """``count`` rows, each with a file of its own, the kinds in turn."""
    rng = random.Random(f"toy-media/{seed}/{split}")
    return [_row(rng, start + n, kinds[n % len(kinds)], split, size, seconds) for n in range(count)]


def _row(rng, number, kind, split, size, seconds):
    label = rng.randrange(len(COLOURS))
    data, extension, part = {"image": _picture, "audio": _sound, "video": _video}[kind](rng, label, size, seconds)
    digest = sha256_hex(data)
    messages = [
        Message(role="system", content=(TextPart(text=SYSTEM),)),
        Message(role="user", content=(part(sha256=digest), TextPart(text=f"\n{rng.choice(WISHES)}"))),
        Message(role="assistant", content=(TextPart(text=canonical_json({"apis": [f"{kind}/{COLOURS[label]}"]})),)),
    ]
    embedded = (EmbeddedImage if kind == "image" else EmbeddedFile)(bytes=data, path=f"{digest}.{extension}")
    files = {"images": (), "audios": (), "videos": ()} | {f"{kind}s": (embedded,)}
    return Example(
        example_id=f"{split}-{number}",
        split=split,
        family=kind,
        query="",
        messages_json=messages_to_json(messages),
        tools=(),
        answer_json="",
        origin="synthesised",
        teacher="toy",
        **files,
    )


def _picture(rng, label, size, seconds):
    scene = Scene(width=size, height=size, background=COLOURS[label], noise=rng.random())
    return jpg.WRITER.write(scene, str(rng.random())), "jpg", ImagePart


def _sound(rng, label, size, seconds):
    rate = 16_000
    time = np.arange(int(seconds * rate)) / rate
    heard = 0.5 * np.sin(2 * np.pi * 220 * 2**label * time) + 0.05 * np.random.default_rng(
        rng.randrange(2**31)
    ).standard_normal(len(time))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((heard.clip(-1, 1) * 32_000).astype("<i2").tobytes())
    return out.getvalue(), "wav", AudioPart


def _video(rng, label, size, seconds):
    scene = Scene(width=size, height=size, background="white", noise=0.2 * rng.random())
    mover = Mover(
        shape="square", colour=COLOURS[label], size=size // 3, direction=("left", "right", "up", "down")[label]
    )
    clip = Clip(scene=scene, frames=max(2, int(8 * seconds)), mover=mover)
    return mp4.WRITER.write(clip, str(rng.random())), "mp4", VideoPart
