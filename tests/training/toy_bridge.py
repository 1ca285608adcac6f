"""A family with frozen encoders for tests: the tiny Qwen2-VL, shown the toy encoders' features as a picture."""

import dataclasses
import io
from functools import lru_cache

import numpy as np
from PIL import Image

from journeyman.errors import ConfigError
from journeyman.model_family import load_model_family
from journeyman.schema.example import EmbeddedFile
from journeyman.schema.message import AudioPart, ImagePart, Message, TextPart, VideoPart, messages_to_json
from journeyman.schema.record import sha256_hex
from tests.storage.toy_encoders import ToyEncoders
from tests.training.examples import example, tiny
from tests.training.toy_conversations import problems

SIDE = 56
PARTS = {"image": ImagePart, "audio": AudioPart, "video": VideoPart}


def encode(messages, images, processor, **settings):
    shown = {part.sha256: _picture(part.sha256, images) for message in messages for part in message.media}
    as_pictures = [
        m.model_copy(
            update={"content": tuple(p if isinstance(p, TextPart) else ImagePart(sha256=p.sha256) for p in m.content)}
        )
        for m in messages
    ]
    return load_model_family("qwen_vl").encode(as_pictures, shown, processor, **settings)


def media_size(kind, size, processor, *, max_pixels, min_pixels):
    assert size == (0, 0)
    blank = encode(
        [Message(role="user", content=(ImagePart(sha256="blank"),))],
        BLANK,
        processor,
        add_generation_prompt=False,
        max_pixels=max_pixels,
        min_pixels=min_pixels,
    )
    ((start, end),) = blank.picture_spans.tolist()
    return end - start, len(blank.patches)


def _picture(sha256, features):
    if sha256 not in features:
        raise ConfigError(f"features of {sha256[:12]} are missing")
    array = np.load(io.BytesIO(features[sha256]), allow_pickle=False)
    out = io.BytesIO()
    pixels = (array.reshape(4, 4, 3) * 255).round().astype(np.uint8)
    Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def _npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


BLANK = {"blank": _npy(np.zeros((16, 3), dtype=np.float32))}


def toy_family(encoders=None):
    return dataclasses.replace(
        load_model_family("qwen_vl"),
        name="toy_bridge",
        encode=encode,
        media_size=media_size,
        modalities=frozenset(PARTS),
        frozen_encoders=encoders or ToyEncoders(),
    )


@lru_cache(maxsize=1)
def toy_processor():
    return tiny()[1]


def media_examples(count, *, start=0, split="train"):
    """Toy conversations whose files are pictures, sounds and videos in turn; some have none."""
    rows = []
    for number, problem in enumerate(problems(count, seed=start), start=start):
        row = example(problem, number, split)
        if problem.media:
            rows.append(_as_kind(row, problem, ("image", "audio", "video")[number % 3], number))
        else:
            rows.append(row)
    return rows


def _as_kind(row, problem, kind, number):
    if kind == "image":
        return row
    data = f"{kind} {number} of the toys".encode()
    digest = sha256_hex(data)
    messages = [
        m.model_copy(
            update={"content": tuple(p if isinstance(p, TextPart) else PARTS[kind](sha256=digest) for p in m.content)}
        )
        for m in problem.messages
    ]
    file = EmbeddedFile(bytes=data, path=f"{digest}.{'wav' if kind == 'audio' else 'mp4'}")
    return row.model_copy(update={"messages_json": messages_to_json(messages), "images": (), f"{kind}s": (file,)})


def files_of(rows):
    """(kind, bytes) by sha256 of all that the rows hold."""
    return {
        file.path.partition(".")[0]: (kind, file.bytes)
        for row in rows
        for kind, files in (("image", row.images), ("audio", row.audios), ("video", row.videos))
        for file in files
    }
