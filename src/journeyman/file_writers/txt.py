"""Plain text in UTF-8: title, paragraphs, and the table with tabs between cells."""

from journeyman.file_writer import FileWriter
from journeyman.file_writers._document import Document, document_facts
from journeyman.file_writers._tables import cell_text


def _write(document: Document, _mark: str) -> bytes:
    blocks = [document.title, *document.paragraphs]
    if document.table:
        lines = [document.table.columns, *document.table.rows]
        blocks.append("\n".join("\t".join(cell_text(c) for c in line) for line in lines))
    return ("\n\n".join(blocks) + "\n").encode()


def _reopen(data: bytes) -> str:
    return data.decode()


WRITER = FileWriter("txt", "text/plain", "txt", Document, _write, _reopen, document_facts)
