"""Tables and drawings of a run, as plain rows and SVG text, for the report and for Prefect's artifacts alike."""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

from journeyman.evaluation.compare import METRICS, Comparison, Metric, Subset
from journeyman.evaluation.statistics import Difference, Estimate
from journeyman.schema.artifact import Counts, Spend, StageResult

AGENT_TITLES: Mapping[str, str] = {
    "tuned": "tuned",
    "untuned": "untuned",
    "blind": "blind (pictures shuffled)",
    "format_only": "format only",
    "chance": "chance",
}
_AGENT_ORDER = tuple(AGENT_TITLES)
_COLOURS: Mapping[str, str] = {
    "tuned": "#1f9d6b",
    "untuned": "#8a94a6",
    "blind": "#c7843a",
    "format_only": "#7a6fc2",
    "chance": "#b0607f",
}
# Mid tones: legible on a white and on a black page, since a picture in Prefect's UI cannot ask which.
_INK, _GRID, _LINE, _SECOND_LINE = "#7d8797", "#7d879740", "#3b82d6", "#d9772b"
_FONT = "font-family='ui-sans-serif,system-ui,sans-serif' font-size='12'"


class StageTotals(NamedTuple):
    """One stage over all its shards."""

    stage: str
    counts: Counts
    reasons: dict[str, int]
    spend: Spend


def stage_totals(stages: Iterable[StageResult]) -> list[StageTotals]:
    """Stages in the order they first appear, their shards added up; reasons by falling count."""
    by_stage: dict[str, list[StageResult]] = {}
    for result in stages:
        by_stage.setdefault(result.stage, []).append(result)
    return [_total(stage, shards) for stage, shards in by_stage.items()]


def funnel_rows(stages: Iterable[StageResult]) -> list[dict[str, str | int]]:
    """One row a stage: where every record went, and why."""
    return [
        {
            "stage": total.stage,
            "in": total.counts.taken,
            "kept": total.counts.kept,
            "dropped": total.counts.dropped,
            "failed": total.counts.failed,
            "yield": f"{total.counts.kept / total.counts.taken:.1%}" if total.counts.taken else "-",
            "reasons": "; ".join(f"{reason} ({n:,})" for reason, n in total.reasons.items()),
        }
        for total in stage_totals(stages)
    ]


def spend_rows(stages: Iterable[StageResult]) -> list[dict[str, str | int]]:
    """One row a stage that asked a teacher, and their sum last."""
    spends = [(total.stage, total.spend) for total in stage_totals(stages)]
    rows = [(stage, spend) for stage, spend in spends if spend.calls or spend.replayed]
    rows.append(("all", _added(spend for _, spend in spends)))
    return [
        {
            "stage": stage,
            "calls": spend.calls,
            "replayed": spend.replayed,
            "prompt tokens": spend.prompt_tokens,
            "completion tokens": spend.completion_tokens,
            "usd": spend.usd,
        }
        for stage, spend in rows
    ]


def scores_rows(comparison: Comparison, subset: Subset = "all") -> list[dict[str, str]]:
    """One row an agent, each metric as per cent with its interval and denominator."""
    return [
        {"agent": AGENT_TITLES.get(agent, agent)}
        | {metric: estimate_text(comparison.result(agent, metric, subset)) for metric in METRICS}
        for agent in ordered_agents(comparison)
    ]


def contrast_rows(comparison: Comparison) -> list[dict[str, str]]:
    """One row a pair of agents and metric: the difference in points, its interval, p, wins and losses."""
    return [
        {
            "contrast": f"{AGENT_TITLES.get(c.agent, c.agent)} - {AGENT_TITLES.get(c.against, c.against)}",
            "problems": "that need the picture" if c.subset == "picture" else "all",
            "metric": c.metric,
            "points": difference_text(c.difference),
            "p": _p_text(c.difference.p),
            "better / worse": f"{c.difference.better} / {c.difference.worse} of {c.difference.n}",
        }
        for c in comparison.contrasts
        if c.metric != "CodeExec" and (c.subset == "all" or c.against == "blind")
    ]


