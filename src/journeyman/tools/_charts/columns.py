"""Columns of a table for ``plot``: from a csv or xlsx as ``inspect_file`` reads it, or from the call itself."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.errors import ToolError
from journeyman.tool import ToolFiles
from journeyman.tools._documents.document import read_document

MOST_ROWS = 500
MOST_COLUMNS = 50
LONGEST_LABEL = 40
LARGEST = 1e15
"""Beyond it, neighbouring numbers of a float axis run together."""

_CELL = re.compile(r"(?<!\\)\|")
_MARKS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": None, "\N{EURO SIGN}": None,
                        "\N{POUND SIGN}": None, "$": None, "%": None, " ": None})  # fmt: skip
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][-+]?\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Table:
    """Texts in rows below named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        """The texts of one column, top to bottom."""
        place = self.columns.index(self.named(name))
        return [row[place] for row in self.rows]

    def named(self, name: str) -> str:
        """The column called ``name``, case aside; ToolError with the columns there are."""
        if name in self.columns:
            return name
        alike = [column for column in self.columns if column.casefold() == name.strip().casefold()]
        if len(alike) == 1:
            return alike[0]
        raise ToolError(f"no column {name[:LONGEST_LABEL]!r}; the columns are: {_listed(self.columns)}")


def table_from_file(files: ToolFiles, name: str) -> Table:
    """The first table of a csv or xlsx.

    Raises:
        ToolError: Not a table, without rows, or with over ``MOST_ROWS``.
    """
    document = read_document(files, name)
    if document.kind not in ("csv", "xlsx"):
        raise ToolError(f"{name} is {document.kind}, not a csv or xlsx")
    text = document.sections[0].text if document.sections else ""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    if re.search(r"^\[\d[\d,]* more (?:rows|columns)", text, re.MULTILINE):
        raise ToolError(f"{name} is too large for a chart; the limit is {MOST_ROWS} rows and {MOST_COLUMNS} columns")
    if len(lines) < 3:
        raise ToolError(f"{name} has no rows below its head; a chart needs a head and one row or more")
    cells = [[cell.strip().replace("\\|", "|") for cell in _CELL.split(line)[1:-1]] for line in lines]
    return _table(cells[0], cells[2:])


def table_from_columns(data: Mapping[str, Sequence[str | float]]) -> Table:
    """The columns of a call as a table.

    Raises:
        ToolError: None, of unequal length, empty, or over the limits.
    """
    lengths = {name: len(column) for name, column in data.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name[:LONGEST_LABEL]!r} has {length}" for name, length in list(lengths.items())[:8])
        raise ToolError(f"the columns must be equally long; {said}")
    rows = next(iter(lengths.values()), 0)
    if not rows:
        raise ToolError("data is empty; give columns such as {'month': ['May', 'June'], 'sales': [10, 14]}")
    if rows > MOST_ROWS or len(data) > MOST_COLUMNS:
        raise ToolError(f"data has {rows:,} rows and {len(data)} columns; the limit is {MOST_ROWS} and {MOST_COLUMNS}")
    texts = [[cell if isinstance(cell, str) else repr(cell) for cell in column] for column in data.values()]
    return _table(list(data), list(zip(*texts, strict=True)))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    columns: list[str] = []
    for number, name in enumerate(head, 1):
        plain = name or f"column {number}"
        columns.append(plain if plain not in columns else f"{plain} ({number})")
    return Table(tuple(columns), tuple(tuple(row) for row in rows))


def numbers(table: Table, name: str) -> list[float]:
    """The numbers of one column; currency signs, per cent and thousands marks are read over.

    Raises:
        ToolError: No such column, or a cell that is no number, with its row.
    """
    values = []
    for row, text in enumerate(table.column(name), 1):
        plain = text.translate(_MARKS)
        if not _NUMBER.fullmatch(plain) or not any(sign.isdigit() for sign in plain):
            raise ToolError(f"{text[:LONGEST_LABEL]!r} in row {row} of column {name!r} is not a number")
        value = float(plain.replace(",", ""))
        if not math.isfinite(value) or abs(value) > LARGEST:
            raise ToolError(f"{text[:LONGEST_LABEL]!r} in row {row} of column {name!r} is too large for a chart")
        values.append(value)
    return values


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(column[:LONGEST_LABEL] for column in columns[:20])
    return shown + (f" and {len(columns) - 20} more" if len(columns) > 20 else "")
