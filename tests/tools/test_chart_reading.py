"""read_chart_table against charts drawn here with known numbers, and against pictures that are no charts."""

import io

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from journeyman.errors import ToolError
from journeyman.tools._charts.axis import Text, axis_of, number_of
from tests.tools.folder import call
from tests.tools.samples import sample_files

LABELS = ["North", "South", "East", "West"]
PLAN, REAL = [12.0, 31.5, 24.0, 40.0], [18.0, 27.0, 35.5, 8.0]


def _chart(draw, path):
    with mpl.rc_context():
        mpl.rcdefaults()
        figure = Figure(figsize=(6.4, 4.8), layout="tight")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        draw(axes)
        canvas.print_png(path)


def _vertical(axes):
    axes.bar(LABELS, PLAN)
    axes.set_title("Yearly sales")


def _grouped(axes):
    axes.bar([n - 0.2 for n in range(4)], PLAN, 0.4, label="Plan")
    axes.bar([n + 0.2 for n in range(4)], REAL, 0.4, label="Real")
    axes.set_xticks(range(4), LABELS)
    axes.legend(loc="upper center")


def _stacked(axes):
    axes.bar(LABELS, PLAN, label="Plan")
    axes.bar(LABELS, REAL, bottom=PLAN, label="Real")
    axes.legend(loc="upper left")


def _horizontal(axes):
    axes.barh(LABELS[::-1], PLAN[::-1])


def _line(axes):
    axes.plot(LABELS, PLAN, marker="o")


@pytest.mark.parametrize(
    ("draw", "series"),
    [(_vertical, [PLAN]), (_grouped, [PLAN, REAL]), (_stacked, [PLAN, REAL]), (_horizontal, [PLAN]), (_line, [PLAN])],
)
def test_a_chart_gives_back_its_table(tmp_path, draw, series):
    _chart(draw, tmp_path / "file_1.png")
    table = call("read_chart_table", tmp_path, image="file_1.png")
    assert [row[0] for row in table["rows"]] == LABELS
    for place, values in enumerate(series, 1):
        assert [row[place] for row in table["rows"]] == pytest.approx(values, abs=0.4)
    assert all(len(row) == len(table["columns"]) for row in table["rows"])


def test_title_and_legend_are_read(tmp_path):
    _chart(_vertical, tmp_path / "file_1.png")
    assert call("read_chart_table", tmp_path, image="file_1.png")["title"] == "Yearly sales"
    _chart(_grouped, tmp_path / "file_2.png")
    assert call("read_chart_table", tmp_path, image="file_2.png")["columns"] == ["label", "Plan", "Real"]


def test_bars_that_hang_below_nought_are_negative(tmp_path):
    _chart(lambda axes: axes.bar(LABELS, [5, -3, 8, -6]), tmp_path / "file_1.png")
    rows = call("read_chart_table", tmp_path, image="file_1.png")["rows"]
    assert [row[1] for row in rows] == pytest.approx([5, -3, 8, -6], abs=0.2)


def test_what_plot_draws_it_reads(tmp_path):
    data = {"region": LABELS, "sales": PLAN}
    name = call("plot", tmp_path, kind="bar", data=data, title="Sales by region")
    table = call("read_chart_table", tmp_path, image=name)
    assert table["title"] == "Sales by region"
    assert [row[0] for row in table["rows"]] == LABELS
    assert [row[1] for row in table["rows"]] == pytest.approx(PLAN, abs=0.4)


def _pie(axes):
    axes.pie(PLAN, labels=LABELS)


def _scatter(axes):
    axes.scatter([1, 2, 3], [3, 1, 2])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_pie, "no axis"),
        (_scatter, "no bars and no line"),
        (sample_files()["file_1.png"], "no axis"),
        ("grey", "no axis"),
        (b"", "is empty"),
        (b"\x00" * 100, "not a picture"),
        ("tiny", "no axis"),
    ],
)
def test_what_is_no_chart_it_can_read_is_refused_in_words(tmp_path, data, words):
    if callable(data):
        _chart(data, tmp_path / "file_1.png")
    elif isinstance(data, str):
        picture = io.BytesIO()
        Image.new("RGB", (1, 1) if data == "tiny" else (3000, 40), "grey").save(picture, format="PNG")
        (tmp_path / "file_1.png").write_bytes(picture.getvalue())
    else:
        (tmp_path / "file_1.png").write_bytes(data)
    with pytest.raises(ToolError, match=words) as refusal:
        call("read_chart_table", tmp_path, image="file_1.png")
    assert "failed" not in str(refusal.value)


@pytest.mark.parametrize(
    ("words", "value"),
    [("1,200", 1200), ("\N{MINUS SIGN}5", -5), ("$3.5k", 3500), ("20 %", 20), ("2M", 2e6), ("20 -", 20), (".5", 0.5),
     ("May", None), ("1,2,3", None), ("nan", None), ("", None), ("9" * 40, None), ("12-05", None)],
)  # fmt: skip
def test_tick_labels_are_numbers_or_not(words, value):
    assert number_of(words) == value


def test_an_axis_is_fitted_over_a_misread_label():
    import numpy as np

    labels = [("0", 200), ("10", 150), ("28", 100), ("30", 50), ("40", 0)]
    texts = [Text(0, y, 20, y + 10, words) for words, y in labels]
    axis = axis_of(texts, np.full((300, 100, 3), 255, np.uint8))
    assert axis.value(105) == pytest.approx(20)
    assert len(axis.ticks) == 4
    assert axis_of(texts[:2], np.full((300, 100, 3), 255, np.uint8)) is None
