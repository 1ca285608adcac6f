"""Open a file nobody has vouched for: say what it is by its content, and what is in it.

The border for the user's own files, and the independent eye on the files we write: the readers
here share no code with the writers.
"""

import csv
import io
import json
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

import openpyxl
import pypdfium2
from PIL import Image, UnidentifiedImageError

from journeyman.errors import ConfigError
from journeyman.pdfium import PDFIUM_LOCK

MAX_FILE_BYTES = 50_000_000
MAX_PIXELS = 40_000_000
MAX_UNPACKED_BYTES = 200_000_000
"""Most that a docx, xlsx or pptx may unpack to."""
MAX_TEXT = 4000
MAX_ROWS = 10_000

_PICTURES = {
    "PNG": ("image/png", "png"),
    "JPEG": ("image/jpeg", "jpg"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
    "BMP": ("image/bmp", "bmp"),
    "TIFF": ("image/tiff", "tiff"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")

Cell = str | float


class UserFileError(ConfigError):
    """A file cannot be used; the message names the file, the reason and what would help."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file is and what is in it."""

    media_type: str
    extension: str
    """Without the dot; belongs to the media type, whatever the file was called."""
    kind: Literal["picture", "document", "table"]
    text: str = ""
    """Its text, at most 4000 characters; empty for a picture and for a scanned PDF."""
    columns: tuple[str, ...] = ()
    """Column names of a table; of an xlsx file, those of its first sheet with two rows or more."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    """Rows below the column names, each as long as ``columns``; numbers are floats."""
    width: int = 0
    """Pixels; 0 for what is not a picture."""
    height: int = 0
    complete: bool = True
    """False when ``text`` or ``rows`` was cut at its limit, so that nothing is computed from a part."""


def inspect(data: bytes, name: str) -> FileFacts:
    """What the file is, by its content; ``name`` stands in error messages only.

    Raises:
        UserFileError: Empty, too large, encrypted, corrupt, a bomb, or of a type nothing here reads.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise UserFileError(f"{name} is empty; leave it out")
    if len(data) > MAX_FILE_BYTES:
        raise UserFileError(f"{name} has {len(data):,} bytes, the limit is {MAX_FILE_BYTES:,}; make it smaller")
    if data.startswith(_OLE_MAGIC):
        raise UserFileError(
            f"{name} is an encrypted or pre-2007 Office file; save it as docx, xlsx or pptx, no password"
        )
    if b"%PDF-" in data[:1024]:
        return _document("application/pdf", "pdf", pdf_text(data, name, limit=MAX_TEXT + 1))
    if data.startswith(b"PK\x03\x04"):
        return _inspect_office(data, name)
    picture = _inspect_picture(data, name)
    return picture if picture else _inspect_text(data, name)


def picture_size(data: bytes, name: str) -> tuple[str, int, int]:
    """Pillow's name of the format, width and height in pixels, after every pixel was decoded.

    Raises:
        UserFileError: Not a picture, cut short, or more than 40 megapixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below
            with Image.open(io.BytesIO(data), formats=tuple(_PICTURES)) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise UserFileError(
                        f"{name} has {width}x{height} pixels, the limit is {MAX_PIXELS:,} in all; scale it down"
                    )
                image.load()
                return str(image.format), width, height
    except Image.DecompressionBombError as exc:
        raise UserFileError(f"{name} unpacks to too many pixels, the limit is {MAX_PIXELS:,}; scale it down") from exc
    except (OSError, SyntaxError, ValueError, EOFError) as exc:  # Pillow's decoders raise all four
        raise UserFileError(f"{name} is not a picture that can be decoded: {exc}; save it anew as png or jpg") from exc


def pdf_text(data: bytes, name: str, *, limit: int | None = None) -> str:
    """Text of all pages, pages apart by a form feed; stops at the end of the page that passes ``limit`` characters.

    Raises:
        UserFileError: Encrypted, corrupt, or without a page.
    """
    try:
        with PDFIUM_LOCK, pypdfium2.PdfDocument(data) as pdf:
            pages: list[str] = []
            for page in pdf:
                # pdfium gives U+FFFE for a hyphen at the end of a line
                pages.append(page.get_textpage().get_text_range().replace("\ufffe", "-").replace("\r\n", "\n"))
                if limit is not None and sum(map(len, pages)) > limit:
                    break
    except pypdfium2.PdfiumError as exc:
        if "password" in str(exc).lower():
            raise UserFileError(f"{name} is an encrypted PDF; save it without a password") from exc
        raise UserFileError(f"{name} is a corrupt PDF: {exc}; print it to PDF anew") from exc
    if not pages:
        raise UserFileError(f"{name} is a PDF without pages; leave it out")
    return "\f".join(pages)


def docx_text(data: bytes, name: str) -> str:
    """Text of a docx body in reading order, one paragraph a line.

    Raises:
        UserFileError: Corrupt, a zip bomb, or not a docx file.
    """
    return _xml_text(office_parts(data, name, r"word/document\.xml")[0])


def pptx_text(data: bytes, name: str) -> str:
    """Text of all slides in order of their part numbers, slides apart by a form feed.

    Raises:
        UserFileError: Corrupt, a zip bomb, or not a pptx file.
    """
    return "\f".join(_xml_text(part) for part in office_parts(data, name, r"ppt/slides/slide\d+\.xml"))


def office_parts(data: bytes, name: str, pattern: str) -> tuple[ET.Element, ...]:
    """Parsed XML parts whose whole path matches ``pattern``, ordered by the numbers in their paths.

    Raises:
        UserFileError: Corrupt, a zip bomb, or without such a part.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _refuse_zip_bomb(package, name)
            paths = [p for p in package.namelist() if re.fullmatch(pattern, p)]
            paths.sort(key=lambda p: [int(n) for n in re.findall(r"\d+", p)])
            contents = [package.read(p) for p in paths]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as exc:
        raise UserFileError(f"{name} is a corrupt Office file: {exc}; save it anew") from exc
    if not contents:
        raise UserFileError(f"{name} has no part like {pattern}; it is not the Office file it should be")
    return tuple(_parse_xml(content, name) for content in contents)


def _inspect_picture(data: bytes, name: str) -> FileFacts | None:
    try:
        with Image.open(io.BytesIO(data[:MAX_FILE_BYTES]), formats=tuple(_PICTURES)):
            pass
    except UnidentifiedImageError:
        return None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        pass  # a picture for certain; picture_size says what is wrong with it
    picture_format, width, height = picture_size(data, name)
    media_type, extension = _PICTURES[picture_format]
    return FileFacts(media_type, extension, "picture", width=width, height=height)


def _inspect_office(data: bytes, name: str) -> FileFacts:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _refuse_zip_bomb(package, name)
            parts = set(package.namelist())
    except (zipfile.BadZipFile, OSError) as exc:
        raise UserFileError(f"{name} is a corrupt zip or Office file: {exc}; save it anew") from exc
    if "word/document.xml" in parts:
        return _document(f"{_OFFICE}wordprocessingml.document", "docx", docx_text(data, name))
    if "ppt/presentation.xml" in parts:
        return _document(f"{_OFFICE}presentationml.presentation", "pptx", pptx_text(data, name))
    if "xl/workbook.xml" in parts:
        return _inspect_xlsx(data, name)
    raise UserFileError(f"{name} is a zip archive, not docx, xlsx or pptx; unpack it and give the files")


def _inspect_xlsx(data: bytes, name: str) -> FileFacts:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [
            (s.title, [list(r) for r in s.iter_rows(values_only=True, max_row=MAX_ROWS + 2)]) for s in book.worksheets
        ]
    except Exception as exc:  # openpyxl raises whatever its parser met: KeyError, ValueError, ParseError, ...
        raise UserFileError(f"{name} is a corrupt xlsx file: {exc}; save it anew") from exc
    table: FileFacts | None = None
    lines: list[str] = []
    for title, cells in sheets:
        grid = [[_cell(v) for v in row] for row in cells if any(v is not None for v in row)]
        lines += [f"# {title}", *("\t".join(_cell_text(c) for c in row) for row in grid)]
        if table is None and len(grid) > 1:
            table = _table(grid, f"{_OFFICE}spreadsheetml.sheet", "xlsx", "")
    text = "\n".join(lines)
    if table is None:
        raise UserFileError(f"{name} has no sheet with a row of names and a row of values; leave it out")
    return FileFacts(
        table.media_type,
        table.extension,
        "table",
        text=text[:MAX_TEXT],
        columns=table.columns,
        rows=table.rows,
        complete=table.complete and len(text) <= MAX_TEXT,
    )


def _inspect_text(data: bytes, name: str) -> FileFacts:
    text = _decode(data, name)
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        return _document("text/html", "html", text)
    if start.startswith(("{", "[")):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            pass  # text that only begins like JSON
        else:
            return _document("application/json", "json", text)
    for delimiter in (",", ";", "\t"):
        grid = _delimited(text, delimiter)
        if grid:
            return _table(grid, "text/csv", "csv", text)
    return _document("text/plain", "txt", text)


def _decode(data: bytes, name: str) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise UserFileError(
            f"{name} has NUL bytes, so it is not text, and no known type; save it as csv, txt, pdf or png"
        )
    if "\ufffd" in text or len(_CONTROL.findall(text)) > len(text) / 1000:
        raise UserFileError(f"{name} is of no known type; give pictures, pdf, docx, xlsx, pptx, csv, html, json or txt")
    return text


def _delimited(text: str, delimiter: str) -> list[list[Cell]]:
    """Rows when every line has as many cells as the first, two or more; empty when it is no table."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error:
        return []
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return []
    return [list(rows[0]), *([_number(v) for v in row] for row in rows[1:])]


def _table(grid: list[list[Cell]], media_type: str, extension: str, text: str) -> FileFacts:
    width = max(len(row) for row in grid)
    padded = [(*row, *("" for _ in range(width - len(row)))) for row in grid]
    columns = tuple(_cell_text(c) for c in padded[0])
    rows = tuple(padded[1 : MAX_ROWS + 1])
    complete = len(padded) - 1 <= MAX_ROWS and len(text) <= MAX_TEXT
    return FileFacts(
        media_type, extension, "table", text=text[:MAX_TEXT], columns=columns, rows=rows, complete=complete
    )


def _document(media_type: str, extension: str, text: str) -> FileFacts:
    return FileFacts(media_type, extension, "document", text=text[:MAX_TEXT], complete=len(text) <= MAX_TEXT)


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return str(value)


def _number(text: str) -> Cell:
    """The number that a cell's text is; ``007``, ``nan`` and ``1_000`` stay text."""
    return float(text) if re.fullmatch(r"\s*[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,2})?\s*", text) else text


def _cell_text(value: Cell) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else value


def _refuse_zip_bomb(package: zipfile.ZipFile, name: str) -> None:
    parts = package.infolist()
    unpacked = sum(p.file_size for p in parts)
    if unpacked > MAX_UNPACKED_BYTES or len(parts) > 10_000:
        raise UserFileError(
            f"{name} unpacks to {unpacked:,} bytes in {len(parts):,} parts, "
            f"the limit is {MAX_UNPACKED_BYTES:,}; leave it out"
        )
    if any(p.flag_bits & 1 for p in parts):
        raise UserFileError(f"{name} is encrypted; save it without a password")


def _parse_xml(content: bytes, name: str) -> ET.Element:
    if b"<!DOCTYPE" in content:
        raise UserFileError(f"{name} declares XML entities, which no Office program does; leave it out")
    try:
        return ET.fromstring(content)  # noqa: S314 - no DOCTYPE, so no entities
    except ET.ParseError as exc:
        raise UserFileError(f"{name} is a corrupt Office file: {exc}; save it anew") from exc


def _xml_text(element: ET.Element) -> str:
    """Text runs of WordprocessingML or DrawingML, paragraphs ended by a line feed."""
    tag = element.tag.rsplit("}", 1)[-1]
    if tag == "t":
        return element.text or ""
    if tag in {"tab", "br", "cr"}:
        return "\t" if tag == "tab" else "\n"
    inner = "".join(_xml_text(child) for child in element)
    return inner + "\n" if tag == "p" else inner
