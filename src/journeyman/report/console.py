"""The end of a run in the terminal: yield, cost, and untuned against tuned against the floors."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from journeyman.evaluation.compare import Comparison
from journeyman.report import figures
from journeyman.report.page import SCRIPTED
from journeyman.schema.artifact import StageResult


def print_summary(
    console: Console,
    stages: Sequence[StageResult],
    comparison: Comparison | None,
    *,
    teacher: str,
    links: Mapping[str, str],
) -> None:
    """Print tables that a person reads first.

    Args:
        console: Where to print; its width decides what is wrapped.
        stages: Results of every stage and shard, in the order of the run.
        comparison: Agents side by side; None when nothing was evaluated.
        teacher: The teacher's model name.
        links: What to look at next: name -> address.
    """
    _print_rows(console, "Yield", figures.funnel_rows(stages))
    _print_rows(console, f"Cost (teacher: {teacher})", figures.spend_rows(stages))
    if comparison:
        title = f"Held-out problems, per cent [{comparison.confidence:.0%} interval]"
        _print_rows(console, title, figures.scores_rows(comparison))
        if comparison.picture_problems:
            title = "Of these, problems whose words do not tell the tool"
            _print_rows(console, title, figures.scores_rows(comparison, "picture"))
        style = "bold green" if comparison.gain_clear_of_zero else "bold yellow"
        console.print(Text(figures.gain_text(comparison), style=style))
    if SCRIPTED in teacher.casefold():
        console.print(Text("The teacher was the scripted one: a program, not a language model.", style="yellow"))
    for name, address in links.items():
        # no_wrap: a broken address cannot be clicked
        console.print(Text(f"{name}: {address}"), no_wrap=True, overflow="ignore", crop=False)


def _print_rows(console: Console, title: str, rows: Sequence[Mapping[str, str | int]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in rows[0] if rows else ():
        number = any(isinstance(row[name], int) for row in rows)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        # Text, not str: a reason may hold [brackets], which rich would take for markup.
        table.add_row(*(Text(f"{value:,}" if isinstance(value, int) else value) for value in row.values()))
    console.print(table)
