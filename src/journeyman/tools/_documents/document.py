"""Open the agent's documents: one reading for ``inspect_file`` and ``search_corpus``.

The kind is told from the content, not the name. Every reader gives sections, each with the place a
person would look for it (``page 2``, ``sheet Sales``), as Markdown.
"""

from dataclasses import replace

from journeyman.errors import ToolError
from journeyman.tool import ToolFiles
from journeyman.tools._documents.section import Document, Section

_PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
_ARCHIVE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE_START = b"\xd0\xcf\x11\xe0"
_PDF_START = b"%PDF-"


def read_document(files: ToolFiles, name: str) -> Document:
    """Read ``name`` whole.

    Raises:
        ToolError: Missing, empty, a picture, damaged, encrypted, a zip bomb or of no known kind.
    """
    return document_of(files.read(name), name)


def document_of(data: bytes, name: str) -> Document:
    """What the bytes of ``name`` say.

    Raises:
        ToolError: As ``read_document``.
    """
    document = _read(data, name)
    return replace(document, sections=tuple(Section(_writable(s.place), _writable(s.text)) for s in document.sections))


def _writable(text: str) -> str:
    # Json and names in archives can hold halves of surrogate pairs, which no answer can be written with.
    return text.encode("utf-8", "replace").decode()


def _read(data: bytes, name: str) -> Document:
    if not data.strip():
        raise ToolError(f"{name} is empty")
    if _is_picture(data):
        raise ToolError(f"{name} is a picture; use a picture tool such as ocr")
    if data.startswith(_OLE_START):
        raise ToolError(f"{name} is an encrypted or pre-2007 office file, which cannot be read")
    if _is_pdf(data):
        from journeyman.tools._documents.pdf import read_pdf

        return Document("pdf", read_pdf(data, name))
    if data.startswith(_ARCHIVE_STARTS):
        from journeyman.tools._documents.archive import read_archive

        return read_archive(data, name, document_of)
    from journeyman.tools._documents.plain import read_plain

    kind, section = read_plain(data, name)
    return Document(kind, (section,))


def _is_picture(data: bytes) -> bool:
    if data.startswith(_PICTURE_STARTS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return True
    # "BM" begins texts too; in a bitmap four reserved zeros follow its size.
    return data.startswith(b"BM") and data[6:10] == bytes(4)


def _is_pdf(data: bytes) -> bool:
    # Readers of pdf accept up to 1 kB of junk before the header, and a text about pdf may name it there.
    return data.startswith(_PDF_START) or (_PDF_START in data[:1024] and b"startxref" in data)
