"""Rows as a Markdown table, the form in which every document reader gives a table."""

from collections.abc import Iterable, Sequence

MAX_ROWS = 500
MAX_COLUMNS = 50
MAX_CELL_CHARACTERS = 300


def markdown_table(rows: Iterable[Sequence[object]]) -> str:
    """The first row is the head; rows and columns over the limits are left out, and it says so.

    Empty rows are skipped: a sheet whose only style stands in its millionth row has two rows here.
    """
    filled = [[_cell(value) for value in row] for row in rows]
    filled = [row for row in filled if any(row)]
    if not filled:
        return ""
    width = max(len(row) - _trailing(row) for row in filled)
    shown = [(row + [""] * width)[: min(width, MAX_COLUMNS)] for row in filled[: MAX_ROWS + 1]]
    lines = [_line(shown[0]), _line(["---"] * len(shown[0])), *map(_line, shown[1:])]
    if len(filled) > MAX_ROWS + 1:
        lines.append(f"[{len(filled) - MAX_ROWS - 1} more rows not shown]")
    if width > MAX_COLUMNS:
        lines.append(f"[{width - MAX_COLUMNS} more columns not shown]")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= MAX_CELL_CHARACTERS else text[:MAX_CELL_CHARACTERS] + "..."


def _trailing(row: list[str]) -> int:
    count = 0
    while count < len(row) and not row[-1 - count]:
        count += 1
    return count


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
