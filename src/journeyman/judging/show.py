"""What a judge said, in the terminal: figures with their denominators, then who judged and how far to trust it."""

import math
from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from journeyman.judging.calibration import Calibration, judge_facts
from journeyman.judging.interval import Interval
from journeyman.judging.pairwise import PairwiseFigure, PairwiseResult
from journeyman.judging.relative import RelativeFigure, RelativeResult, bias_in_words

WHY_A_JUDGE = (
    "A model judges these answers for one reason: they are free text about pictures, and no program can decide them."
)
NOTHING_READ = "no reply could be read: there is no figure here, and an official 100 is made of failures alone"


def print_relative(console: Console, result: RelativeResult, calibration: Calibration | None) -> None:
    """Print both relative scores over all and by category, then what is known of the judge.

    Raises:
        ConfigError: The calibration is another judge's.
    """
    facts = judge_facts(result.judge, result.num_read, result.num_unread, result.problems, calibration)
    named = (("all", result.overall), *result.by_category.items())
    _print_table(
        console,
        f"Relative score of {result.candidate}: 100 x its grades / the reference's",
        ("", "items", "unread", "corrected", "failed", "official"),
        [(name or "no category", *_relative_cells(figure)) for name, figure in named],
    )
    shown = result.overall.interval or result.overall.official_interval
    if shown is not None:
        print_facts(console, {"in [brackets]": f"the {shown.confidence:.0%} interval over items"})
    print_facts(
        console,
        {
            "corrected": "both orders averaged; items with an unread reply are left out",
            "official": "the reference first and no other order; a failed reply is -1 and -1 in the means",
        },
    )
    if not result.num_read:
        console.print(Text(NOTHING_READ, style="bold red"), soft_wrap=True)
    if result.overall.bias is not None:
        facts = {"position bias": bias_in_words(result.overall.bias)} | facts
    print_facts(console, facts)


def print_pairwise(console: Console, result: PairwiseResult, calibration: Calibration | None) -> None:
    """Print where the items went over all and by category, then what is known of the judge.

    Raises:
        ConfigError: The calibration is another judge's.
    """
    facts = judge_facts(result.judge, result.num_read, result.num_unread, result.problems, calibration)
    named = (("all", result.overall), *result.by_category.items())
    _print_table(
        console,
        f"{result.system} against {result.other}",
        ("", "items", "wins", "ties", "losses", "inconsistent", "unread", "win rate"),
        [(name or "no category", *_pairwise_cells(figure)) for name, figure in named],
    )
    overall = result.overall
    bias = {
        "win rate": "wins of the items on which both orders agree; a tie is no win",
        "inconsistent": "both orders were read and disagree; counted for neither",
        "position bias": (
            f"the first place won in both orders for {overall.first_place_won_both}, the second for "
            f"{overall.second_place_won_both} of {overall.num_items - overall.unread} items"
        ),
    }
    print_facts(console, bias | facts)


def print_facts(console: Console, facts: Mapping[str, str]) -> None:
    """Print names and what is known of them, a line each, as long as it is."""
    for name, text in facts.items():
        # Text, not str: a judge's words may hold [brackets], which rich would take for markup.
        console.print(Text.assemble((f"{name}: ", "bold"), text), soft_wrap=True)


def _relative_cells(figure: RelativeFigure) -> tuple[str, ...]:
    unread = figure.num_items if figure.corrected is None else figure.corrected.num_failed
    return (
        str(figure.num_items),
        str(unread),
        _score(None if figure.corrected is None else figure.corrected.value, figure.interval),
        str(figure.num_failed_official),
        _score(figure.official, figure.official_interval),
    )


def _pairwise_cells(figure: PairwiseFigure) -> tuple[str, ...]:
    counts = (figure.num_items, figure.wins, figure.ties, figure.losses, figure.inconsistent, figure.unread)
    rate = figure.win_rate
    return (*map(str, counts), "none" if rate is None else f"{rate.value:.1%} of {rate.n}")


def _score(value: float | None, interval: Interval | None) -> str:
    if value is None or math.isnan(value):
        return "none"
    return f"{value:.1f}" + ("" if interval is None else f" [{interval.low:.1f}, {interval.high:.1f}]")


def _print_table(console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    # Without edges the widest table fits the 80 columns that a pipe gets.
    table = Table(
        title=Text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, show_edge=False, pad_edge=False
    )
    for name in columns:
        table.add_column(name, justify="right" if name else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
