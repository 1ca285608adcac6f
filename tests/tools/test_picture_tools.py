import io
import struct
import zlib

import pytest
from PIL import Image, ImageDraw, ImageFont

from journeyman.errors import ToolError
from tests.tools.folder import call


def page(path, lines, *, size=(224, 160), letters=18, ink="black", ground="white"):
    picture = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((10, 10 + number * (letters + 10)), line, fill=ink, font=ImageFont.load_default(size=letters))
    picture.save(path)
    return picture


def packaged(name):
    data = pytest.importorskip("skimage.data")
    return Image.fromarray(getattr(data, name)())


def test_ocr_reads_lines_in_reading_order(tmp_path):
    page(tmp_path / "file_1.png", ["Invoice 4821", "Total $37.50"])
    assert call("ocr", tmp_path, image="file_1.png") == "Invoice 4821\nTotal $37.50"


def test_ocr_reads_light_text_on_colour(tmp_path):
    page(tmp_path / "file_1.png", ["GATE B17"], letters=28, ink="white", ground="navy")
    assert call("ocr", tmp_path, image="file_1.png") == "GATE B17"


def test_ocr_joins_columns_of_one_line(tmp_path):
    picture = Image.new("RGB", (420, 120), "white")
    pen = ImageDraw.Draw(picture)
    for left, top, text in ((10, 10, "Tea"), (300, 12, "2.40"), (10, 60, "Cake"), (300, 58, "3.10")):
        pen.text((left, top), text, fill="black", font=ImageFont.load_default(size=22))
    picture.save(tmp_path / "file_1.png")
    assert call("ocr", tmp_path, image="file_1.png") == "Tea 2.40\nCake 3.10"


def test_ocr_of_an_empty_page_is_empty(tmp_path):
    Image.new("RGB", (224, 160), "white").save(tmp_path / "file_1.png")
    assert call("ocr", tmp_path, image="file_1.png") == ""


@pytest.mark.parametrize("payload", ["JM-2093", "https://example.org/a?b=1", "Zürich 東京"])
def test_barcode_payload_is_exact(tmp_path, payload):
    segno = pytest.importorskip("segno")
    segno.make(payload).save(tmp_path / "file_1.png", scale=4)
    assert call("read_barcode", tmp_path, image="file_1.png") == payload


def test_two_barcodes_are_two_lines_in_reading_order(tmp_path):
    segno = pytest.importorskip("segno")
    picture = Image.new("RGB", (320, 200), "white")
    for left, payload in ((180, "right"), (10, "left")):
        code = io.BytesIO()
        segno.make(payload).save(code, kind="png", scale=4)
        picture.paste(Image.open(code).convert("RGB"), (left, 20))
    picture.save(tmp_path / "file_1.png")
    assert call("read_barcode", tmp_path, image="file_1.png") == "left\nright"


def test_no_barcode_is_said(tmp_path):
    Image.new("RGB", (224, 160), "white").save(tmp_path / "file_1.png")
    with pytest.raises(ToolError, match=r"no barcode found in file_1\.png"):
        call("read_barcode", tmp_path, image="file_1.png")


def test_faces_of_a_photograph_are_boxed(tmp_path):
    packaged("astronaut").save(tmp_path / "file_1.png")
    ((left, top, right, bottom),) = call("detect_faces", tmp_path, image="file_1.png")
    assert left < 222 < right
    assert top < 115 < bottom
    assert 60 < right - left < 140


@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket", "coins"])
def test_no_face_is_seen_where_there_is_none(tmp_path, name):
    packaged(name).convert("RGB").save(tmp_path / "file_1.png")
    assert call("detect_faces", tmp_path, image="file_1.png") == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_small_faces_are_counted_left_to_right(tmp_path, count):
    face = packaged("astronaut").crop((150, 40, 300, 220)).resize((50, 60))
    scene = Image.new("RGB", (224, 160), "#88aacc")
    for number in range(count):
        scene.paste(face, (10 + 70 * number, 20 + 20 * number))
    scene.save(tmp_path / "file_1.png")
    boxes = call("detect_faces", tmp_path, image="file_1.png")
    assert len(boxes) == count
    assert boxes == sorted(boxes)


def test_a_picture_smaller_than_any_face_has_none(tmp_path):
    Image.new("RGB", (10, 400), "white").save(tmp_path / "file_1.png")
    assert call("detect_faces", tmp_path, image="file_1.png") == []


