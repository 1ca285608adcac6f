"""Word, Excel and PowerPoint files as Markdown sections."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from journeyman.errors import ToolError
from journeyman.tools._document import Section
from journeyman.tools._markdown import markdown_table

MAX_SHEET_CELLS = 500_000
"""Cells read of one sheet: a stray style can make a sheet a million rows long."""

T = TypeVar("T")


def read_docx(data: bytes, name: str) -> tuple[Section, ...]:
    """Paragraphs and tables in their order, as one section (a docx has no pages until it is printed)."""
    import docx
    from docx.table import Table

    document: Any = _opened(docx.Document, data, name)
    blocks = []
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            blocks.append(markdown_table([cell.text for cell in row.cells] for row in block.rows))
        else:
            blocks.append(_paragraph(block))
    return (Section("", "\n\n".join(block for block in blocks if block)),)


def read_xlsx(data: bytes, name: str) -> tuple[Section, ...]:
    """One section a sheet; a formula without a stored value is shown as the formula."""
    import openpyxl

    values: Any = _opened(lambda stream: openpyxl.load_workbook(stream, read_only=True, data_only=True), data, name)
    formulas: Any = _opened(lambda stream: openpyxl.load_workbook(stream, read_only=True), data, name)
    sections = []
    try:
        for sheet in values.worksheets:
            rows = list(_sheet_rows(sheet, formulas[sheet.title]))
            sections.append(Section(f"sheet {sheet.title}", markdown_table(rows)))
    except _READING_ERRORS as exc:
        raise ToolError(f"{name} is a damaged xlsx: {exc}") from exc
    return tuple(sections)


def read_pptx(data: bytes, name: str) -> tuple[Section, ...]:
    """One section a slide: its texts, tables, chart data and notes."""
    import pptx

    presentation: Any = _opened(pptx.Presentation, data, name)
    try:
        return tuple(
            Section(f"slide {number}", "\n\n".join(block for block in _slide_blocks(slide) if block))
            for number, slide in enumerate(presentation.slides, 1)
        )
    except _READING_ERRORS as exc:
        raise ToolError(f"{name} is a damaged pptx: {exc}") from exc


# The three libraries let whatever broke pass through: lxml's XMLSyntaxError is a SyntaxError,
# docx and pptx raise PackageNotFoundError and others that are KeyError or ValueError at heart.
_READING_ERRORS = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError, EOFError, zipfile.BadZipFile,
)  # fmt: skip


def _opened(open_file: Callable[[io.BytesIO], T], data: bytes, name: str) -> T:
    try:
        return open_file(io.BytesIO(data))
    except _READING_ERRORS as exc:
        raise ToolError(f"{name} is a damaged office file: {exc}") from exc
    except Exception as exc:
        if type(exc).__module__.startswith(("docx.", "pptx.", "openpyxl.")):
            raise ToolError(f"{name} is a damaged office file: {exc}") from exc
        raise


def _paragraph(paragraph: Any) -> str:
    text = str(paragraph.text).strip()
    style = paragraph.style.name if paragraph.style is not None else ""
    if text and style.startswith("Heading") and style[-1].isdigit():
        return f"{'#' * int(style[-1])} {text}"
    if text and style == "Title":
        return f"# {text}"
    return f"- {text}" if text and style.startswith("List") else text


def _sheet_rows(values: Any, formulas: Any) -> Iterator[list[object]]:
    read = 0
    for shown, written in zip(values.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=False):
        read += max(1, len(shown))
        if read > MAX_SHEET_CELLS:
            yield [f"[cut after {MAX_SHEET_CELLS} cells]"]
            return
        yield [w if v is None else v for v, w in zip(shown, written, strict=False)]


def _slide_blocks(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    for shape in slide.shapes:
        if shape.has_text_frame:
            text = shape.text_frame.text.strip()
            yield f"# {text}" if text and title is not None and shape.shape_id == title.shape_id else text
        elif getattr(shape, "has_table", False):
            yield markdown_table([cell.text for cell in row.cells] for row in shape.table.rows)
        elif getattr(shape, "has_chart", False):
            yield _chart(shape.chart)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        if notes is not None and notes.text.strip():
            yield f"Notes: {notes.text.strip()}"


def _chart(chart: Any) -> str:
    plot = chart.plots[0]
    series = list(plot.series)
    head = ["", *(s.name for s in series)]
    rows = [[category, *(s.values[n] for s in series)] for n, category in enumerate(plot.categories)]
    return markdown_table([head, *rows])
