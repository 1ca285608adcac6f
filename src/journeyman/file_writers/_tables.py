"""Text and tables as specs hold them, for every writer that has either."""

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

LARGEST_INTEGER = 10**15 - 1
"""Spreadsheets keep 15 digits; a longer number silently loses its last ones there."""


class Spec(BaseModel):
    """Base of every writer's spec: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _printable(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs", "Cn"} and character not in "\n\t":
            raise ValueError(f"character {character!r} cannot be printed; leave it out")
    return text


def _exact(number: float) -> float:
    if abs(number) > LARGEST_INTEGER:  # also where a too long integer arrives, since strict floats take integers
        raise ValueError(f"{number!r} has more than 15 digits before the point; write it as text")
    if float(f"{number:.15g}") != number:
        raise ValueError(f"{number!r} has more than 15 digits; round it")
    return number


Text = Annotated[StrictStr, Field(max_length=10_000), AfterValidator(_printable)]
Title = Annotated[StrictStr, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Integer = Annotated[StrictInt, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
Number = Annotated[StrictFloat, Field(allow_inf_nan=False), AfterValidator(_exact)]
Cell = Annotated[StrictStr, Field(max_length=1000), AfterValidator(_printable)] | Integer | Number


class Table(Spec):
    """Named columns and rows of text and numbers."""

    columns: tuple[Title, ...] = Field(min_length=1, max_length=50)
    rows: tuple[tuple[Cell, ...], ...] = Field(max_length=5000)
    """Each as long as ``columns``."""

    @model_validator(mode="after")
    def _is_rectangular(self) -> "Table":
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("two columns have one name; rename one")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells, there are {len(self.columns)} columns")
        return self


def cell_text(cell: str | float) -> str:
    """The cell as every writer prints it: shortest exact number, ``3`` for 3.0."""
    return cell if isinstance(cell, str) else repr(cell).removesuffix(".0")


def table_facts(table: Table) -> tuple[str, ...]:
    """The header and each row, cells in order: a cell in a wrong row is missed too."""
    lines: list[tuple[Any, ...]] = [table.columns, *table.rows]
    return tuple(dict.fromkeys("\t".join(map(cell_text, line)) for line in lines))
