"""make_barcode on seeded texts: what zxing-cpp reads in the pictures, enlarged or turned, against the texts."""

import io
import random

import zxingcpp
from PIL import Image

from tool_accuracy import Accuracy, Call

SEED = 20260907
TEXTS = 40
LETTERS = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:/.?=&"
ALSO = "\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{GREEK SMALL LETTER PI}\N{SNOWMAN}\N{CJK UNIFIED IDEOGRAPH-65E5}"


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of codes that read back, as drawn and after what a scanner does to them."""
    chance = random.Random(SEED)
    plain = worn = 0
    for number in range(TEXTS):
        kind = ("QR", "QR", "Code 128", "Data Matrix")[number % 4]
        letters = LETTERS + ALSO if kind in ("QR", "Data Matrix") else LETTERS
        text = "x" + "".join(chance.choices(letters, k=chance.randint(1, 60 if kind == "Code 128" else 150)))
        answer = call({}, text=text, kind=kind)
        picture = Image.open(io.BytesIO(answer.files[answer.value]))
        plain += _read(picture) == text
        turned = picture.rotate(chance.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        worn += _read(turned.reduce(2)) == text
    return (
        Accuracy("codes that read back", plain / TEXTS, TEXTS, reach=1.0),
        Accuracy("codes that read back turned by up to 8 degrees at half size", worn / TEXTS, TEXTS),
    )


def _read(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(picture)
    return found[0].text if len(found) == 1 else ""
