"""What the page shows of one comparison, as the template takes it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from journeyman.evaluation.comparison import Comparison, Result
from journeyman.evaluation.statistics import Difference
from journeyman.report import figures
from journeyman.report.drawings import agent_colours, groups_svg, scores_svg
from journeyman.report.episodes import Reel
from journeyman.report.transcripts import Shelf

OPEN_ROWS = 24
"""Longer tables are folded."""
DRAWN_PIXELS = 440
"""Scaled to what room there is: on a telephone its words must still be read."""
DRAWN_GROUPS = 8
"""Groups that a drawing has room for."""
_GROUPING_TITLES = {
    "condition": "By what training never saw",
    "picture": "By whether the words alone tell the tool",
    "tools": "By tools of a right solution",
    "family": "By family",
    "level": "By level",
    "modality": "By kind of file",
    "ambiguity": "By what tells the right tools apart",
    "words alone": "By whether the words alone tell the tools",
    "options": "By how many tools are right",
    "overlap": "By what training had seen",
    "media": "By whether the file was found",
}


class Cell(NamedTuple):
    """One figure in a table."""

    value: str
    interval: str
    basis: str
    """Problems, and what the figure divides by."""
    seeds: str
    shade: int
    """0 to 100."""


class GroupRow(NamedTuple):
    """One headline figure of one group."""

    group: str
    span: int
    """Rows that the group's name spans; 0 where an earlier row's does."""
    n: int
    figure: str
    cells: list[Cell | None]
    gain: str
    gain_mark: str
    over_floors: str
    """Against the floor that it is least clear of; empty where none was run."""
    floors_mark: str


def comparison_section(
    comparison: Comparison, title: str, shelves: Sequence[Shelf], reels: Sequence[Reel] = ()
) -> dict[str, Any]:
    """All tables and drawings of one comparison.

    Args:
        comparison: Agents side by side.
        title: Heading; the question that it answers.
        shelves: Transcripts; empty where none may be shown.
        reels: Attempts at screen tasks as film strips.
    """
    gain = comparison.gain
    groupings = figures.ordered_groupings(comparison)
    pair = figures.first_pair(comparison)
    return {
        "title": title,
        "benchmark": comparison.benchmark,
        "problems": comparison.problems,
        "sentence": figures.gain_text(comparison),
        "mark": _mark(gain.difference if gain else None),
        "gated": figures.gated_text(comparison),
        "seeds": figures.seed_text(comparison),
        "confidence": f"{comparison.confidence:.0%}",
        "legend": [(figures.agent_title(agent), colour) for agent, colour in agent_colours(comparison).items()],
        "drawings": _drawings(comparison, groupings),
        "scores": _scores(comparison),
        "agents": figures.agent_text(comparison),
        "notes": figures.note_rows(comparison),
        "contrasts": figures.contrast_rows(comparison),
        "other_contrasts": figures.contrast_rows(comparison, headline=False),
        "pair": figures.pair_title(*pair) if pair else "",
        "groups": [_groups(comparison, grouping) for grouping in groupings],
        "causes": figures.cause_rows(comparison),
        "tool_causes": figures.tool_cause_rows(comparison),
        "judged": figures.agent_title(figures.judged_agent(comparison)),
        "injected": figures.injected_text(comparison),
        "facts": comparison.facts,
        "shelves": shelves,
        "reels": reels,
    }


def _drawings(comparison: Comparison, groupings: Sequence[str]) -> list[tuple[str, str]]:
    """Caption and SVG: every headline figure over all problems, then by the first grouping."""
    drawn = [
        (f"{metric}, all {comparison.problems:,} problems", scores_svg(comparison, metric, width=DRAWN_PIXELS))
        for metric in comparison.headline
    ]
    for grouping in groupings[:1]:
        if len(comparison.groups(grouping)) <= DRAWN_GROUPS:
            drawn += [
                (f"{metric} by {grouping}", groups_svg(comparison, metric, grouping, width=DRAWN_PIXELS))
                for metric in comparison.headline
            ]
    return drawn


def _scores(comparison: Comparison) -> dict[str, Any]:
    found = figures.results_by_key(comparison)
    agents = figures.ordered_agents(comparison)
    if len(comparison.metrics) <= figures.WIDEST:
        rows = [
            (figures.agent_title(agent), [_cell(found.get((agent, m, "", ""))) for m in comparison.metrics])
            for agent in agents
        ]
        return {"corner": "agent", "columns": comparison.metrics, "rows": rows}
    rows = [(m, [_cell(found.get((agent, m, "", ""))) for agent in agents]) for m in comparison.metrics]
    return {"corner": "figure", "columns": [figures.agent_title(agent) for agent in agents], "rows": rows}


def _groups(comparison: Comparison, grouping: str) -> dict[str, Any]:
    agents = figures.ordered_agents(comparison)
    rows = [
        row for group in figures.ordered_groups(comparison, grouping) for row in _of_group(comparison, grouping, group)
    ]
    return {
        "title": _GROUPING_TITLES.get(grouping, f"By {grouping}"),
        "grouping": grouping,
        "columns": [figures.short_title(agent) for agent in agents],
        "rows": rows,
        "floors": figures.floors_text(comparison, grouping),
        "folded": len(rows) > OPEN_ROWS,
    }


def _of_group(comparison: Comparison, grouping: str, group: str) -> list[GroupRow]:
    found = figures.results_by_key(comparison)
    pair = figures.first_pair(comparison)
    rows: list[GroupRow] = []
    for metric in comparison.headline:
        results = [found.get((agent, metric, grouping, group)) for agent in figures.ordered_agents(comparison)]
        numbers = [result.estimate.n for result in results if result]
        if not numbers:
            continue
        gain = comparison.contrast(*pair, metric, grouping, group) if pair else None
        above = figures.over_floors(comparison, metric, grouping, group)
        rows.append(
            GroupRow(
                group=group,
                span=0,
                n=max(numbers),
                figure=metric,
                cells=[_cell(result) for result in results],
                gain=figures.short_difference(gain) if gain else "-",
                gain_mark=_mark(gain),
                over_floors=figures.short_difference(above) if above else "",
                floors_mark=_mark(above),
            )
        )
    return [row._replace(span=len(rows) if place == 0 else 0) for place, row in enumerate(rows)]


def _cell(result: Result | None) -> Cell | None:
    if result is None:
        return None
    estimate = result.estimate
    return Cell(
        value=figures.percent_text(estimate),
        interval=figures.interval_text(estimate),
        basis=figures.count_text(estimate),
        seeds=figures.spread_text(result),
        shade=round(100 * min(max(estimate.value, 0.0), 1.0)),
    )


def _mark(difference: Difference | None) -> str:
    """Class of a difference: green where it is clear and up, red where clear and down."""
    verdict = figures.verdict_of(difference) if difference else ""
    return {"better": "up", "worse": "down"}.get(verdict, "open")
