"""Pictures that are strange, broken or made to harm: every picture tool gives a right answer or a refusal in words."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin, plugin_names
from journeyman.tool import Tool
from tests.tools.folder import call

SHELF = "journeyman.tools"


def picture_tools():
    for name in plugin_names(SHELF):
        tool = load_plugin(SHELF, name, "TOOL", Tool)
        if tool.media_in == ("image/*",) and "image" in tool.file_arguments() and not tool.missing():
            yield name, dict(tool.example)


TOOLS = dict(picture_tools())


def encoded(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


def shapes(mode="RGB", size=(240, 160)):
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((10, 80, 100, 150), fill="red")
    pen.text((20, 20), "HELLO", fill="black", font=ImageFont.load_default(size=36))
    return picture.convert(mode)


def bomb(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def turned():
    picture = shapes()
    exif = picture.getexif()
    exif[0x0112] = 6
    return encoded(picture.rotate(90, expand=True), "JPEG", exif=exif, quality=95)


READABLE = {
    "exif rotation": turned,
    "animated gif": lambda: encoded(shapes("P"), "GIF", save_all=True, append_images=[Image.new("P", (240, 160))]),
    "cmyk": lambda: encoded(shapes("CMYK"), "JPEG", quality=95),
    "16 bit": lambda: encoded(Image.fromarray(np.asarray(shapes("L"), dtype=np.uint16) * 257), "PNG"),
    "palette with transparency": lambda: encoded(shapes().quantize(8), "PNG", transparency=7),
    "bilevel": lambda: encoded(shapes("1"), "TIFF"),
    "webp with alpha": lambda: encoded(shapes("RGBA"), "WEBP", lossless=True),
}
ODD = {
    "1 x 1": lambda: encoded(Image.new("RGB", (1, 1), "red"), "PNG"),
    "1 wide": lambda: encoded(Image.new("RGB", (1, 300), "red"), "PNG"),
    "20 000 wide": lambda: encoded(shapes(size=(20_000, 160)), "PNG"),
    "20 000 x 1": lambda: encoded(Image.new("RGB", (20_000, 1), "red"), "PNG"),
    "noise": lambda: encoded(
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)), "PNG"
    ),
}
BROKEN = {
    "cut-off jpeg": lambda: encoded(shapes(), "JPEG")[:700],
    "cut-off png": lambda: encoded(shapes(), "PNG")[:200],
    "bomb": lambda: bomb(60_000, 60_000),
    "bomb under Pillow's own limit": lambda: bomb(8_000, 8_000),
    "lying header": lambda: bomb(5_000, 5_000),
    "eps": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EOF\n",
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "text called png": lambda: b"no picture at all",
    "nothing": lambda: b"",
}


def on(folder, name, data):
    (folder / "file_1.png").write_bytes(data)
    (folder / "file_2.png").write_bytes(encoded(shapes(), "PNG"))
    return call(name, folder, **(TOOLS[name] | {"image": "file_1.png"}))


def outcome(folder, name, data):
    """The value and no refusal, or no value and the refusal's words."""
    try:
        return on(folder, name, data), ""
    except ToolError as refusal:
        return None, str(refusal)


@pytest.mark.parametrize("kind", READABLE)
@pytest.mark.parametrize("name", TOOLS)
def test_every_kind_of_picture_is_read(tmp_path, name, kind):
    value, refusal = outcome(tmp_path, name, READABLE[kind]())
    assert "failed" not in refusal
    assert "picture" not in refusal  # what it looks for may not be there; the file it can read
    if name == "ocr":
        assert "HELLO" in value


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", TOOLS)
def test_an_odd_picture_is_answered_or_refused(tmp_path, name, kind):
    value, refusal = outcome(tmp_path, name, ODD[kind]())
    assert "failed" not in refusal
    assert (value is None) == bool(refusal)


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", TOOLS)
def test_a_broken_picture_is_refused_in_words(tmp_path, name, kind):
    with pytest.raises(ToolError, match=r"file_1\.png") as refusal:
        on(tmp_path, name, BROKEN[kind]())
    assert "failed" not in str(refusal.value)


@pytest.mark.parametrize("name", ["ocr", "detect_faces", "tag_image", "document_layout", "segment_image"])
def test_a_strip_too_long_to_look_at_is_refused_and_told_what_to_do(tmp_path, name):
    with pytest.raises(ToolError, match=r"strip of 20000 x 60 pixels.*crop_image"):
        on(tmp_path, name, encoded(Image.new("RGB", (20_000, 60), "white"), "PNG"))


def test_a_strip_is_read_in_parts_as_the_refusal_says(tmp_path):
    strip = Image.new("RGB", (20_000, 60), "white")
    ImageDraw.Draw(strip).text((12_000, 10), "HARBOUR", fill="black", font=ImageFont.load_default(size=36))
    strip.save(tmp_path / "file_1.png")
    part = call("crop_image", tmp_path, image="file_1.png", left=11_800, top=0, right=13_000, bottom=60)
    assert call("ocr", tmp_path, image=part) == "HARBOUR"


def test_labels_are_bounded(tmp_path):
    (tmp_path / "file_1.png").write_bytes(encoded(shapes(), "PNG"))
    with pytest.raises(ToolError, match="1000000 characters; the limit is 80"):
        call("draw_boxes", tmp_path, image="file_1.png", boxes=[[1, 1, 9, 9]], labels=["x" * 1_000_000])
