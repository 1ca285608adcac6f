"""plot: what it draws holds the numbers, the same call gives the same bytes, and no table breaks it."""

import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from journeyman.errors import ToolError
from journeyman.tools._charts.columns import numbers, table_from_columns
from tests.tools.folder import call

TABLE = b"month,sales,cost\nMay,10,4\nJune,14,5\nJuly,9,7\n"


def _bar_heights(picture, colour):
    """Heights in pixels of the filled columns of ``colour``, left to right."""
    pixels = picture.load()
    heights, inside = [], False
    for x in range(picture.width):
        height = sum(pixels[x, y] == colour for y in range(picture.height))
        if height > 5 and not inside:
            heights.append(height)
        inside = height > 5
    return heights


def _drawn(tmp_path, **arguments):
    name = call("plot", tmp_path, **arguments)
    return Image.open(io.BytesIO((tmp_path / name).read_bytes()))


def test_bars_are_as_high_as_their_values(tmp_path):
    (tmp_path / "file_1.csv").write_bytes(TABLE)
    heights = _bar_heights(_drawn(tmp_path, kind="bar", y="sales", file="file_1.csv"), (31, 119, 180))
    assert [height / heights[0] for height in heights] == pytest.approx([1, 1.4, 0.9], abs=0.02)


def test_a_workbook_draws_the_same_picture_as_the_csv_and_as_the_columns(tmp_path):
    book = openpyxl.Workbook()
    for line in TABLE.decode().splitlines():
        book.active.append([int(cell) if cell.isdigit() else cell for cell in line.split(",")])
    book.save(tmp_path / "file_1.xlsx")
    (tmp_path / "file_1.csv").write_bytes(TABLE)
    data = {"month": ["May", "June", "July"], "sales": [10, 14, 9], "cost": [4, 5, 7]}
    pictures = set()
    for given_as in ({"file": "file_1.csv"}, {"file": "file_1.xlsx"}, {"data": data}, {"data": data}):
        name = call("plot", tmp_path, kind="line", title="Sales", **given_as)
        pictures.add((tmp_path / name).read_bytes())
        (tmp_path / name).unlink()
    assert len(pictures) == 1


@pytest.mark.parametrize("kind", ["bar", "line", "scatter", "pie", "histogram"])
def test_every_kind_draws_something_on_white(tmp_path, kind):
    picture = _drawn(tmp_path, kind=kind, data={"a": [1, 2, 3, 4.5], "b": [3, 1, 2, 3]})
    assert picture.size == (720, 480)
    assert len(picture.getcolors(100_000)) > 20
    assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_cells_are_read_as_people_write_numbers():
    table = table_from_columns({"a": ["1,234.5", "$3", "5 %", "\N{MINUS SIGN}2", "1e3", ".5", 7]})
    assert numbers(table, "a") == [1234.5, 3, 5, -2, 1000, 0.5, 7]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "bar"}, "either file or data"),
        ({"kind": "bar", "file": "file_1.csv", "data": {"a": [1]}}, "either file or data"),
        ({"kind": "bar", "file": "file_1.csv", "y": "price"}, "no column 'price'; the columns are: month, sales, cost"),
        ({"kind": "bar", "file": "file_1.csv", "y": "month"}, "'May' in row 1 of column 'month' is not a number"),
        ({"kind": "scatter", "file": "file_1.csv", "x": "month"}, "not a number"),
        ({"kind": "pie", "data": {"a": ["x"], "b": [-1]}}, "0 or more"),
        ({"kind": "pie", "data": {"a": ["x"], "b": [0]}}, "0 or more"),
        ({"kind": "pie", "file": "file_1.csv", "y": "sales, cost"}, "one column"),
        ({"kind": "bar", "data": {}}, "data is empty"),
        ({"kind": "bar", "data": {"a": []}}, "data is empty"),
        ({"kind": "bar", "data": {"a": [1], "b": [1, 2]}}, "equally long"),
        ({"kind": "bar", "data": {"a": [1] * 61, "b": [1] * 61}}, "61 bars"),
        ({"kind": "line", "data": {"a": [1] * 501}}, "the limit is 500"),
        ({"kind": "line", "data": {"a": ["x"], "b": ["nan"]}}, "only numbers"),
        ({"kind": "line", "data": {"a": ["x"], "b": ["nan"]}, "y": "b"}, "not a number"),
        ({"kind": "line", "data": {"a": ["x"], "b": [float("inf")]}, "y": "b"}, "not a number"),
        ({"kind": "line", "data": {"a": ["x"], "b": ["=1+1"]}, "y": "b"}, "'=1\\+1' in row 1"),
        ({"kind": "line", "data": {"a": ["x"], "b": ["1" * 1_000_000]}, "y": "b"}, "too large"),
        ({"kind": "line", "data": {"a": ["x"], "b": [1e300]}, "y": "b"}, "too large"),
        ({"kind": "line", "data": {f"c{n}": [1] for n in range(8)}}, "too many"),
        ({"kind": "bar", "file": "file_1.txt"}, "is text, not a csv or xlsx"),
        ({"kind": "bar", "file": "head.csv"}, "no rows"),
        ({"kind": "bar", "file": "long.csv"}, "too large for a chart"),
        ({"kind": "bar", "file": "empty.csv"}, "is empty"),
        ({"kind": "bar", "file": "nul.csv"}, "NUL"),
        ({"kind": "bar", "data": {"a": [1]}, "title": "x" * 1_000_000}, "title"),
        ({"kind": "radar", "data": {"a": [1]}}, "kind"),
    ],
)
def test_what_is_no_chart_is_refused_in_words(tmp_path, arguments, words):
    (tmp_path / "file_1.csv").write_bytes(TABLE)
    (tmp_path / "file_1.txt").write_bytes(b"hello")
    (tmp_path / "head.csv").write_bytes(b"a,b\n")
    (tmp_path / "long.csv").write_bytes(b"a,b\n" + b"x,1\n" * 700)
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "nul.csv").write_bytes(b"a,b\n\x00,1\n")
    with pytest.raises(ToolError, match=words) as refusal:
        call("plot", tmp_path, **arguments)
    assert "failed" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


LABELS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(LABELS, st.floats(-1e15, 1e15)), min_size=1, max_size=8),
    st.sampled_from(["bar", "line", "histogram"]),
    LABELS,
)
def test_any_labels_and_numbers_draw(tmp_path_factory, rows, kind, title):
    data = {"x": [label for label, _ in rows], "y": [value for _, value in rows]}
    picture = _drawn(tmp_path_factory.mktemp("plot"), kind=kind, y="y", x="y" if kind == "histogram" else "x",
                     data=data, title=title)  # fmt: skip
    assert picture.size == (720, 480)
