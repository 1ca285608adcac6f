"""A comparison in the terminal: figures, differences, what went wrong, groups, and the gain last."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from journeyman.evaluation.comparison import Comparison
from journeyman.report import figures


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print one comparison: figures, differences, what went wrong, groups, and the gain last."""
    name = figures.problems_title(comparison.benchmark)
    title = f"{name[:1].upper()}{name[1:]}, per cent [{comparison.confidence:.0%} interval]"
    _print_rows(console, title, figures.scores_rows(comparison))
    _print_rows(console, "Paired differences in points", figures.contrast_rows(comparison))
    _print_rows(console, "What went wrong first, runs", figures.cause_rows(comparison))
    for grouping in figures.short_groupings(comparison):
        _print_rows(console, f"By {grouping}", figures.group_rows(comparison, grouping))
    for told in (figures.injected_text(comparison), figures.seed_text(comparison)):
        if told:
            console.print(Text(told))
    style = "bold green" if comparison.gain_clear_of_zero else "bold yellow"
    console.print(Text(figures.gain_text(comparison), style=style))


def print_links(console: Console, links: Mapping[str, str]) -> None:
    """Print what to look at next, an address a line."""
    for name, address in links.items():
        # no_wrap: a broken address cannot be clicked
        console.print(Text(f"{name}: {address}"), no_wrap=True, overflow="ignore", crop=False)


def _print_rows(console: Console, title: str, rows: Sequence[Mapping[str, str | int]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name in rows[0]:
        number = any(isinstance(row[name], int) for row in rows)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        # Text, not str: a reason may hold [brackets], which rich would take for markup.
        table.add_row(*(Text(f"{value:,}" if isinstance(value, int) else value) for value in row.values()))
    console.print(table)
