"""read_chart_table on seeded matplotlib charts: four kinds in four styles and three sizes, with JPEG among them."""

import io
import random

import matplotlib as mpl
import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from journeyman.errors import ToolError
from tool_accuracy import Accuracy, Call

SEED = 20260905
CHARTS = 7
NEAR = 0.01
"""A value is right within one hundredth of the largest."""
STYLES = ("default", "ggplot", "seaborn-v0_8-whitegrid", "fivethirtyeight")
KINDS = ("bar", "grouped", "barh", "line")
WORDS = ("January", "May", "June", "North", "South", "Apples", "Pears", "Rent", "Food", "Travel", "Q1", "2019")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of the true cells that came back under their label, and of titles."""
    chance = random.Random(SEED)
    right = cells = titles = 0
    for number in range(CHARTS):
        kind, style = KINDS[number % len(KINDS)], STYLES[(number // 2) % len(STYLES)]
        labels = chance.sample(WORDS, chance.randint(3, 7))
        top = 10 ** chance.randint(1, 5)
        series = [
            [round(chance.uniform(0.05, 1) * top, 2) for _ in labels] for _ in range(2 if kind == "grouped" else 1)
        ]
        title = f"{chance.choice(('Sales', 'Costs', 'Visits'))} by {chance.choice(('region', 'item', 'month'))}"
        picture = _picture(kind, style, labels, series, title, chance)
        cells += len(labels) * len(series)
        try:
            table = call({"file_1.png": picture}, image="file_1.png").value
        except ToolError:
            continue
        titles += table["title"] == title
        read = {row[0]: row[1:] for row in table["rows"]}
        for place, values in enumerate(series):
            for label, value in zip(labels, values, strict=True):
                found = read.get(label, [])
                if len(found) == len(series) and found[place] is not None:
                    right += abs(found[place] - value) <= NEAR * max(map(max, series))
    return (
        Accuracy("cells within 1 % of the largest value, under their label", right / cells, cells, reach=0.9),
        Accuracy("titles read exactly", titles / CHARTS, CHARTS),
    )


def _picture(
    kind: str, style: str, labels: list[str], series: list[list[float]], title: str, chance: random.Random
) -> bytes:
    with mpl.rc_context(), matplotlib.style.context(style):
        figure = Figure(figsize=(6.4, 4.8), dpi=chance.choice((80, 100, 140)), layout="tight")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        places = range(len(labels))
        if kind == "barh":
            axes.barh(labels, series[0])
        elif kind == "line":
            axes.plot(labels, series[0], marker="o")
        elif kind == "bar":
            axes.bar(labels, series[0], color=f"C{chance.randrange(6)}")
        else:
            for shift, name, values in zip((-0.2, 0.2), ("Plan", "Real"), series, strict=True):
                axes.bar([place + shift for place in places], values, 0.4, label=name)
            axes.set_xticks(places, labels)
            axes.legend()
        axes.set_title(title)
        canvas.draw()
        drawn = Image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba())).convert("RGB")
    buffer = io.BytesIO()
    drawn.save(buffer, format=chance.choice(("PNG", "PNG", "JPEG")), quality=90)
    return buffer.getvalue()
