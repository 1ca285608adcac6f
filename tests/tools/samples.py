"""Real files of every kind that tools read, small and with known content, for examples and contract tests."""

import io
import math
import struct
import wave
import zipfile
from functools import lru_cache

from PIL import Image, ImageDraw


@lru_cache(maxsize=1)
def sample_files() -> dict[str, bytes]:
    """``file_1.<extension>`` for every extension an example may name."""
    return {
        "file_1.png": _picture(),
        "file_2.png": _picture("WORLD"),
        "file_3.png": _chart(),
        "file_4.png": _barcode(),
        "file_1.wav": _tone(),
        "file_1.csv": b"month,sales\nJanuary,10\nFebruary,14\nMarch,9\n",
        "file_1.txt": b"The delivery date is 4 May.\n",
        "file_1.json": b'{"delivery date": "4 May"}',
        "file_1.pdf": _pdf(),
        "file_1.zip": _archive(),
    }


def _picture(word: str = "HELLO") -> bytes:
    picture = Image.new("RGB", (240, 160), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((10, 80, 100, 150), fill="red")
    draw.ellipse((130, 80, 220, 150), fill="blue")
    draw.text((20, 20), word, fill="black", font_size=36)
    return _png(picture)


def _chart() -> bytes:
    picture = Image.new("RGB", (480, 360), "white")
    draw = ImageDraw.Draw(picture)
    for value in (0, 10, 20, 30):  # 8 pixels to the unit, above y = 300
        draw.text((70, 300 - 8 * value), str(value), fill="black", font_size=16, anchor="rm")
    draw.line((80, 40, 80, 300, 460, 300), fill="black")
    for place, (label, value) in enumerate({"May": 10, "June": 25, "July": 15}.items()):
        draw.rectangle((110 + 120 * place, 300 - 8 * value, 170 + 120 * place, 299), fill="teal")
        draw.text((140 + 120 * place, 308), label, fill="black", font_size=16, anchor="ma")
    return _png(picture)


def _barcode() -> bytes:
    import segno

    buffer = io.BytesIO()
    segno.make("PARCEL-7").save(buffer, kind="png", scale=6)
    return buffer.getvalue()


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def _tone(seconds: float = 0.5, rate: int = 16_000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        samples = (int(8000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(int(seconds * rate)))
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return buffer.getvalue()


def _pdf() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawString(72, 720, "The delivery date is 4 May.")
    canvas.save()
    return buffer.getvalue()


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("notes/a.txt"), "The delivery date is 4 May.")
    return buffer.getvalue()
