"""PDF pages as text, their ruled tables as Markdown."""

import io
from typing import Any

from journeyman.errors import ToolError
from journeyman.pdfium import PDFIUM_LOCK
from journeyman.tools._document import Section
from journeyman.tools._markdown import markdown_table

MAX_PAGES = 200
"""Pages read; a section says so when there are more."""
TABLE_PAGES = 10
"""Pages looked at for tables: finding rulings takes 0.1 s a page, the text alone 4 ms."""


def read_pdf(data: bytes, name: str) -> tuple[Section, ...]:
    """One section a page.

    Raises:
        ToolError: Encrypted, damaged, or without any text (a scan).
    """
    with PDFIUM_LOCK:
        texts, pages = _texts(data, name)
    tables = _tables(data, name)
    if not any(texts):
        raise ToolError(f"{name} has {pages} pages without any text: they are pictures")
    sections = []
    for number, text in enumerate(texts, 1):
        blocks = [text, *tables.get(number, ())]
        sections.append(Section(f"page {number}", "\n\n".join(block for block in blocks if block)))
    if pages > len(texts):
        sections.append(Section("end", f"[{pages - len(texts)} more pages not read]"))
    return tuple(sections)


def _texts(data: bytes, name: str) -> tuple[list[str], int]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        if "password" in str(exc).lower():
            raise ToolError(f"{name} is encrypted") from exc
        raise ToolError(f"{name} is a damaged pdf: {exc}") from exc
    try:
        count = len(document)
        texts = []
        for index in range(min(count, MAX_PAGES)):
            page = document[index]
            texts.append(page.get_textpage().get_text_bounded().replace("\r\n", "\n").strip())
            page.close()
        return texts, count
    except pypdfium2.PdfiumError as exc:
        raise ToolError(f"{name} is a damaged pdf: {exc}") from exc
    finally:
        document.close()


def _tables(data: bytes, name: str) -> dict[int, tuple[str, ...]]:
    """Markdown of each ruled table, by page number."""
    import pdfplumber
    from pdfminer.psexceptions import PSException
    from pdfplumber.utils.exceptions import PdfminerException

    found: dict[int, tuple[str, ...]] = {}
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            for page in document.pages[:TABLE_PAGES]:
                if _is_ruled(page):
                    found[page.page_number] = tuple(map(markdown_table, page.extract_tables()))
                page.close()
    except (PdfminerException, PSException, KeyError, ValueError, TypeError, AttributeError, IndexError) as exc:
        raise ToolError(f"{name} is a damaged pdf: {exc}") from exc
    return found


def _is_ruled(page: Any) -> bool:
    return len(page.lines) + len(page.rects) >= 4