@pytest.mark.parametrize(
    ("name", "label"), [("coffee", "espresso"), ("chelsea", "Egyptian cat"), ("rocket", "missile")]
)
def test_photographs_are_named(tmp_path, name, label):
    packaged(name).save(tmp_path / "file_1.png")
    tags = call("tag_image", tmp_path, image="file_1.png")
    assert label in [tag for tag, _ in tags]
    assert 1 <= len(tags) <= 5
    assert [score for _, score in tags] == sorted((score for _, score in tags), reverse=True)


@pytest.mark.parametrize(
    "colour",
    ["black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"],
)
def test_every_basic_colour_is_called_by_its_name(tmp_path, colour):
    picture = Image.new("RGB", (100, 100), "white" if colour != "white" else "black")
    picture.paste(Image.new("RGB", (100, 60), colour), (0, 0))
    picture.save(tmp_path / "file_1.png")
    assert call("measure_colour", tmp_path, image="file_1.png")[0] == [colour, 0.6]


def test_mean_colour_is_hex(tmp_path):
    Image.new("RGB", (64, 64), "#336699").save(tmp_path / "file_1.png")
    assert call("measure_colour", tmp_path, image="file_1.png", mean=True) == "#336699"


def test_a_crop_has_the_pixels_of_the_box_and_is_cut_at_the_border(tmp_path):
    picture = page(tmp_path / "file_1.png", ["abc"])
    name = call("crop_image", tmp_path, image="file_1.png", left=5, top=8, right=900, bottom=40)
    cut = Image.open(tmp_path / name)
    assert cut.size == (219, 32)
    assert cut.tobytes() == picture.crop((5, 8, 224, 40)).tobytes()


@pytest.mark.parametrize("box", [(50, 0, 50, 10), (90, 0, 10, 10), (300, 0, 400, 10), (-9, -9, 0, 0)])
def test_an_empty_crop_is_refused_with_the_size(tmp_path, box):
    page(tmp_path / "file_1.png", ["abc"])
    edges = dict(zip(("left", "top", "right", "bottom"), box, strict=True))
    with pytest.raises(ToolError, match="224 x 160"):
        call("crop_image", tmp_path, image="file_1.png", **edges)


def test_boxes_are_drawn_on_a_copy(tmp_path):
    page(tmp_path / "file_1.png", [])
    before = (tmp_path / "file_1.png").read_bytes()
    name = call("draw_boxes", tmp_path, image="file_1.png", boxes=[[20, 30, 90, 100]], labels=["face"])
    drawn = Image.open(tmp_path / name)
    assert drawn.getpixel((20, 60)) != (255, 255, 255)
    assert drawn.getpixel((150, 60)) == (255, 255, 255)
    assert (tmp_path / "file_1.png").read_bytes() == before


@pytest.mark.parametrize(
    ("boxes", "labels"),
    [
        ([], []),
        ([[9, 9, 5, 5]], []),
        ([[0, 0, 9, 9]], ["a", "b"]),
        ([[0, 0, float("nan"), 9]], []),
        ([[0, 0, 1e12, 9]], []),
    ],
)
def test_boxes_that_cannot_be_drawn_are_refused(tmp_path, boxes, labels):
    page(tmp_path / "file_1.png", [])
    with pytest.raises(ToolError, match="box"):
        call("draw_boxes", tmp_path, image="file_1.png", boxes=boxes, labels=labels)


def test_a_decompression_bomb_is_refused_by_its_header(tmp_path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    (tmp_path / "file_1.png").write_bytes(bomb)
    with pytest.raises(ToolError, match=r"8000 x 8000 pixels; the limit is 40,000,000"):
        call("measure_colour", tmp_path, image="file_1.png")


def test_a_cut_off_picture_is_called_damaged(tmp_path):
    packaged("coffee").save(tmp_path / "file_1.jpg")
    (tmp_path / "file_1.jpg").write_bytes((tmp_path / "file_1.jpg").read_bytes()[:5000])
    with pytest.raises(ToolError, match="damaged"):
        call("measure_colour", tmp_path, image="file_1.jpg")


def test_transparency_is_white_and_sixteen_bits_are_not_clipped(tmp_path):
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / "file_1.png")
    assert call("measure_colour", tmp_path, image="file_1.png") == [["white", 1.0]]
    grey = Image.new("I;16", (20, 20), 1000)
    grey.paste(60000, (0, 0, 20, 5))
    grey.save(tmp_path / "file_2.png")
    assert call("measure_colour", tmp_path, image="file_2.png") == [["black", 0.75], ["white", 0.25]]


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    picture = Image.new("RGB", (40, 20), "red")
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "file_1.jpg", exif=exif)
    name = call("crop_image", tmp_path, image="file_1.jpg", left=0, top=0, right=99, bottom=99)
    assert Image.open(tmp_path / name).size == (20, 40)
