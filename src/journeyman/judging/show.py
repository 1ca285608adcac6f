"""What a judge said, in the terminal: figures with their denominators, then who judged and how far to trust it."""

import math
from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from journeyman.judging.calibration import Calibration, judge_facts
from journeyman.judging.interval import Interval
from journeyman.judging.llava_bench_files import TOOLS_CATEGORIES
from journeyman.judging.mm_vet import GradeFigure, GradeResult
from journeyman.judging.pairwise import PairwiseFigure, PairwiseResult
from journeyman.judging.relative import RelativeFigure, RelativeResult, bias_in_words
from journeyman.judging.visit_bench import VisitResult
from journeyman.metrics.visit_bench import WinRate

WHY_A_JUDGE = (
    "A model judges these answers for one reason: they are free text about pictures, and no program can decide them."
)
NO_GRADE = "no reply could be read: there is no figure here, and an official 0 is made of failures alone"
NOTHING_READ = "no reply could be read: there is no figure here, and an official 100 is made of failures alone"


def print_relative(console: Console, result: RelativeResult, calibration: Calibration | None) -> None:
    """Print both relative scores over all and by category, then what is known of the judge.

    Raises:
        ConfigError: The calibration is another judge's.
    """
    facts = judge_facts(result.judge, result.num_read, result.num_unread, result.problems, calibration)
    named = (("all", result.overall), *result.by_category.items())
    rows = [(name or "no category", *_relative_cells(figure)) for name, figure in named]
    # "caption" and "ocr" are never categories of LLaVA-Bench itself.
    is_tools = result.by_category.keys() <= TOOLS_CATEGORIES
    if is_tools:
        mean = result.category_mean
        cells = (_score(mean.corrected, mean.interval), rows[0][4], _score(mean.official, None))
        rows = [("all", *rows[0][1:3], *cells), ("over items", *rows[0][1:]), *rows[1:]]
    _print_table(
        console,
        f"Relative score of {result.candidate}: 100 x its grades / the reference's",
        ("", "items", "unread", "corrected", "failed", "official"),
        rows,
    )
    if is_tools:
        print_facts(console, {"all": "the plain mean of the categories, as LLaVA-Bench (Tools) is reported"})
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


def print_grades(console: Console, result: GradeResult) -> None:
    """Print how right the answers are over all, by capability and by combination, then what is known of the judge."""
    _print_table(
        console,
        f"MM-Vet of {result.system}: correctness in percent",
        ("", "items", "left out", "corrected", "unread", "official"),
        [
            ("total", *_grade_cells(result.overall)),
            *((name, *_grade_cells(figure)) for name, figure in result.by_capability.items()),
            *((f"only {name}", *_grade_cells(figure)) for name, figure in result.by_combination.items()),
        ],
    )
    found = result.overall.correctness
    shown = result.overall.interval
    if shown is not None:
        print_facts(console, {"in [brackets]": f"the {shown.confidence:.0%} interval over items"})
    times = len(found.runs)
    each = ", ".join(f"{value:.1f}" for value in found.runs)
    print_facts(
        console,
        {
            "corrected": "mean of the grades that were read; items without one are left out",
            "official": "mean over runs; a reply that cannot be read is 0",
            "runs": f"{found.official:.1f} +/- {found.sd:.1f} officially over {times}: {each}" if times > 1 else "1",
            "only": "questions that test this combination and nothing else; above, each counts in all that it tests",
        },
    )
    if not result.num_read:
        console.print(Text(NO_GRADE, style="bold red"), soft_wrap=True)
    print_facts(console, judge_facts(result.judge, result.num_read, result.num_unread, result.problems, None))


def print_visit(console: Console, result: VisitResult) -> None:
    """Print ratings and wins against the reference, each two that met, then what is known of the judge."""
    _print_table(
        console,
        "VisIT-Bench: Elo among these, and matches won against the reference",
        ("", "matches", "rating", "won against the reference"),
        [
            (
                player,
                str(standing.num_matches),
                _score(standing.rating, standing.interval),
                _won(standing.against_reference, standing.against_reference_interval),
            )
            for player, standing in result.standings.items()
        ],
    )
    _print_table(
        console,
        "Each two that met, by wins in both orders",
        ("", "wins", "ties", "losses", "inconsistent", "unread"),
        [(f"{pair.system} against {pair.other}", *_pairwise_cells(pair.overall)[1:-1]) for pair in result.pairs],
    )
    first, second = (
        sum(places)
        for places in zip(
            *((pair.overall.first_place_won_both, pair.overall.second_place_won_both) for pair in result.pairs),
            strict=True,
        )
    )
    read = result.num_matches - result.num_left_out
    print_facts(
        console,
        {
            "in [brackets]": "the 95% interval over instructions",
            "rating": "everybody starts at 1000; whoever wins more of the two judgements wins, else it is a tie",
            "won against the reference": "by the same rule; a tie is no win",
            "left out": f"{result.num_left_out} of {result.num_matches} matches, in which a judgement was not read",
            "position bias": f"the first place won in both orders for {first}, the second for {second} of {read}",
        },
    )
    print_facts(console, judge_facts(result.judge, result.num_read, result.num_unread, result.problems, None))


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


def _grade_cells(figure: GradeFigure) -> tuple[str, ...]:
    found = figure.correctness
    return (
        str(found.num_answers),
        str(found.num_left_out),
        _score(found.corrected, figure.interval),
        str(found.num_unread),
        f"{found.official:.1f}",
    )


def _won(rate: WinRate | None, interval: Interval | None) -> str:
    if rate is None:
        return ""
    spread = "" if interval is None else f" [{interval.low:.1%}, {interval.high:.1%}]"
    return f"{rate.value:.1%}{spread} of {rate.n}"


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
