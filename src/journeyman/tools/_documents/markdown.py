"""Rows as a Markdown table, the form in which every document reader gives a table."""

import datetime as dt
from collections.abc import Iterable, Sequence

MAX_ROWS = 500
MAX_COLUMNS = 50
MAX_CELL_CHARACTERS = 300


def markdown_table(rows: Iterable[Sequence[object]]) -> str:
    """The first row is the head; rows and columns over the limits are left out, and it says so.

    Empty rows are skipped: a sheet whose only style stands in its millionth row has two rows here.
    Rows are taken one by one, and those that are not shown are counted, not kept.
    """
    shown: list[list[str]] = []
    width = hidden = 0
    for row in rows:
        filled = len(row) - _trailing(row)
        if not filled:
            continue
        width = max(width, filled)
        if len(shown) > MAX_ROWS:
            hidden += 1
        else:
            shown.append([_cell(value) for value in row[: min(filled, MAX_COLUMNS)]])
    if not shown:
        return ""
    columns = min(width, MAX_COLUMNS)
    lines = [_line([*row, *[""] * (columns - len(row))]) for row in shown]
    lines.insert(1, _line(["---"] * columns))
    if hidden:
        lines.append(f"[{hidden} more rows not shown]")
    if width > MAX_COLUMNS:
        lines.append(f"[{width - MAX_COLUMNS} more columns not shown]")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{value:.15g}"
    elif isinstance(value, dt.datetime) and value.time() == dt.time():
        text = str(value.date())  # how a sheet stores a date
    else:
        text = str(value)
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= MAX_CELL_CHARACTERS else text[:MAX_CELL_CHARACTERS] + "..."


def _trailing(row: Sequence[object]) -> int:
    count = 0
    while count < len(row) and _is_empty(row[-1 - count]):
        count += 1
    return count


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and (not value or value.isspace()))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
