"""Drawings of a run as self-contained SVG text: the loss, and figures as dots with their intervals."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from journeyman.evaluation.comparison import Comparison, Result
from journeyman.report import figures

_COLOURS: Mapping[str, str] = {
    "tuned": "#1f9d6b",
    "untuned": "#8a94a6",
    "blind": "#c7843a",
    "text_only": "#a8762f",
    "teacher": "#2a9fb5",
    "oracle": "#3b82d6",
    "blind_bound": "#5f8f8a",
    "tfidf": "#9a62a8",
    "format_only": "#7a6fc2",
    "chance": "#b0607f",
}
_OTHER_COLOURS = ("#1f9d6b", "#8a94a6", "#d9772b", "#3b82d6", "#7a6fc2", "#b0607f")
# Mid tones: legible on a white and on a black page, since a picture in Prefect's UI cannot ask which.
_INK, _GRID, _LINE, _SECOND_LINE = "#7d8797", "#7d879740", "#3b82d6", "#d9772b"
_FONT = "font-family='ui-sans-serif,system-ui,sans-serif' font-size='12'"
_LABEL_CHARS, _GROUP_CHARS = 28, 19


def agent_colours(comparison: Comparison) -> dict[str, str]:
    """The colour of each agent, in the order of tables."""
    agents = figures.ordered_agents(comparison)
    return {a: _COLOURS.get(a, _OTHER_COLOURS[i % len(_OTHER_COLOURS)]) for i, a in enumerate(agents)}


def loss_svg(points: Sequence[Mapping[str, float]], *, width: int = 720, height: int = 260) -> str:
    """The training loss over steps on a logarithmic scale, as a self-contained SVG.

    Args:
        points: ``step`` and ``loss`` each, in order; ``validation_loss`` where it was measured.
        width: Pixels.
        height: Pixels.
    """
    train = _curve(points, "loss")
    validation = _curve(points, "validation_loss")
    drawn = train + validation
    if not drawn:
        body = f"<text x='{width / 2}' y='{height / 2}' text-anchor='middle' fill='{_INK}'>no step was recorded</text>"
        return _svg(body, width, height, "training loss")
    plot = _Plot(drawn, width, height)
    parts = [*plot.axes(), plot.line(train, _LINE)]
    if validation:
        parts += [plot.line(validation, _SECOND_LINE), *(plot.dot(point, _SECOND_LINE) for point in validation)]
    parts += _legend([("training loss", _LINE), *([("validation loss", _SECOND_LINE)] if validation else [])], width)
    return _svg("".join(parts), width, height, "training loss over steps")


def scores_svg(comparison: Comparison, metric: str, *, width: int = 720) -> str:
    """Each agent's figure on all problems as a dot with its interval on one axis, as a self-contained SVG."""
    found = figures.results_by_key(comparison)
    colours = agent_colours(comparison)
    agents = [(agent, result) for agent in colours if (result := found.get((agent, metric, "", "")))]
    row, axis = 30, _Axis([result for _, result in agents], left=178, right=width - 14, top=8)
    height = axis.top + row * len(agents) + 26
    parts = axis.grid(height)
    for place, (agent, result) in enumerate(agents):
        y = axis.top + row * (place + 0.5)
        parts.append(_label(axis.left, y + 4, figures.agent_title(agent), _LABEL_CHARS))
        parts.append(axis.dot(result, y, colours[agent], figures.result_text(result), wide=True))
    return _svg("".join(parts), width, height, f"{metric} of each agent, per cent")


def groups_svg(comparison: Comparison, metric: str, grouping: str, *, width: int = 720) -> str:
    """A figure by group: a band a group, and in it a dot with its interval for each agent."""
    found = figures.results_by_key(comparison)
    colours = agent_colours(comparison)
    bands = [
        (group, rows)
        for group in figures.ordered_groups(comparison, grouping)
        if (rows := [(a, r) for a in colours if (r := found.get((a, metric, grouping, group)))])
    ]
    row, gap = 13, 16
    axis = _Axis([result for _, rows in bands for _, result in rows], left=124, right=width - 14, top=4)
    height = axis.top + sum(row * len(rows) + gap for _, rows in bands) + 24
    parts, y = axis.grid(height), axis.top
    for place, (group, rows) in enumerate(bands):
        if place:
            parts.append(f"<line x1='0' y1='{y}' x2='{axis.right}' y2='{y}' stroke='{_GRID}'/>")
        middle = y + (row * len(rows) + gap) / 2
        parts.append(_label(axis.left, middle - 2, group, _GROUP_CHARS))
        number = max(result.estimate.n for _, result in rows)
        parts.append(_label(axis.left, middle + 13, f"n={number}", _GROUP_CHARS, size=11))
        for line, (agent, result) in enumerate(rows):
            told = f"{figures.agent_title(agent)}, {group}: {figures.result_text(result)}"
            parts.append(axis.dot(result, y + gap / 2 + row * (line + 0.5), colours[agent], told))
        y += row * len(rows) + gap
    return _svg("".join(parts), width, height, f"{metric} by {grouping} of each agent, per cent")


