"""How much of a rendered document ``inspect_file`` gives back: words in their order, and rows of tables."""

import difflib
import io
import json
import random
import zipfile
from collections.abc import Callable

from tool_accuracy import Accuracy, Call

SEED = 17
DOCUMENTS = 6
"""Of each kind."""
REACH = 0.98
_HARD = "columns.pdf"
_WORDS = (
    "harbour", "ticket", "river", "museum", "council", "railway", "bridge", "market", "winter", "summer", "budget",
    "engine", "garden", "letter", "window", "teacher", "station", "mountain", "copper", "silver", "paper", "ledger",
    "cargo", "signal", "captain", "island", "village", "forest", "meadow", "tower",
)  # fmt: skip
Table = list[list[str]]


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Words and table rows of pdf, docx, xlsx, pptx, csv, html, json, xml and zip files."""
    rng = random.Random(SEED)
    words: dict[str, list[float]] = {}
    rows: dict[str, list[float]] = {}
    for kind, write in _WRITERS.items():
        for _ in range(DOCUMENTS):
            prose = [rng.choice(_WORDS) for _ in range(rng.randint(40, 80))]
            table = [["item", "count", "price"]]
            table += [
                [rng.choice(_WORDS), str(rng.randint(1, 999)), f"{rng.randint(100, 9999) / 100:.2f}"] for _ in range(8)
            ]
            name, page = f"file_1.{kind}", "notes/a.txt" if kind == "zip" else None
            text = str(call({name: write(prose, table)}, file=name, page=page).value)
            words.setdefault(kind, []).append(_share_in_order(prose, text))
            if kind in _TABLES:
                rows.setdefault(kind, []).append(sum(f"| {' | '.join(row)} |" in text for row in table) / len(table))
    figures = [
        Accuracy(f"words in order, {kind}", _mean(shares), len(shares), reach=None if kind == _HARD else REACH)
        for kind, shares in words.items()
    ]
    figures += [Accuracy(f"table rows whole, {kind}", _mean(s), len(s), reach=REACH) for kind, s in rows.items()]
    return tuple(figures)


def _share_in_order(prose: list[str], text: str) -> float:
    found = "".join(c if c.isalpha() else " " for c in text).split()
    blocks = difflib.SequenceMatcher(None, prose, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(prose)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _pdf(prose: list[str], table: Table) -> bytes:
    from reportlab.lib import colors
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate
    from reportlab.platypus import Table as Grid

    out = io.BytesIO()
    grid = Grid(table, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])
    SimpleDocTemplate(out, invariant=1).build([Paragraph(" ".join(prose), getSampleStyleSheet()["Normal"]), grid])
    return out.getvalue()


def _two_column_pdf(prose: list[str], _table: Table) -> bytes:
    """Left column first, as a person reads it; its lines are drawn row by row, as some programs do."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    lines = [" ".join(prose[start : start + 3]) for start in range(0, len(prose), 3)]
    half = (len(lines) + 1) // 2
    for row in range(half):
        canvas.drawString(72, 760 - 16 * row, lines[row])
        if half + row < len(lines):
            canvas.drawString(320, 760 - 16 * row, lines[half + row])
    canvas.save()
    return out.getvalue()


def _docx(prose: list[str], table: Table) -> bytes:
    import docx

    document = docx.Document()
    document.add_paragraph(" ".join(prose))
    grid = document.add_table(len(table), 3)
    for cell, text in zip((c for row in grid.rows for c in row.cells), (t for row in table for t in row), strict=True):
        cell.text = text
    return _saved(document.save)


def _xlsx(prose: list[str], table: Table) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in table:
        book.active.append(row)
    for word in prose:
        book.active.append([word])
    return _saved(book.save)


def _pptx(prose: list[str], table: Table) -> bytes:
    import pptx
    from pptx.util import Inches

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = " ".join(prose[:5])
    slide.notes_slide.notes_text_frame.text = " ".join(prose[5:])
    grid = slide.shapes.add_table(len(table), 3, Inches(1), Inches(2), Inches(6), Inches(3)).table
    for number, row in enumerate(table):
        for column, text in enumerate(row):
            grid.cell(number, column).text = text
    return _saved(deck.save)


def _csv(prose: list[str], table: Table) -> bytes:
    return "\n".join([*(";".join(row) for row in table), *(f"{word};;" for word in prose)]).encode("cp1252")


def _html(prose: list[str], table: Table) -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{text}' for text in row)}" for row in table)
    page = (
        f"<!doctype html><script>let x</script><p>{' '.join(prose[:20])}<p>{' '.join(prose[20:])}<table>{rows}</table>"
    )
    return page.encode()


def _json(prose: list[str], _table: Table) -> bytes:
    return json.dumps({"rows": prose}).encode()


def _xml(prose: list[str], _table: Table) -> bytes:
    items = "".join(f'<i n="{number}">{word}</i>' for number, word in enumerate(prose))
    return f'<?xml version="1.0"?><list>{items}</list>'.encode()


def _zip(prose: list[str], _table: Table) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("notes/a.txt"), " ".join(prose))
    return out.getvalue()


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


_WRITERS: dict[str, Callable[[list[str], Table], bytes]] = {
    "pdf": _pdf, _HARD: _two_column_pdf, "docx": _docx, "xlsx": _xlsx, "pptx": _pptx, "csv": _csv,
    "html": _html, "json": _json, "xml": _xml, "zip": _zip,
}  # fmt: skip
_TABLES = frozenset({"pdf", "docx", "xlsx", "pptx", "csv", "html"})
