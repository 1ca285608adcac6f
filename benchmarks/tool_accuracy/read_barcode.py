"""read_barcode on seeded QR codes and Code 128, clean and as a phone would take them: turned, blurred, noisy."""

import io
import random

import numpy as np
import segno
import zxingcpp
from PIL import Image, ImageFilter

from journeyman.errors import ToolError
from tool_accuracy import Accuracy, Call

SEED = 20260908
CODES = 60
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:/.?=&"


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of payloads read, and of pictures without a code in which none is found."""
    chance = random.Random(SEED)
    read = {"clean": 0, "worn": 0}
    for number in range(CODES):
        text = "".join(chance.choices(LETTERS, k=chance.randint(4, 40)))
        code = _qr(text) if number % 2 else _code_128(text)
        for state, picture in (("clean", code), ("worn", _worn(code, chance))):
            read[state] += _value(call, picture) == text
    empty = sum(_value(call, _noise(chance)) is None for _ in range(CODES // 3))
    return (
        Accuracy("payloads read, clean", read["clean"] / CODES, CODES, reach=0.99),
        Accuracy("payloads read, turned up to 15 degrees, blurred, noisy", read["worn"] / CODES, CODES),
        Accuracy("no code found where there is none", empty / (CODES // 3), CODES // 3, reach=1.0),
    )


def _value(call: Call, picture: Image.Image) -> object:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    try:
        return call({"file_1.png": buffer.getvalue()}, image="file_1.png").value
    except ToolError:
        return None


def _qr(text: str) -> Image.Image:
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="png", scale=5, border=4)
    return Image.open(buffer).convert("L")


def _code_128(text: str) -> Image.Image:
    code = zxingcpp.create_barcode(text, zxingcpp.Code128)
    return Image.fromarray(np.array(zxingcpp.write_barcode_to_image(code, scale=2)))


def _worn(code: Image.Image, chance: random.Random) -> Image.Image:
    turned = code.rotate(chance.uniform(-15, 15), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    blurred = turned.filter(ImageFilter.GaussianBlur(chance.uniform(0.5, 1.5)))
    noise = np.random.default_rng(chance.randrange(2**32)).normal(0, 25, (blurred.height, blurred.width))
    return Image.fromarray(np.clip(np.asarray(blurred) + noise, 0, 255).astype(np.uint8))


def _noise(chance: random.Random) -> Image.Image:
    pixels = np.random.default_rng(chance.randrange(2**32)).integers(0, 256, (40, 50), np.uint8)
    return Image.fromarray(pixels).resize((400, 320), Image.Resampling.NEAREST)
