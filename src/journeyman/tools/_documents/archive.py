"""Zip archives: office files among them are read, of any other the members are listed and read on demand."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

from journeyman.errors import ToolError
from journeyman.tools._documents.markdown import markdown_table
from journeyman.tools._documents.section import Document, Section

MAX_UNPACKED_BYTES = 200_000_000
"""Of an archive, or of what is read of it: one of 1 MB can unpack to 1 GB."""
MAX_ARCHIVE_MEMBERS = 10_000
MAX_MEMBER_BYTES = 20_000_000
"""Of one file in an archive that is no office file."""

# zipfile lets through what its parts raise on damaged data.
ARCHIVE_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, KeyError,
    OverflowError, IndexError, RuntimeError,
)  # fmt: skip

_OFFICE = {"word": "docx", "xl": "xlsx", "ppt": "pptx"}
_CONTENT_TYPES = "[Content_Types].xml"
_XML_PARTS = (".xml", ".rels", ".vml")
_DTD_STARTS = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_ENCRYPTED = 0x1
_LINK = 0o120000
_FILE_TYPE = 0o170000


ReadDocument = Callable[[bytes, str], Document]


def read_archive(data: bytes, name: str, read: ReadDocument) -> Document:
    """An office file read, or a listing of any other archive, with its members to read.

    Args:
        data: The file.
        name: What it is called in messages.
        read: Reads a member of an archive, whatever its kind.

    Raises:
        ToolError: Damaged; or an office file that is encrypted, unpacks to over 200 MB or declares XML entities.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = [member for member in archive.infolist() if member.filename]
    except ARCHIVE_ERRORS as exc:
        raise ToolError(f"{name} is a damaged archive: {exc}") from exc
    kind = _office_kind(members, name)
    if kind:
        _check_office(archive, members, name)
        return Document(kind, _office_reader(kind)(data, name))
    return Document("zip", (_listing(members),), _Members(archive, name, read).readers(members))


def _office_kind(members: list[zipfile.ZipInfo], name: str) -> str:
    """``docx``, ``xlsx``, ``pptx``, or nothing: a plain archive may well hold a folder ``word``."""
    names = {member.filename for member in members}
    if _CONTENT_TYPES not in names and not PurePosixPath(name).suffix.lower().startswith((".doc", ".xls", ".ppt")):
        return ""
    folders = {name.split("/")[0] for name in names}
    return next((kind for folder, kind in _OFFICE.items() if folder in folders), "")


def _office_reader(kind: str) -> Callable[[bytes, str], tuple[Section, ...]]:
    from journeyman.tools._documents import office, sheets

    return {"docx": office.read_docx, "xlsx": sheets.read_xlsx, "pptx": office.read_pptx}[kind]


def _check_office(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str) -> None:
    # zipfile reads no more of a member than its declared size, so the declared sum is a true bound.
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or len(members) > MAX_ARCHIVE_MEMBERS:
        raise ToolError(
            f"{name} unpacks to {unpacked:,} bytes in {len(members):,} parts; the limit is {MAX_UNPACKED_BYTES:,} bytes"
        )
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise ToolError(f"{name} is encrypted")
    for member in members:
        if not member.filename.lower().endswith(_XML_PARTS):
            continue
        try:
            part = archive.read(member)
        except ARCHIVE_ERRORS as exc:
            raise ToolError(f"{name} is a damaged office file: {member.filename}: {exc}") from exc
        # Entities that grow or fetch need a DTD; office files may have none (ECMA-376 part 2).
        if any(start in part for start in _DTD_STARTS):
            raise ToolError(f"{name} is a damaged office file: {member.filename} declares a DTD, which is not allowed")


def _listing(members: list[zipfile.ZipInfo]) -> Section:
    files = [member for member in members if not member.is_dir()]
    rows = [["name", "bytes", "date", "note"]]
    rows += [[member.filename, str(member.file_size), _date(member), _note(member)] for member in files]
    if not any(row[3] for row in rows[1:]):
        rows = [row[:3] for row in rows]
    total = sum(member.file_size for member in files)
    count = f"{len(files)} file{'s' if len(files) != 1 else ''}, {total:,} bytes unpacked"
    return Section("", "\n\n".join(filter(None, [f"zip archive: {count}", markdown_table(rows) if files else ""])))


def _date(member: zipfile.ZipInfo) -> str:
    year, month, day, hour, minute, _ = member.date_time
    # 1980-01-01 is the zero of the format: no date was written.
    return "" if (year, month, day) <= (1980, 1, 1) else f"{year}-{month:02}-{day:02} {hour:02}:{minute:02}"


def _note(member: zipfile.ZipInfo) -> str:
    notes = []
    if _is_link(member):
        notes.append("a link, not followed")
    if member.flag_bits & _ENCRYPTED:
        notes.append("encrypted")
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts:
        notes.append("a path out of the archive")
    return ", ".join(notes)


class _Members:
    """Files of one archive, unpacked up to a sum of sizes."""

    def __init__(self, archive: zipfile.ZipFile, name: str, read: ReadDocument) -> None:
        self._archive = archive
        self._read_inside = read
        self._name = name
        self._left = MAX_UNPACKED_BYTES

    def readers(self, members: list[zipfile.ZipInfo]) -> dict[str, Callable[[], Document]]:
        files = (member for member in members[:MAX_ARCHIVE_MEMBERS] if not member.is_dir())
        return {member.filename: partial(self._read, member) for member in files}

    def _read(self, member: zipfile.ZipInfo) -> Document:
        """The document inside; of an archive inside the listing."""
        label = f"{member.filename} in {self._name}"
        if _is_link(member):
            raise ToolError(f"{label} is a link, which is not followed")
        if member.flag_bits & _ENCRYPTED:
            raise ToolError(f"{label} is encrypted")
        limit = min(MAX_MEMBER_BYTES, self._left)
        if member.file_size > limit:
            raise ToolError(f"{label} unpacks to {member.file_size:,} bytes; the limit is {limit:,} bytes")
        self._left -= member.file_size
        try:
            data = self._archive.read(member)
        except ARCHIVE_ERRORS as exc:
            raise ToolError(f"{label} is damaged: {exc}") from exc
        # The readers look at the extension, so here the member's name comes last.
        document = self._read_inside(data, f"{self._name}/{member.filename}")
        return Document(document.kind, document.sections)


def _is_link(member: zipfile.ZipInfo) -> bool:
    return member.external_attr >> 16 & _FILE_TYPE == _LINK
