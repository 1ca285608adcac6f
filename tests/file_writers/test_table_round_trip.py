import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.errors import SchemaError
from journeyman.file_reader import inspect
from journeyman.file_writer import write_file
from journeyman.file_writers._tables import LARGEST_INTEGER, cell_text
from journeyman.schema.query import FileSpec

# letters of several scripts, quotes, delimiters, formula starts; blanks inside only, since readers trim differently
TEXTS = st.text(st.sampled_from("abcXYZ059 ,;\"'=+-@#/<>&éßЖ日_."), max_size=12).map(lambda t: f"t{t}t")
NUMBERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | st.decimals(-(10**6), 10**6, places=3).map(float)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list]:
    columns = draw(st.lists(TEXTS, min_size=2, max_size=5, unique=True))
    row = st.lists(TEXTS | NUMBERS, min_size=len(columns), max_size=len(columns))
    return {"columns": columns, "rows": draw(st.lists(row, min_size=1, max_size=6))}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_an_xlsx_table_reads_back_as_it_was_specified(table):
    facts = inspect(written("xlsx", {"sheets": [{"name": "Data", **table}]}), "file_1.xlsx")
    assert facts.columns == tuple(table["columns"])
    assert facts.rows == tuple(tuple(table_row) for table_row in table["rows"])


@settings(max_examples=60, deadline=None)
@given(tables())
def test_a_csv_table_reads_back_as_it_was_specified(table):
    facts = inspect(written("csv", table), "file_1.csv")
    assert facts.columns == tuple(table["columns"])
    assert facts.rows == tuple(tuple(table_row) for table_row in table["rows"])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (10**15, "less than or equal to"),
        (0.1 + 0.2, "more than 15 digits"),
        (True, "valid"),
        (None, "valid"),
        ("bell\x07", "cannot be printed"),
    ],
    ids=["sixteen digits", "rounding noise", "bool", "null", "control character"],
)
def test_a_cell_that_some_reader_would_change_is_refused(cell, reason):
    with pytest.raises(SchemaError, match=reason):
        written("csv", {"columns": ["a"], "rows": [[cell]]})


@pytest.mark.parametrize(
    "table",
    [{"columns": ["a", "b"], "rows": [[1]]}, {"columns": ["a", "a"], "rows": [[1, 2]]}, {"columns": [], "rows": []}],
    ids=["short row", "equal names", "no column"],
)
def test_a_crooked_table_is_refused(table):
    with pytest.raises(SchemaError):
        written("csv", table)


@pytest.mark.parametrize("names", [["a", "A"], ["a/b"], ["'quoted'"], ["x" * 32]])
def test_sheet_names_that_excel_refuses_are_refused(names):
    with pytest.raises(SchemaError):
        written("xlsx", {"sheets": [{"name": n, "columns": ["a"], "rows": [[1]]} for n in names]})


def test_a_whole_float_is_printed_as_a_whole_number():
    assert [cell_text(c) for c in (3.0, 3, -0.5, 1e-07, "3.0")] == ["3", "3", "-0.5", "1e-07", "3.0"]


def written(writer: str, content: dict) -> bytes:
    return write_file(FileSpec(name=f"file_1.{writer}", writer=writer, spec_json=json.dumps(content)))
