"""Word and PowerPoint files as Markdown sections, and what all office files share."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from journeyman.errors import ToolError
from journeyman.tools._documents.markdown import markdown_table
from journeyman.tools._documents.section import READING_ERRORS, Section

_MACROS = "vbaProject.bin"
_WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_WORD_KINDS = (
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    f"{_WORD_MAIN}template.main+xml",
)
_MAX_GROUPS = 20
"""Depth of shapes grouped in groups."""


def read_docx(data: bytes, name: str) -> tuple[Section, ...]:
    """Paragraphs and tables in their order, as one section (a docx has no pages until it is printed)."""
    from docx.table import Table

    with reading(name, "docx"):
        document = _word_document(io.BytesIO(data))
        blocks = [_macro_note_of(data), *_margin_texts(document, "header")]
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                blocks.append(markdown_table(_table_rows(block)))
            else:
                blocks.append(_paragraph(block))
        blocks += _margin_texts(document, "footer")
    return (Section("", "\n\n".join(block for block in blocks if block)),)


def read_pptx(data: bytes, name: str) -> tuple[Section, ...]:
    """One section a slide: its texts, tables, chart data and notes."""
    import pptx

    note = _macro_note_of(data)
    sections = []
    with reading(name, "pptx"):
        presentation = pptx.Presentation(io.BytesIO(data))
        for number, slide in enumerate(presentation.slides, 1):
            blocks = [note if number == 1 else "", *_slide_blocks(slide)]
            sections.append(Section(f"slide {number}", "\n\n".join(block for block in blocks if block)))
    return tuple(sections)


@contextmanager
def reading(name: str, kind: str) -> Iterator[None]:
    """Around what reads an office file: its errors are those of a damaged file.

    Raises:
        ToolError: The body raised what readers raise on damaged files.
    """
    try:
        yield
    except READING_ERRORS as exc:
        raise ToolError(f"{name} is a damaged {kind}: {exc}") from exc
    except Exception as exc:
        if type(exc).__module__.startswith(("docx.", "pptx.", "openpyxl.")):
            raise ToolError(f"{name} is a damaged {kind}: {exc}") from exc
        raise


def macro_note(archive: zipfile.ZipFile) -> str:
    """Words that say the file has macros; empty when it has none. Nothing here can run one."""
    return "[has macros, which are not run]" if any(n.endswith(_MACROS) for n in archive.namelist()) else ""


def _macro_note_of(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return macro_note(archive)


def _word_document(stream: io.BytesIO) -> Any:
    from docx.opc.part import PartFactory
    from docx.package import Package
    from docx.parts.document import DocumentPart

    # docx.Document refuses files with macros and templates, though they read alike.
    for kind in _WORD_KINDS:
        PartFactory.part_type_for[kind] = DocumentPart
    part: Any = Package.open(stream).main_document_part
    return part.document


def _margin_texts(document: Any, margin: str) -> list[str]:
    """Headers or footers of all sections, each once."""
    texts = []
    for section in document.sections:
        kinds = [margin]
        if section.different_first_page_header_footer:
            kinds.insert(0, f"first_page_{margin}")
        if document.settings.odd_and_even_pages_header_footer:
            kinds.append(f"even_page_{margin}")
        for kind in kinds:
            part = getattr(section, kind)
            lines = [] if part.is_linked_to_previous else [paragraph.text.strip() for paragraph in part.paragraphs]
            if any(lines):
                texts.append(f"{margin.capitalize()}: {' / '.join(line for line in lines if line)}")
    return list(dict.fromkeys(texts))


def _table_rows(table: Any) -> Iterator[list[str]]:
    seen = set()
    for row in table.rows:
        cells = []
        for cell in row.cells:
            # A merged cell is given once for each place it covers, each time as a new object over one element.
            element = cell._tc  # noqa: SLF001
            cells.append("" if element in seen else cell.text)
            seen.add(element)
        yield cells


def _paragraph(paragraph: Any) -> str:
    text = str(paragraph.text).strip()
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    if text and style.startswith("Heading") and style[-1].isdigit():
        return f"{'#' * int(style[-1])} {text}"
    if text and style == "Title":
        return f"# {text}"
    return f"- {text}" if text and style.startswith("List") else text


def _slide_blocks(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    yield from _shape_blocks(slide.shapes, title.shape_id if title is not None else None, _MAX_GROUPS)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        if notes is not None and notes.text.strip():
            yield f"Notes: {notes.text.strip()}"


def _shape_blocks(shapes: Any, title: int | None, depth: int) -> Iterator[str]:
    for shape in shapes:
        if shape.has_text_frame:
            text = shape.text_frame.text.strip()
            yield f"# {text}" if text and shape.shape_id == title else text
        elif getattr(shape, "has_table", False):
            yield markdown_table([cell.text for cell in row.cells] for row in shape.table.rows)
        elif getattr(shape, "has_chart", False):
            yield _chart(shape.chart)
        elif hasattr(shape, "shapes") and depth:
            yield from _shape_blocks(shape.shapes, title, depth - 1)


def _chart(chart: Any) -> str:
    plots = list(chart.plots)
    if not plots:
        return "[a chart without data]"
    series = list(plots[0].series)
    head = ["", *(s.name for s in series)]
    columns = [list(s.values) for s in series]
    # An xy chart has no categories: its rows are numbered.
    categories = list(plots[0].categories) or range(1, max(map(len, columns), default=0) + 1)
    rows = [[label, *(c[n] if n < len(c) else None for c in columns)] for n, label in enumerate(categories)]
    return markdown_table([head, *rows])