def estimate_text(estimate: Estimate | None) -> str:
    """``87.5 [80.1, 93.2] n=80`` in per cent; a dash where nothing was scored."""
    if estimate is None:
        return "-"
    return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}] n={estimate.n}"


def difference_text(difference: Difference) -> str:
    """``+42.0 [+31.0, +53.0]`` in percentage points."""
    return f"{100 * difference.value:+.1f} [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"


def ordered_agents(comparison: Comparison) -> list[str]:
    """Tuned first, floors last, agents of one's own after them."""
    rank = {agent: place for place, agent in enumerate(_AGENT_ORDER)}
    return sorted(comparison.agents, key=lambda agent: (rank.get(agent, len(rank)), agent))


def gain_text(comparison: Comparison) -> str:
    """One sentence: what tuning gained, or that it did not."""
    gain = comparison.gain
    if gain is None:
        return "Tuned and untuned were not both run: there is no gain to state."
    d = gain.difference
    verdict = "clear of zero" if d.low > 0 else "not clear of zero"
    return (
        f"Tuned minus untuned, {gain.metric}: {difference_text(d)} points on {d.n} held-out problems, "
        f"{comparison.confidence:.0%} interval {verdict}, p {_p_text(d.p)}."
    )


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


def scores_svg(comparison: Comparison, metric: Metric, subset: Subset = "all", *, width: int = 720) -> str:
    """Each agent's score as a dot with its interval on one axis from 0 to 100, as a self-contained SVG."""
    agents = [(a, e) for a in ordered_agents(comparison) if (e := comparison.result(a, metric, subset))]
    left, right, row, top = 190, width - 24, 30, 8
    height = top + row * len(agents) + 26
    parts = []
    for percent in range(0, 101, 20):
        x = left + (right - left) * percent / 100
        parts.append(f"<line x1='{x:.1f}' y1='{top}' x2='{x:.1f}' y2='{height - 22}' stroke='{_GRID}'/>")
        parts.append(f"<text x='{x:.1f}' y='{height - 6}' text-anchor='middle' fill='{_INK}'>{percent}</text>")
    for place, (agent, estimate) in enumerate(agents):
        y = top + row * (place + 0.5)
        low, value, high = (left + (right - left) * v for v in (estimate.low, estimate.value, estimate.high))
        colour = _COLOURS.get(agent, _LINE)
        parts.append(
            f"<text x='{left - 14}' y='{y + 4:.1f}' text-anchor='end' fill='{_INK}'>"
            f"{escape(AGENT_TITLES.get(agent, agent))}</text>"
            f"<line x1='{low:.1f}' y1='{y:.1f}' x2='{high:.1f}' y2='{y:.1f}' stroke='{colour}' stroke-width='7' "
            f"stroke-opacity='.35' stroke-linecap='round'/>"
            f"<circle cx='{value:.1f}' cy='{y:.1f}' r='5.5' fill='{colour}'>"
            f"<title>{escape(estimate_text(estimate))}</title></circle>"
        )
    return _svg("".join(parts), width, height, f"{metric} of each agent, per cent")


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


def _svg(body: str, width: int, height: int, title: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' "
        f"role='img' aria-label='{escape(title)}' {_FONT}>{body}</svg>"
    )


def _total(stage: str, shards: Sequence[StageResult]) -> StageTotals:
    reasons: dict[str, int] = {}
    for shard in shards:
        for reason, n in shard.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + n
    counts = sum((shard.counts for shard in shards[1:]), shards[0].counts)
    ordered = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return StageTotals(stage, counts, ordered, _added(shard.spend for shard in shards))


def _added(spends: Iterable[Spend]) -> Spend:
    rows = list(spends)
    return Spend(
        calls=sum(s.calls for s in rows),
        replayed=sum(s.replayed for s in rows),
        prompt_tokens=sum(s.prompt_tokens for s in rows),
        completion_tokens=sum(s.completion_tokens for s in rows),
        usd=str(sum((Decimal(s.usd) for s in rows), Decimal(0))),
    )


def _p_text(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1g}"