class _Axis:
    """Per cent from left to right; beyond 100 only where a figure goes there."""

    def __init__(self, results: Sequence[Result], *, left: int, right: int, top: int) -> None:
        self.left, self.right, self.top = left, right, top
        self._end = 20 * math.ceil(5 * max([1.0, *(result.estimate.high for result in results)]) - 1e-9)

    def at(self, share: float) -> float:
        return self.left + (self.right - self.left) * 100 * max(share, 0.0) / self._end

    def grid(self, height: float) -> list[str]:
        parts = []
        for percent in range(0, self._end + 1, 20):
            x = self.at(percent / 100)
            parts.append(f"<line x1='{x:.1f}' y1='{self.top}' x2='{x:.1f}' y2='{height - 22}' stroke='{_GRID}'/>")
            parts.append(f"<text x='{x:.1f}' y='{height - 6}' text-anchor='middle' fill='{_INK}'>{percent}</text>")
        return parts

    def dot(self, result: Result, y: float, colour: str, told: str, *, wide: bool = False) -> str:
        estimate = result.estimate
        low, value, high = (self.at(share) for share in (estimate.low, estimate.value, estimate.high))
        return (
            f"<line x1='{low:.1f}' y1='{y:.1f}' x2='{high:.1f}' y2='{y:.1f}' stroke='{colour}' "
            f"stroke-width='{7 if wide else 5}' stroke-opacity='.35' stroke-linecap='round'/>"
            f"<circle cx='{value:.1f}' cy='{y:.1f}' r='{5.5 if wide else 4}' fill='{colour}'>"
            f"<title>{escape(told)}</title></circle>"
        )


class _Plot:
    """Axes of one loss curve: steps linear, loss logarithmic."""

    def __init__(self, points: Sequence[tuple[float, float]], width: int, height: int) -> None:
        self._left, self._right, self._top, self._bottom = 52, width - 16, 14, height - 30
        self._first, self._last = min(s for s, _ in points), max(s for s, _ in points)
        self._low, self._high = min(v for _, v in points) / 1.1, max(v for _, v in points) * 1.1

    def at(self, step: float, value: float) -> tuple[float, float]:
        along = (step - self._first) / ((self._last - self._first) or 1)
        up = math.log(value / self._low) / math.log(self._high / self._low)
        return self._left + along * (self._right - self._left), self._bottom - up * (self._bottom - self._top)

    def axes(self) -> list[str]:
        parts = []
        for tick in _log_ticks(self._low, self._high):
            _, y = self.at(self._first, tick)
            parts.append(
                f"<line x1='{self._left}' y1='{y:.1f}' x2='{self._right}' y2='{y:.1f}' stroke='{_GRID}'/>"
                f"<text x='{self._left - 8}' y='{y + 4:.1f}' text-anchor='end' fill='{_INK}'>{tick:g}</text>"
            )
        for share in (0, 0.25, 0.5, 0.75, 1):
            step = round(self._first + share * (self._last - self._first))
            x, _ = self.at(step, self._low)
            anchor = "start" if share == 0 else "end" if share == 1 else "middle"
            parts.append(
                f"<text x='{x:.1f}' y='{self._bottom + 20}' text-anchor='{anchor}' fill='{_INK}'>{step:,}</text>"
            )
        return parts

    def line(self, points: Sequence[tuple[float, float]], colour: str) -> str:
        path = " ".join("{:.1f},{:.1f}".format(*self.at(*point)) for point in points)
        return f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2' stroke-linejoin='round'/>"

    def dot(self, point: tuple[float, float], colour: str) -> str:
        x, y = self.at(*point)
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{colour}'/>"


def _label(right: float, y: float, text: str, most: int, *, size: int = 12) -> str:
    shown = text if len(text) <= most else f"{text[: most - 6]}..."
    return (
        f"<text x='{right - 10}' y='{y:.1f}' text-anchor='end' fill='{_INK}' font-size='{size}'>{escape(shown)}</text>"
    )


def _curve(points: Sequence[Mapping[str, float]], key: str) -> list[tuple[float, float]]:
    found = [(float(p["step"]), float(p[key])) for p in points if p.get(key) is not None and "step" in p]
    # A loss of 0 or NaN has no place on a logarithmic scale; training itself refuses NaN.
    return [(step, value) for step, value in found if math.isfinite(value) and value > 0]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]
    return ticks or [math.sqrt(low * high)]


def _legend(entries: Sequence[tuple[str, str]], width: int) -> list[str]:
    x = width - 16 - 132 * len(entries)
    return [
        f"<line x1='{x + 132 * i}' y1='20' x2='{x + 132 * i + 18}' y2='20' stroke='{colour}' stroke-width='3'/>"
        f"<text x='{x + 132 * i + 24}' y='24' fill='{_INK}'>{name}</text>"
        for i, (name, colour) in enumerate(entries)
    ]


def _svg(body: str, width: int, height: float, title: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height:g}' width='{width}' height='{height:g}' "
        f"role='img' aria-label='{escape(title)}' {_FONT}>{body}</svg>"
    )
