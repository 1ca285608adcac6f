"""PDF pages as text, their ruled tables as Markdown."""

import io
import zlib
from dataclasses import dataclass
from typing import Any

from journeyman.errors import ToolError
from journeyman.pdfium import PDFIUM_LOCK
from journeyman.tools._documents.markdown import markdown_table
from journeyman.tools._documents.section import READING_ERRORS, Section

MAX_PAGES = 200
"""Pages read; a section says so when there are more."""
MAX_PAGE_CHARACTERS = 100_000
"""Text of one page; a page of print has 3,000."""
TABLE_PAGES = 10
"""Pages looked at for tables: finding rulings takes 0.1 s a page, the text alone 4 ms."""
TABLE_PATHS = range(4, 5_000)
"""Lines and rectangles of a page that is looked at: fewer rule no table, more are a drawing and take minutes."""
MAX_STREAM_BYTES = 5_000_000
"""Drawing instructions of a page that is looked at for tables, unpacked."""
NO_TEXT = "[no text layer: this page is a picture; render it with pypdfium2, then use ocr]"


@dataclass(frozen=True, slots=True)
class _Page:
    text: str
    paths: int
    """Lines, rectangles and curves drawn."""


def read_pdf(data: bytes, name: str) -> tuple[Section, ...]:
    """One section a page; scripts, actions, links and attachments are not looked at.

    Raises:
        ToolError: Encrypted, damaged, or without any text (a scan).
    """
    with PDFIUM_LOCK:
        pages, count = _pages(data, name)
    if all(page.text in ("", NO_TEXT) for page in pages):
        all_pages = f"{count} page{'s' if count != 1 else ''}"
        if not any(page.text for page in pages):
            raise ToolError(f"{name} has {all_pages}, with nothing to read in it")
        raise ToolError(
            f"{name} has {all_pages} without any text layer: they are pictures; render them (pypdfium2), then use ocr"
        )
    ruled = [number for number, page in enumerate(pages[:TABLE_PAGES], 1) if page.paths in TABLE_PATHS]
    tables = _tables(data, ruled) if ruled else {}
    sections = []
    for number, page in enumerate(pages, 1):
        blocks = [page.text or "[blank page]", *tables.get(number, ())]
        sections.append(Section(f"page {number}", "\n\n".join(block for block in blocks if block)))
    if count > len(pages):
        sections.append(Section("end", f"[{count - len(pages)} more pages not read]"))
    return tuple(sections)


def _pages(data: bytes, name: str) -> tuple[list[_Page], int]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        if "password" in str(exc).lower():
            raise ToolError(f"{name} is encrypted") from exc
        raise ToolError(f"{name} is a damaged pdf: {exc}") from exc
    try:
        count = len(document)
        return [_page(document, index) for index in range(min(count, MAX_PAGES))], count
    except pypdfium2.PdfiumError as exc:
        raise ToolError(f"{name} is a damaged pdf: {exc}") from exc
    finally:
        document.close()


def _page(document: Any, index: int) -> _Page:
    import pypdfium2.raw as pdfium

    page = document[index]
    try:
        text_page = page.get_textpage()
        if text_page.count_chars() > MAX_PAGE_CHARACTERS:
            text = (
                text_page.get_text_range(0, MAX_PAGE_CHARACTERS) + f"\n[cut after {MAX_PAGE_CHARACTERS:,} characters]"
            )
        else:
            text = text_page.get_text_bounded()
        text = text.replace("\r\n", "\n").replace("\0", "").strip()
        kinds = [
            pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, number))
            for number in range(min(pdfium.FPDFPage_CountObjects(page), TABLE_PATHS.stop + MAX_PAGE_CHARACTERS))
        ]
        if not text and kinds:
            text = NO_TEXT
        return _Page(text, kinds.count(pdfium.FPDF_PAGEOBJ_PATH))
    finally:
        page.close()


def _tables(data: bytes, numbers: list[int]) -> dict[int, tuple[str, ...]]:
    """Markdown of each ruled table, by page number; a page that only pdfium can read has none."""
    import pdfplumber
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

    found: dict[int, tuple[str, ...]] = {}
    try:
        with pdfplumber.open(io.BytesIO(data), pages=numbers) as document:
            for page in document.pages:
                if _is_small(page) and _is_ruled(page):
                    found[page.page_number] = tuple(map(markdown_table, page.extract_tables()))
                page.close()
    except (*READING_ERRORS, MalformedPDFException, PdfminerException, PSException):
        return found
    return found


def _is_small(page: Any) -> bool:
    """Whether its instructions unpack to little, so that reading them one by one ends."""
    from pdfminer.pdftypes import resolve1

    left = MAX_STREAM_BYTES
    for reference in page.page_obj.contents:
        stream = resolve1(reference)
        packed = stream.get_rawdata() or b""
        try:
            # Anything but deflate cannot unpack to much more than it is, save in chains that nobody writes.
            left -= len(zlib.decompressobj().decompress(packed, left + 1))
        except zlib.error:
            left -= len(packed)
        if left <= 0:
            return False
    return True


def _is_ruled(page: Any) -> bool:
    return len(page.lines) + len(page.rects) >= TABLE_PATHS.start
