"""A4 document by ReportLab; read back with pdfium."""

import io
from functools import partial
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus.doctemplate import LayoutError

from journeyman.errors import SchemaError
from journeyman.file_reader import pdf_text
from journeyman.file_writer import FileWriter
from journeyman.file_writers._document import Document, document_facts
from journeyman.file_writers._tables import Table, cell_text
from journeyman.photographs import package_file

_MARGIN = 56.0
"""Points, on all sides."""
_GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
)


def _write(document: Document, mark: str) -> bytes:
    font = _font("\n".join(document_facts(document)))
    body = ParagraphStyle("body", fontName=font, fontSize=10.5, leading=14, spaceAfter=8)
    heading = ParagraphStyle("heading", fontName=font, fontSize=18, leading=22, spaceAfter=12)
    story: list[Flowable] = [Paragraph(_markup(document.title), heading)]
    story += [Paragraph(_markup(p), body) for p in document.paragraphs]
    if document.table:
        story += [Spacer(1, 6), _table(document.table, font)]
    out = io.BytesIO()
    pdf = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=document.title,
        author="",
        subject="",
        creator="",
        keywords=[mark] if mark else [],
        invariant=1,  # no dates, and a file id that follows from the content
    )
    try:
        pdf.build(story)
    except LayoutError as exc:
        raise SchemaError(f"pdf table has a row taller than a page: {str(exc)[:120]}; shorten its cells") from exc
    return out.getvalue()


def _table(table: Table, font: str) -> Flowable:
    style = ParagraphStyle("cell", fontName=font, fontSize=9, leading=11)
    cells = [[Paragraph(_markup(cell_text(c)), style) for c in line] for line in (table.columns, *table.rows)]
    width = (A4[0] - 2 * _MARGIN) / len(table.columns)
    return LongTable(cells, colWidths=[width] * len(table.columns), repeatRows=1, style=_GRID)


def _markup(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


def _font(text: str) -> str:
    """Helvetica, which every reader has; DejaVu Sans, embedded, when the text needs other letters."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        if "DejaVuSans" not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(
                TTFont("DejaVuSans", package_file("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"))
            )
        return "DejaVuSans"
    return "Helvetica"


WRITER = FileWriter(
    "pdf", "application/pdf", "pdf", Document, _write, partial(pdf_text, name="the written pdf"), document_facts
)
