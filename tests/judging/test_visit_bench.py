import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from journeyman.errors import ConfigError, SchemaError
from journeyman.judging.pairwise import judge_pairwise
from journeyman.judging.visit_bench import meetings, summarise_visit
from journeyman.judging.visit_bench_files import VisitQuestion
from journeyman.metrics.visit_bench import WinRate
from journeyman.schema.judgement import Judgement
from journeyman.storage.store import Store
from tests.judging.planted_judge import PlantedJudge, judge_of
from tests.judging.rows import judgement

QUESTIONS = [
    VisitQuestion(str(n), f"{n}.jpg", f"question {n}", "Animals", f"caption {n}", f"a good answer {n}", True)
    for n in range(4)
]
ANSWERS = {name: {str(n): f"a {word} answer {n}" for n in range(4)} for name, word in (("a", "fair"), ("b", "poor"))}


def judged(planted: PlantedJudge, store: Store, answers: Mapping[str, Mapping[str, str]] = ANSWERS) -> list[Judgement]:
    async def run() -> list[Judgement]:
        async with judge_of(planted, store) as judge:
            met = meetings(QUESTIONS, answers)
            return [row for pair, items in met.items() for row in await judge_pairwise(items, pair, judge)]

    return asyncio.run(run())


def test_all_meet_all_on_every_instruction_and_the_better_rates_higher(tmp_path: Path) -> None:
    planted = PlantedJudge({"good": 8, "fair": 6, "poor": 2}, pairwise=True)
    rows = judged(planted, Store(f"file://{tmp_path}"))
    assert len(rows) == 2 * 3 * 4
    assert {shown["CONTEXT"] for shown in planted.asked} == {f"caption {n}" for n in range(4)}
    result = summarise_visit(rows, samples=20)
    assert list(result.standings) == ["reference", "a", "b"]
    assert sum(standing.rating for standing in result.standings.values()) == pytest.approx(3000, abs=1)
    assert result.standings["reference"].rating > result.standings["a"].rating > result.standings["b"].rating
    assert {name: standing.num_matches for name, standing in result.standings.items()} == dict.fromkeys(
        ("reference", "a", "b"), 8
    )
    assert result.standings["a"].against_reference == WinRate(0, 0, 4)
    assert result.standings["reference"].against_reference is None
    assert [(pair.system, pair.other, pair.overall.wins, pair.overall.losses) for pair in result.pairs] == [
        ("a", "b", 4, 0),
        ("a", "reference", 0, 4),
        ("b", "reference", 0, 4),
    ]
    assert (result.num_matches, result.num_left_out) == (12, 0)
    assert summarise_visit(rows[::-1], samples=20) == result


def test_a_match_that_one_order_wins_and_the_other_ties_is_won_and_one_that_both_split_is_a_tie() -> None:
    verdicts = {
        "0": ("first", "tie"),
        "1": ("first", "first"),  # whoever stands first: one judgement each
        "2": ("second", "first"),
        "3": ("tie", "first"),  # the reference, standing first, wins the second judgement
    }
    rows = [
        judgement(item, shown, verdict)
        for item, both in verdicts.items()
        for shown, verdict in zip((("a", "reference"), ("reference", "a")), both, strict=True)
    ]
    result = summarise_visit(rows, samples=20)
    assert result.standings["a"].against_reference == WinRate(1, 1, 4)
    assert result.standings["a"].against_reference_interval is not None
    # By the stricter rule, which wants both orders to agree, it has won nothing.
    assert (result.pairs[0].overall.wins, result.pairs[0].overall.inconsistent) == (0, 3)


def test_a_match_with_an_unread_judgement_is_in_no_figure_and_counted() -> None:
    rows = [
        judgement("0", ("a", "reference"), "first"),
        judgement("0", ("reference", "a"), "second"),
        judgement("1", ("a", "reference"), "second"),
        judgement("1", ("reference", "a"), None, kind="pairwise"),
    ]
    result = summarise_visit(rows, samples=20)
    assert (result.num_matches, result.num_left_out, result.num_unread) == (2, 1, 1)
    assert result.standings["a"].against_reference == WinRate(1, 0, 1)
    # One win between equals moves both by half of K.
    assert result.standings["a"].rating == pytest.approx(1002)
    assert result.standings["a"].interval is None
    nothing = summarise_visit(rows[2:], samples=20)
    assert (nothing.standings, nothing.num_left_out) == ({}, 1)


def test_who_cannot_meet_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be called reference"):
        meetings(QUESTIONS, {"reference": ANSWERS["a"]})
    with pytest.raises(ConfigError, match="0 verified instructions, 1 systems"):
        meetings([], {"a": ANSWERS["a"]})


def test_half_a_match_is_refused() -> None:
    with pytest.raises(SchemaError, match="once in each order"):
        summarise_visit([judgement("0", ("a", "reference"), "first")])
