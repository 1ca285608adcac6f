"""Draw a chart of a table with matplotlib: the same table always gives the same picture."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._charts.columns import LONGEST_LABEL, Table, numbers, table_from_columns, table_from_file
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import png_bytes

if TYPE_CHECKING:
    from PIL import Image

Kind = Literal["bar", "line", "scatter", "pie", "histogram"]

INCHES = (7.2, 4.8)
DOTS_PER_INCH = 100
MOST_SERIES = 6
MOST_BARS = 60
MOST_SLICES = 20
MOST_LABELLED = 12
"""More labels than this below a chart are turned, so that they do not run into each other."""


class PlotArguments(Arguments):
    """What to draw: a table in a file, or columns given in the call."""

    kind: Kind = Field(description="kind of chart")
    x: str = Field(default="", description="column of labels or x values; empty: the first")
    y: str = Field(default="", description="columns of values, parted by commas; empty: all with numbers")
    file: str | None = file_argument("csv or xlsx", default=None)
    data: dict[str, list[str | float]] | None = Field(default=None, description="columns by name, instead of file")
    title: str = Field(default="", max_length=200, description="title above")


def run(arguments: PlotArguments, files: ToolFiles) -> ToolResult:
    """Write the chart as a new PNG of 720 x 480 pixels."""
    if (arguments.file is None) == (arguments.data is None):
        raise ToolError("give either file or data: plot('bar', file='file_1.csv') or plot('bar', data={'a': [1, 2]})")
    if arguments.file is not None:
        table = table_from_file(files, arguments.file)
    else:
        table = table_from_columns(arguments.data or {})
    name = files.write("chart.png", png_bytes(_drawn(arguments, table)))
    return ToolResult(value=name, images=(name,))


def _drawn(arguments: PlotArguments, table: Table) -> "Image.Image":
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    # A user's own matplotlibrc must not change the picture, and labels are not TeX.
    style: dict[Any, Any] = {
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "text.parse_math": False,
        "axes.unicode_minus": True,
    }
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(style)
        figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, layout="tight")
        canvas: Any = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        _CHARTS[arguments.kind](axes, arguments, table)
        if arguments.title:
            axes.set_title(_clean(arguments.title))
        canvas.draw()
        pixels = bytes(canvas.buffer_rgba())
        size = canvas.get_width_height()
    return Image.frombytes("RGBA", size, pixels).convert("RGB")


def _bar(axes: Any, arguments: PlotArguments, table: Table) -> None:
    x, series = _series(arguments, table)
    if len(table.rows) > MOST_BARS:
        raise ToolError(f"{len(table.rows)} bars do not fit; the limit is {MOST_BARS}: draw a line or fewer rows")
    width = 0.8 / len(series)
    for place, (name, values) in enumerate(series.items()):
        shift = (place - (len(series) - 1) / 2) * width
        axes.bar([n + shift for n in range(len(values))], values, width=width, label=_clean(name))
    _label_places(axes, table.column(x))
    _name_axes(axes, x, list(series))


def _line(axes: Any, arguments: PlotArguments, table: Table) -> None:
    x, series = _series(arguments, table)
    places: list[float] | None
    try:
        places = numbers(table, x)
    except ToolError:
        places = None  # words: one step each, in their order
    for name, values in series.items():
        axes.plot(places if places is not None else range(len(values)), values, marker="o", ms=4, label=_clean(name))
    if places is None:
        _label_places(axes, table.column(x))
    axes.grid(alpha=0.3)
    _name_axes(axes, x, list(series))


def _scatter(axes: Any, arguments: PlotArguments, table: Table) -> None:
    x, series = _series(arguments, table)
    places = numbers(table, x)
    for name, values in series.items():
        axes.scatter(places, values, s=18, label=_clean(name))
    axes.grid(alpha=0.3)
    _name_axes(axes, x, list(series))


def _pie(axes: Any, arguments: PlotArguments, table: Table) -> None:
    x, series = _series(arguments, table)
    name, values = next(iter(series.items()))
    if len(series) > 1 and arguments.y:
        raise ToolError(f"a pie shows one column, not {len(series)}: {', '.join(series)}")
    if min(values) < 0 or sum(values) <= 0:
        raise ToolError(f"a pie needs values of 0 or more that are not all 0; {name!r} has {min(values):g}")
    if len(values) > MOST_SLICES:
        raise ToolError(f"{len(values)} slices do not fit; the limit is {MOST_SLICES}")
    labels = [_clean(label) for label in table.column(x)]
    axes.pie(values, labels=labels, autopct="%.1f%%", startangle=90, counterclock=False)


def _histogram(axes: Any, arguments: PlotArguments, table: Table) -> None:
    name = arguments.x or arguments.y or next(iter(_numeric(table, "")), "")
    values = numbers(table, name)
    # Sturges' rule, without NumPy's choice between rules: equal data give equal bins in every version.
    axes.hist(values, bins=max(1, len(values).bit_length()), edgecolor="white")
    axes.set_xlabel(_clean(name))
    axes.set_ylabel("count")


_CHARTS = {"bar": _bar, "line": _line, "scatter": _scatter, "pie": _pie, "histogram": _histogram}


def _series(arguments: PlotArguments, table: Table) -> tuple[str, dict[str, list[float]]]:
    """The name of the x column, and the columns to draw over it."""
    x = table.named(arguments.x) if arguments.x else table.columns[0]
    if arguments.y in table.columns:  # a name may have a comma in it
        chosen = [arguments.y]
    else:
        chosen = [table.named(name.strip()) for name in arguments.y.split(",") if name.strip()]
    series = {name: numbers(table, name) for name in chosen} if chosen else _numeric(table, x)
    if not series:
        raise ToolError(f"no column but {x!r} has only numbers; the columns are: {', '.join(table.columns)}")
    if len(series) > MOST_SERIES:
        raise ToolError(f"{len(series)} columns are too many for one chart; name up to {MOST_SERIES} in y")
    return x, series


def _numeric(table: Table, but: str) -> dict[str, list[float]]:
    found = {}
    for name in table.columns:
        if name != but:
            try:
                found[name] = numbers(table, name)
            except ToolError:
                continue
    return found


def _label_places(axes: Any, labels: list[str]) -> None:
    step = max(1, -(-len(labels) // MOST_BARS))
    places = range(0, len(labels), step)
    crowded = len(places) > MOST_LABELLED or sum(len(labels[n]) for n in places) > 70
    axes.set_xticks(
        list(places), [_clean(labels[n]) for n in places],
        rotation=45 if crowded else 0, ha="right" if crowded else "center",
    )  # fmt: skip


def _name_axes(axes: Any, x: str, series: list[str]) -> None:
    axes.set_xlabel(_clean(x))
    if len(series) == 1:
        axes.set_ylabel(_clean(series[0]))
    else:
        axes.legend()


def _clean(text: str) -> str:
    """One line without control characters; a name that starts with ``_`` would vanish from the legend."""
    line = "".join(sign if sign.isprintable() else " " for sign in " ".join(text.split())).strip()
    line = line if len(line) <= LONGEST_LABEL else f"{line[:LONGEST_LABEL]}..."
    return f" {line}" if line.startswith("_") else line


TOOL = Tool(
    name="plot",
    version=1,
    summary="Draws a bar, line, scatter or pie chart or a histogram of a csv, xlsx or given columns (matplotlib).",
    description="Draw a chart of a table.",
    arguments=PlotArguments,
    returns="name of the picture",
    result=str,
    example={"kind": "bar", "x": "month", "y": "sales", "file": "file_1.csv"},
    run=run,
    media_in=("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    media_out=("image/png",),
    licence="PSF-2.0",
    # Matplotlib's settings are global to a process: one call at a time.
    heavy=True,
    missing=missing_packages("matplotlib", "openpyxl"),
    covers=(Covers("GTA", "Plot", "five kinds of chart from a table; no free Python"),),
)
