"""Read the table behind a chart: bars or lines of a picture against the numbers along its axis."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PIL import Image
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._charts.axis import Axis, Text, axis_of, number_of
from journeyman.tools._charts.marks import Bar, bars_of, line_of, masks_of, standing
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import read_picture

if TYPE_CHECKING:
    import numpy as np

LONG_SIDE = 1400
"""OCR and measuring work on this size, or on twice the picture's: tick labels of 10 px are too small for OCR."""
MOST_ENLARGED = 2.0
LEAST_AREA = 0.005
"""Share of the picture that bars take together; less is a spine, a grid line or a letter."""
BLEND = 25
"""Distance in a channel within which a colour counts as a mixture of two."""
LEGEND_REACH = 3.0
"""A legend's text starts within so many text heights of its swatch."""


class ChartTable(TypedDict):
    """What a chart shows."""

    title: str
    """Empty when there is none."""
    columns: list[str]
    rows: list[list[str | float | None]]
    """A label, then a number for each series; null where no mark was found."""


class ReadChartTableArguments(Arguments):
    """What to read."""

    image: str = file_argument("picture of a bar or line chart")


def run(arguments: ReadChartTableArguments, files: ToolFiles) -> ToolResult:
    """The table, from upright bars, lying bars or lines, whichever the picture has."""
    import numpy as np

    picture = read_picture(files, arguments.image)
    scale = min(MOST_ENLARGED, LONG_SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    pixels = np.asarray(picture.resize(size, Image.Resampling.BICUBIC if scale < 1 else Image.Resampling.LANCZOS))
    texts = _texts(pixels)
    # A lying chart turned to the left is a standing one.
    turned = [
        Text(text.top, size[0] - text.right, text.bottom, size[0] - text.left, text.words) for text in texts
    ]  # fmt: skip
    upright = axis_of(texts, pixels)
    lying = axis_of(turned, np.rot90(pixels))
    if upright is None and lying is None:
        raise ToolError(f"{arguments.image}: {_not_found(None)}")
    masks = masks_of(pixels)
    table = _bar_table(upright, masks, texts, lies=False) if upright is not None else None
    if table is None and lying is not None:
        table = _bar_table(lying, [np.rot90(mask) for mask in masks], turned, lies=True)
    if table is None and upright is not None:
        table = _line_table(upright, pixels, masks, texts)
    if table is None:
        raise ToolError(f"{arguments.image}: {_not_found(upright or lying)}")
    table["title"] = _title(texts, size)
    return ToolResult(value=table)


def _not_found(axis: Axis | None) -> str:
    if axis is None:
        return "no axis with three or more numbers at even steps was found; bar and line charts with one can be read"
    return "no bars and no line over labels were found beside the axis; pies, areas and scatter charts cannot be read"


def _texts(pixels: "np.ndarray[Any, Any]") -> list[Text]:
    import numpy as np

    from journeyman.tools.ocr import _engine

    found = _engine()(np.ascontiguousarray(pixels[:, :, ::-1]))
    if found.txts is None:
        return []
    texts = []
    for corners, words in zip(found.boxes, found.txts, strict=True):
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        if words.strip():
            texts.append(Text(float(left), float(top), float(right), float(bottom), words.strip()))
    return texts


def _bar_table(
    axis: Axis, masks: "Sequence[np.ndarray[Any, Any]]", texts: Sequence[Text], *, lies: bool
) -> ChartTable | None:
    """From bars that stand on a line; None when there are none."""
    every = bars_of(masks)
    inside = [
        bar for bar in every if not any(bar.left < t.x < bar.right and bar.top < t.y < bar.bottom for t in axis.ticks)
    ]
    bars, line = standing(inside)
    colours = list(dict.fromkeys(bar.colour for bar in bars))
    area = sum(bar.area for bar in bars)
    if not masks or area < LEAST_AREA * masks[0].size:
        return None
    # Each colour once is one series whose bars are painted each its own way.
    single = len(colours) == 1 or len(bars) == len(colours)
    groups = _groups(bars, axis, texts, line)
    names = [""] if single else _legend([bar for bar in every if bar not in bars], colours, texts, lies=lies)
    rows: list[list[str | float | None]] = []
    for label, members in groups:
        row: list[str | float | None] = [label]
        for colour in [None] if single else colours:
            mine = [bar for bar in members if colour is None or bar.colour == colour]
            row.append(_bar_value(mine[0], axis, line) if mine else None)
        rows.append(row)
    series = [name or (f"series {n}" if len(names) > 1 else "value") for n, name in enumerate(names, 1)]
    return ChartTable(title="", columns=["label", *series], rows=rows)


def _bar_value(bar: Bar, axis: Axis, line: float) -> float:
    if abs(bar.bottom - line) <= 2:
        value = axis.value(bar.top)
    elif abs(bar.top - line) <= 2:
        value = axis.value(bar.bottom)
    else:  # stacked on another
        value = axis.value(bar.top) - axis.value(bar.bottom)
    return _rounded(value, axis)


def _rounded(value: float, axis: Axis) -> float:
    """To the digits that a pixel can tell."""
    digits = -math.floor(math.log10(abs(axis.slope)))
    return round(value, digits) + 0.0


def _groups(bars: Sequence[Bar], axis: Axis, texts: Sequence[Text], line: float) -> list[tuple[str, list[Bar]]]:
    """Bars under their labels, left to right."""
    labels = _labels(bars, axis, texts, line)
    columns: list[list[Bar]] = []
    for bar in bars:  # stacked bars stand in one column
        if columns and abs(bar.left - columns[-1][0].left) <= 2:
            columns[-1].append(bar)
        else:
            columns.append([bar])
    if len(labels) >= 2:
        groups: list[list[Bar]] = [[] for _ in labels]
        for column in columns:
            nearest = min(range(len(labels)), key=lambda n: abs(labels[n].x - column[0].x))
            groups[nearest] += column
        if all(groups) or len(columns) < len(labels):
            return [(label.words, group) for label, group in zip(labels, groups, strict=True)]
    return [(f"bar {n}", column) for n, column in enumerate(columns, 1)]


def _labels(bars: Sequence[Bar], axis: Axis, texts: Sequence[Text], line: float) -> list[Text]:
    """The first row of print below the bars, its lines parted where they span several bars."""
    foot = max(line, *(bar.bottom for bar in bars)) - 2
    below = [
        text for text in texts
        if text.top >= foot - 0.3 * text.height and text not in axis.ticks
        and text.right > bars[0].left - bars[0].width and text.left < bars[-1].right + bars[-1].width
    ]  # fmt: skip
    if not below:
        return []
    first = min(text.top for text in below)
    row = [text for text in below if text.top - first < 0.7 * min(text.height, 60)]
    return sorted((part for text in row for part in _parted(text, bars)), key=lambda text: text.x)


def _parted(text: Text, bars: Sequence[Bar]) -> list[Text]:
    """OCR takes neighbouring labels for one line when they stand close: a word each, then."""
    words = text.words.split()
    spanned = sorted({bar.left: bar.x for bar in bars if text.left <= bar.x <= text.right}.values())
    if len(words) < 2 or len(spanned) != len(words):
        return [text]
    half = (text.right - text.left) / len(words) / 2
    return [replace(text, left=x - half, right=x + half, words=word) for x, word in zip(spanned, words, strict=True)]


def _legend(others: Sequence[Bar], colours: Sequence[int], texts: Sequence[Text], *, lies: bool) -> list[str]:
    """For each colour the text beside its swatch, or nothing."""
    names = []
    for colour in colours:
        found = ""
        for swatch in others:
            if swatch.colour == colour:
                middle = (swatch.top + swatch.bottom) / 2
                if lies:  # turned: print that was right of the swatch is now above it
                    near = [t for t in texts if t.left - 4 <= swatch.x <= t.right + 4
                            and -4 <= swatch.top - t.bottom < LEGEND_REACH * (t.right - t.left)]  # fmt: skip
                else:
                    near = [t for t in texts if abs(t.y - middle) < 0.6 * t.height
                            and -4 <= t.left - swatch.right < LEGEND_REACH * t.height]  # fmt: skip
                found = near[0].words if near else found
        names.append(found)
    return names


def _line_table(
    axis: Axis, pixels: "np.ndarray[Any, Any]", masks: "Sequence[np.ndarray[Any, Any]]", texts: Sequence[Text]
) -> ChartTable | None:
    """From lines, at the labels below the plot; None when there is no line."""
    import numpy as np

    right_of = max(tick.right for tick in axis.ticks)
    foot = max(tick.bottom for tick in axis.ticks)
    labels = _line_labels(axis, texts, right_of, foot)
    if len(labels) < 2:
        return None
    left, right = int(right_of), min(pixels.shape[1], int(labels[-1].right) + 1)
    ground = np.median(pixels[int(axis.ticks[0].y) :, left:right].reshape(-1, 3), axis=0)
    lines: list[tuple[int, np.ndarray[Any, Any]]] = []
    colours: list[np.ndarray[Any, Any]] = []
    for n, mask in enumerate(masks):
        colour = np.median(pixels[mask], axis=0)
        heights = line_of(mask, left, right)
        if heights is not None and not any(_is_blend(colour, other, ground) for other in colours):
            lines.append((n, heights))
            colours.append(colour)
    if not lines:
        return None
    names = _line_names(texts, masks, [n for n, _ in lines])
    rows: list[list[str | float | None]] = [
        [label.words, *(_line_value(heights, label.x, axis) for _, heights in lines)] for label in labels
    ]
    series = [name or (f"series {n}" if len(names) > 1 else "value") for n, name in enumerate(names, 1)]
    return ChartTable(title="", columns=["label", *series], rows=rows)


def _is_blend(colour: "np.ndarray[Any, Any]", line: "np.ndarray[Any, Any]", ground: "np.ndarray[Any, Any]") -> bool:
    """Whether ``colour`` lies between those of a line and of the ground, as a line's blurred edge does."""
    import numpy as np

    way = line - ground
    share = float(np.clip((colour - ground) @ way / max(float(way @ way), 1.0), 0, 1))
    return float(np.abs(ground + share * way - colour).max()) < BLEND


def _line_labels(axis: Axis, texts: Sequence[Text], right_of: float, foot: float) -> list[Text]:
    below = [t for t in texts if t.y > foot - 0.5 * t.height and t.x > right_of and t not in axis.ticks]
    if not below:
        return []
    first = min(text.top for text in below)
    return sorted((t for t in below if t.top - first < 0.7 * t.height), key=lambda text: text.x)


def _line_value(heights: "np.ndarray[Any, Any]", x: float, axis: Axis) -> float | None:
    import numpy as np

    near = heights[max(0, round(x) - 2) : round(x) + 2]
    near = near[~np.isnan(near)]
    return _rounded(axis.value(float(np.median(near))), axis) if near.size else None


def _line_names(texts: Sequence[Text], masks: "Sequence[np.ndarray[Any, Any]]", lines: Sequence[int]) -> list[str]:
    """For each line the print that has a dash of its colour close to its left."""
    names = []
    for n in lines:
        found = ""
        for text in texts:
            top, bottom = round(text.y - 0.2 * text.height), round(text.y + 0.2 * text.height) + 1
            left, right = max(0, round(text.left - 3 * text.height)), max(1, round(text.left))
            strip = masks[n][max(0, top) : bottom, left:right]
            if number_of(text.words) is None and strip.any(axis=0).mean() > 0.5:
                found = text.words
        names.append(found)
    return names


def _title(texts: Sequence[Text], size: tuple[int, int]) -> str:
    """The highest print when it stands in the upper fifth, near the middle."""
    upper = [t for t in texts if t.bottom < 0.2 * size[1] and abs(t.x - size[0] / 2) < 0.25 * size[0]]
    upper = [t for t in upper if number_of(t.words) is None]
    return min(upper, key=lambda text: text.top).words if upper else ""


TOOL = Tool(
    name="read_chart_table",
    version=1,
    summary="Reads bar and line charts back: tick labels by OCR (rapidocr), marks by colour (scikit-image).",
    description="Read the table behind a chart.",
    arguments=ReadChartTableArguments,
    returns="title, columns, rows",
    result=ChartTable,
    example={"image": "file_3.png"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    missing=missing_packages("rapidocr", "onnxruntime", "skimage"),
)
