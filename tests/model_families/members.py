"""The tiny members that every family test runs over, built once a process."""

import io
from functools import cache
from typing import Any

from PIL import Image

from journeyman.model_family import ModelFamily, load_model_family
from journeyman.schema.record import sha256_hex

MEMBERS = {
    "qwen2": ("qwen_vl", "tiny"),
    "qwen2_5": ("qwen_vl", "tiny_qwen2_5"),
    "qwen3": ("qwen_vl", "tiny_qwen3"),
    "llava": ("llava", "tiny"),
    "minicpm4_6": ("minicpm_v", "tiny"),
    "minicpm4_7": ("minicpm_v", "tiny_minicpm4_7"),
}
CORPUS = [
    "a few words to learn from",
    "Thought: look\nCode:\n```py\nprint(ocr(image='a.png'))\n```",
    "Observation:\n42",
]
PIXELS = {"max_pixels": 112 * 112, "min_pixels": 56 * 56}


def picture(width: int, height: int) -> bytes:
    image = Image.radial_gradient("L").resize((width, height))
    sink = io.BytesIO()
    Image.merge("RGB", (image, image.rotate(90), image.rotate(180))).save(sink, "PNG")
    return sink.getvalue()


PICTURES = {sha256_hex(data): data for data in (picture(60, 60), picture(224, 160), picture(40, 300))}


@cache
def member(name: str) -> tuple[ModelFamily, Any, Any]:
    """(family, model in evaluation mode, processor)."""
    import torch

    torch.set_num_threads(1)
    family_name, base = MEMBERS[name]
    family = load_model_family(family_name)
    model, processor = family.builds.get(base, family.build_tiny)(CORPUS, 0)
    return family, model.eval(), processor


def encode(name: str, messages, **options):
    family, _, processor = member(name)
    return family.encode(messages, PICTURES, processor, **({"add_generation_prompt": False} | PIXELS | options))
