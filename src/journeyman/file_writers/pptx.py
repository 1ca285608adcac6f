"""Slides by python-pptx; read back from the package's XML."""

import io
from functools import partial

import pptx
from pptx.util import Inches
from pydantic import Field

from journeyman.file_reader import pptx_text
from journeyman.file_writer import FileWriter
from journeyman.file_writers._office import without_clock
from journeyman.file_writers._tables import Spec, Table, Text, Title, cell_text, table_facts

_TITLE_AND_CONTENT = 1
"""Index of the layout in python-pptx's default template."""


class Slide(Spec):
    """One slide: a title, bullets, and below them at most one table."""

    title: Title
    bullets: tuple[Text, ...] = Field(default=(), max_length=30)
    table: Table | None = None


class Slides(Spec):
    """A presentation."""

    slides: tuple[Slide, ...] = Field(min_length=1, max_length=100)


def _write(spec: Slides, mark: str) -> bytes:
    presentation = pptx.Presentation()
    presentation.core_properties.author = ""
    presentation.core_properties.title = spec.slides[0].title
    presentation.core_properties.keywords = mark
    for content in spec.slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[_TITLE_AND_CONTENT])
        slide.shapes.title.text = content.title
        body = slide.placeholders[1]
        body.text = "\n".join(content.bullets)
        if content.table:
            # the layout's body fills the slide; the table needs the lower half
            body.left, body.top, body.width, body.height = Inches(0.5), Inches(1.6), Inches(9), Inches(2.4)
            _add_table(slide, content.table)
    out = io.BytesIO()
    presentation.save(out)
    return without_clock(out.getvalue())


def _add_table(slide: pptx.slide.Slide, table: Table) -> None:
    lines = (table.columns, *table.rows)
    top, height = Inches(4.2), Inches(0.4 * len(lines))
    grid = slide.shapes.add_table(len(lines), len(table.columns), Inches(0.5), top, Inches(9), height).table
    for row, line in zip(grid.rows, lines, strict=True):
        for cell, value in zip(row.cells, line, strict=True):
            cell.text = cell_text(value)


def _facts(spec: Slides) -> tuple[str, ...]:
    return tuple(
        fact for s in spec.slides for fact in (s.title, *s.bullets, *(table_facts(s.table) if s.table else ()))
    )


WRITER = FileWriter(
    "pptx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pptx",
    Slides,
    _write,
    partial(pptx_text, name="the written pptx"),
    _facts,
)
