import io
import struct
import zipfile
import zlib

import openpyxl
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from journeyman.errors import ConfigError
from journeyman.file_reader import MAX_TEXT, UserFileError, inspect


def picture(picture_format: str, size: tuple[int, int] = (30, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, picture_format)
    return out.getvalue()


def pdf(text: str, encrypt: StandardEncryption | None = None) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=encrypt)
    canvas.drawString(72, 700, text)
    canvas.save()
    return out.getvalue()


def xlsx(rows: list[list]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, content in parts.items():
            package.writestr(path, content)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "media_type", "kind"),
    [
        (picture("PNG"), "image/png", "picture"),
        (picture("JPEG"), "image/jpeg", "picture"),
        (picture("WEBP"), "image/webp", "picture"),
        (pdf("hello"), "application/pdf", "document"),
        (xlsx([["a", "b"], [1, 2]]), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "table"),
        (b"a,b\n1,2\n", "text/csv", "table"),
        (b"a;b\n1;2\n", "text/csv", "table"),
        ("a\tb\n1\t2\n".encode("utf-16"), "text/csv", "table"),
        (b'{"a": 1}', "application/json", "document"),
        (b"<!DOCTYPE html><p>hello", "text/html", "document"),
        (b"[sic] a letter, and more\nof it", "text/plain", "document"),
        ("caf\xe9 au lait".encode("cp1252"), "text/plain", "document"),
    ],
    ids=["png", "jpg", "webp", "pdf", "xlsx", "csv", "semicolons", "utf-16", "json", "html", "prose", "cp1252"],
)
def test_a_file_is_known_by_its_content_and_not_by_its_name(data, media_type, kind):
    facts = inspect(data, "misleading.exe")
    assert (facts.media_type, facts.kind) == (media_type, kind)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"\0" * 5000, "is empty"),
        (pdf("hello")[:300], "corrupt PDF"),
        (pdf("hello", StandardEncryption("secret", ownerPassword="owner")), "encrypted PDF"),
        (picture("PNG", (300, 300))[:-200], "not a picture that can be decoded"),
        (picture("JPEG", (300, 300))[:400], "not a picture that can be decoded"),
        (png_header(8000, 8000), "has 8000x8000 pixels"),
        (png_header(60000, 60000), "pixels"),
        (b"a,b\n1,\x002\n", "NUL"),
        (bytes(range(1, 256)) * 4, "no known type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99, "encrypted or pre-2007"),
        (archive({"a.txt": b"a"}), "zip archive, not docx"),
        (archive({"word/document.xml": b"0" * 250_000_000}), "unpacks to 250,000,000 bytes"),
        (archive({"word/document.xml": b"<!DOCTYPE x><x/>"}), "declares XML entities"),
        (archive({"word/document.xml": b"<x"}), "corrupt Office file"),
        (archive({"xl/workbook.xml": b"<x"}), "corrupt xlsx"),
        (xlsx([["a", "b"], [1, 2]])[:-400], "corrupt zip"),
        (xlsx([["alone"]]), "no sheet with a row of names"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(data, reason):
    with pytest.raises(UserFileError, match=reason) as refusal:
        inspect(data, "holiday.dat")
    assert "holiday.dat" in str(refusal.value)
    assert isinstance(refusal.value, ConfigError)


def test_a_flipped_byte_inside_an_office_file_is_refused():
    data = bytearray(archive({"word/document.xml": b"<w>" + bytes(range(97, 123)) * 400 + b"</w>"}))
    data[60] ^= 0xFF
    with pytest.raises(UserFileError, match="corrupt Office file"):
        inspect(bytes(data), "letter.docx")


def test_numbers_of_a_table_are_numbers_and_codes_stay_text():
    rows = inspect(b"a,b,c\n1.50,007,-3e2\n12,nan,1_000\n", "t.csv").rows
    assert rows == ((1.5, "007", -300.0), (12.0, "nan", "1_000"))


def test_a_table_is_taken_from_the_first_sheet_that_has_one():
    book = openpyxl.Workbook()
    book.active.append(["only a title"])
    sheet = book.create_sheet("Data")
    for row in (["n", "when"], [1, None], [2.5, "later"]):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    facts = inspect(out.getvalue(), "book.xlsx")
    assert facts.columns == ("n", "when")
    assert facts.rows == ((1.0, ""), (2.5, "later"))
    assert "only a title" in facts.text


def test_a_long_text_is_cut_and_says_so():
    facts = inspect(b"word " * 2000, "long.txt")
    assert len(facts.text) == MAX_TEXT
    assert not facts.complete
    assert inspect(b"word " * 20, "short.txt").complete


def test_a_picture_has_its_size_in_pixels():
    facts = inspect(picture("PNG", (31, 17)), "p.png")
    assert (facts.width, facts.height, facts.text) == (31, 17, "")
