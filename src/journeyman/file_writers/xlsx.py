"""Workbook by openpyxl; read back from the package's XML."""

import io
from collections.abc import Iterable
from typing import Annotated
from xml.etree import ElementTree as ET

import openpyxl
from openpyxl.cell import Cell as SheetCell
from pydantic import Field, model_validator

from journeyman.file_reader import office_parts
from journeyman.file_writer import FileWriter
from journeyman.file_writers._office import without_clock
from journeyman.file_writers._tables import Spec, Table, Title, cell_text, table_facts

_NAME = "the written xlsx"
_FORBIDDEN = set("[]:*?/\\\n\t")


SheetName = Annotated[Title, Field(max_length=31)]


class Sheet(Table):
    """One sheet: its name, and the table on it."""

    name: SheetName


class Workbook(Spec):
    """Sheets with names that differ by more than case."""

    sheets: tuple[Sheet, ...] = Field(min_length=1, max_length=30)

    @model_validator(mode="after")
    def _excel_takes_the_names(self) -> "Workbook":
        names = [s.name for s in self.sheets]
        if len({n.lower() for n in names}) < len(names):
            raise ValueError("two sheets have one name; rename one")
        for name in names:
            if _FORBIDDEN & set(name) or name.startswith("'") or name.endswith("'"):
                raise ValueError(f"sheet name {name!r} has a character Excel refuses; leave it out")
        return self


def _write(spec: Workbook, mark: str) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.creator = ""
    book.properties.keywords = mark
    for sheet in spec.sheets:
        page = book.create_sheet(sheet.name)
        for row, line in enumerate((sheet.columns, *sheet.rows), start=1):
            for column, value in enumerate(line, start=1):
                _fill(page.cell(row, column), value)
    out = io.BytesIO()
    book.save(out)
    return without_clock(out.getvalue())


def _fill(cell: SheetCell, value: str | float) -> None:
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # else "=1+1" becomes a formula, and "#N/A" an error


def _reopen(data: bytes) -> str:
    shared: list[str] = []
    if b"xl/sharedStrings.xml" in data:
        (strings,) = office_parts(data, _NAME, r"xl/sharedStrings\.xml")
        shared = ["".join(_texts(item)) for item in strings]
    (workbook,) = office_parts(data, _NAME, r"xl/workbook\.xml")
    lines = [e.attrib["name"] for e in workbook.iter() if e.tag.endswith("}sheet")]
    for sheet in office_parts(data, _NAME, r"xl/worksheets/sheet\d+\.xml"):
        rows = (e for e in sheet.iter() if e.tag.endswith("}row"))
        lines += ["\t".join(_value(cell, shared) for cell in row) for row in rows]
    return "\n".join(lines)


def _texts(element: ET.Element) -> Iterable[str]:
    return (e.text or "" for e in element.iter() if e.tag.endswith("}t"))


def _value(cell: ET.Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(_texts(cell))
    value = next((e.text or "" for e in cell if e.tag.endswith("}v")), "")
    if cell.get("t") == "s":
        return shared[int(value)]
    return cell_text(float(value)) if value else ""


def _facts(spec: Workbook) -> tuple[str, ...]:
    return tuple(fact for s in spec.sheets for fact in (s.name, *table_facts(s)))


WRITER = FileWriter(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
    Workbook,
    _write,
    _reopen,
    _facts,
)
