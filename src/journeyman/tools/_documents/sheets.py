"""Excel workbooks as Markdown sections."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from journeyman.errors import ToolError
from journeyman.tools._documents.markdown import markdown_table
from journeyman.tools._documents.office import macro_note, reading
from journeyman.tools._documents.section import Section

MAX_CELLS = 200_000
"""Cells read of a workbook, which takes 2 s; a stray style can make a sheet a million rows long."""
MAX_PART_BYTES = 50_000_000
"""Of the table of texts and other parts that are read whole when a workbook is opened, at 10 MB a second."""
MAX_MERGED = 20
"""Merged ranges named."""

_SHEETS = "xl/worksheets/"
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')


def read_xlsx(data: bytes, name: str) -> tuple[Section, ...]:
    """One section a sheet; a formula is shown as its stored value, and as itself where none is stored.

    Raises:
        ToolError: Damaged, or its table of texts, or another part that is no sheet, is over 50 MB.
    """
    sections = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive, reading(name, "xlsx"):
        for part in archive.infolist():
            if part.filename.endswith(".xml") and not part.filename.startswith(_SHEETS):
                _check_size(part, name)
        values = _workbook(data, data_only=True)
        formulas: Any = None
        notes = [macro_note(archive)]
        left = MAX_CELLS
        for sheet in values.worksheets:
            # Read-only sheets do not tell their merged ranges.
            xml = archive.read(sheet._worksheet_path)  # noqa: SLF001
            has_formulas = _FORMULA.search(xml) is not None
            if has_formulas:
                formulas = formulas or _workbook(data, data_only=False)
            rows = _Rows(sheet, formulas[sheet.title] if has_formulas else None, left)
            if sheet.sheet_state != "visible":
                notes.append("[a hidden sheet]")
            blocks = [*notes, markdown_table(rows), *rows.notes(), _merged_note(xml)]
            sections.append(Section(f"sheet {sheet.title}", "\n".join(block for block in blocks if block)))
            left = max(0, left - rows.cells)
            notes = []
    return tuple(sections)


def _workbook(data: bytes, *, data_only: bool) -> Any:
    import openpyxl

    # Links to other files are neither kept nor followed.
    return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)


class _Rows:
    """The rows of a sheet, read up to a number of cells."""

    def __init__(self, values: Any, formulas: Any | None, left: int) -> None:
        self.cells = 0
        self._values = values
        self._formulas = formulas
        self._left = left
        self._unstored = 0
        self._cut_after = 0

    def __iter__(self) -> Iterator[list[object]]:
        for sheet in filter(None, (self._values, self._formulas)):
            sheet.reset_dimensions()  # the size that a sheet claims may be wrong, and rows beyond it would be lost
        shown = self._values.iter_rows(values_only=True)
        written = self._formulas.iter_rows(values_only=True) if self._formulas is not None else None
        for number, row in enumerate(shown, 1):
            # An empty row costs little; a million of them not nothing.
            self.cells += len(row) if any(value is not None for value in row) else 1
            if self.cells > self._left:
                self._cut_after = number - 1
                return
            if written is None:
                yield list(row)
            else:
                yield self._with_formulas(row, next(written, ()))

    def notes(self) -> list[str]:
        """What the table does not show."""
        notes = []
        if self._unstored:
            notes.append(f"[formulas without a stored value, shown as they are written: {self._unstored}]")
        if self.cells > self._left:
            notes.append(f"[only the first {self._cut_after} rows were read]")
        return notes

    def _with_formulas(self, shown: tuple[object, ...], written: tuple[object, ...]) -> list[object]:
        row: list[object] = []
        for position, value in enumerate(shown):
            formula = written[position] if position < len(written) else None
            if value is None and formula is not None:
                self._unstored += 1
                row.append(getattr(formula, "text", formula))  # array formulas are objects
            else:
                row.append(value)
        return row


def _check_size(part: zipfile.ZipInfo, name: str) -> None:
    if part.file_size > MAX_PART_BYTES:
        raise ToolError(f"{name}: {part.filename} has {part.file_size:,} bytes; the limit is {MAX_PART_BYTES:,} bytes")


def _merged_note(xml: bytes) -> str:
    merged = [ref.decode() for ref in _MERGED.findall(xml)]
    more = f" and {len(merged) - MAX_MERGED} more" if len(merged) > MAX_MERGED else ""
    return f"[merged cells: {', '.join(merged[:MAX_MERGED])}{more}]" if merged else ""
