"""Open the agent's documents: one reading for ``inspect_file`` and ``search_corpus``.

The kind is told from the content, not the name. Every reader gives sections, each with the place a
person would look for it (``page 2``, ``sheet Sales``), as Markdown.
"""

import io
import zipfile
from dataclasses import dataclass

from journeyman.errors import ToolError
from journeyman.tool import ToolFiles

MAX_UNPACKED_BYTES = 200_000_000
"""Office files are zip archives: one of 1 MB can unpack to 1 GB."""
MAX_ARCHIVE_MEMBERS = 10_000

_PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_OLE_START = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document."""

    place: str
    """``page 2``, ``sheet Sales``, ``slide 3``; empty when the document has no parts."""
    text: str
    """Markdown."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says."""

    kind: str
    """``pdf``, ``docx``, ``xlsx``, ``pptx``, ``csv``, ``html``, ``json`` or ``text``."""
    sections: tuple[Section, ...]


def read_document(files: ToolFiles, name: str) -> Document:
    """Read ``name`` whole.

    Raises:
        ToolError: Missing, empty, a picture, damaged, encrypted, a zip bomb or of no known kind.
    """
    data = files.read(name)
    if not data.strip():
        raise ToolError(f"{name} is empty")
    if data.startswith(_PICTURE_STARTS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        raise ToolError(f"{name} is a picture; use a picture tool such as ocr")
    if data.startswith(_OLE_START):
        raise ToolError(f"{name} is an encrypted or pre-2007 office file, which cannot be read")
    # PDF readers accept up to 1 kB of junk before the header.
    if b"%PDF-" in data[:1024]:
        from journeyman.tools._pdf import read_pdf

        return Document("pdf", read_pdf(data, name))
    if data.startswith(b"PK"):
        return _read_office(data, name)
    from journeyman.tools._plain import read_plain

    kind, section = read_plain(data, name)
    return Document(kind, (section,))


def _read_office(data: bytes, name: str) -> Document:
    from journeyman.tools import _office

    kind = _office_kind(data, name)
    readers = {"docx": _office.read_docx, "xlsx": _office.read_xlsx, "pptx": _office.read_pptx}
    return Document(kind, readers[kind](data, name))


def _office_kind(data: bytes, name: str) -> str:
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as exc:
        raise ToolError(f"{name} is a damaged archive: {exc}") from exc
    # zipfile reads no more of a member than its declared size, so the declared sum is a true bound.
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or len(members) > MAX_ARCHIVE_MEMBERS:
        raise ToolError(
            f"{name} unpacks to {unpacked:,} bytes in {len(members):,} parts; the limit is {MAX_UNPACKED_BYTES:,} bytes"
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise ToolError(f"{name} is encrypted")
    folders = {member.filename.split("/")[0] for member in members}
    for folder, kind in {"word": "docx", "xl": "xlsx", "ppt": "pptx"}.items():
        if folder in folders:
            return kind
    raise ToolError(f"{name} is a zip archive, not a docx, xlsx or pptx")
