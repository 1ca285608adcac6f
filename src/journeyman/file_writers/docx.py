"""Word document by python-docx; read back from the package's XML."""

import io
from functools import partial

import docx

from journeyman.file_reader import docx_text
from journeyman.file_writer import FileWriter
from journeyman.file_writers._document import Document, document_facts
from journeyman.file_writers._office import without_clock
from journeyman.file_writers._tables import cell_text


def _write(document: Document, mark: str) -> bytes:
    word = docx.Document()
    word.core_properties.author = ""
    word.core_properties.comments = ""
    word.core_properties.title = document.title
    word.core_properties.keywords = mark
    word.add_heading(document.title, level=0)
    for paragraph in document.paragraphs:
        word.add_paragraph(paragraph)
    if document.table:
        grid = word.add_table(rows=0, cols=len(document.table.columns), style="Table Grid")
        for line in (document.table.columns, *document.table.rows):
            for cell, value in zip(grid.add_row().cells, line, strict=True):
                cell.text = cell_text(value)
    out = io.BytesIO()
    word.save(out)
    return without_clock(out.getvalue())


WRITER = FileWriter(
    "docx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "docx",
    Document,
    _write,
    partial(docx_text, name="the written docx"),
    document_facts,
)
