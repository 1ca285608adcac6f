import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError, SchemaError
from journeyman.judging.calibration import calibrate
from journeyman.judging.pairwise import (
    PairwiseItem,
    judge_pairwise,
    pairwise_facts,
    parse_verdict,
    summarise_pairwise,
)
from journeyman.metrics.visit_bench import WinRate
from journeyman.schema.judgement import Judgement
from journeyman.storage.store import Store
from tests.judging.planted_judge import DECLINED, PlantedJudge, judge_of
from tests.judging.rows import both

NAMES = ("tuned", "untuned")
READING = st.sampled_from(["first", "second", "tie", None])
READINGS = st.lists(st.tuples(READING, READING), min_size=1, max_size=12)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store")


def judging(planted: PlantedJudge, store: Store, answers: list[tuple[str, str]]) -> list[Judgement]:
    items = [PairwiseItem(str(n), f"question {n}", "", *pair, "ab"[n % 2]) for n, pair in enumerate(answers)]

    async def run() -> list[Judgement]:
        async with judge_of(planted, store) as judge:
            return await judge_pairwise(items, NAMES, judge)

    return asyncio.run(run())


POINTS = {"good": 8.0, "fair": 6.0, "poor": 2.0}
ANSWERS = [("good 0", "fair 0"), ("fair 1", "fair one"), ("poor 2", "good 2"), ("good 3", "poor 3")]


def test_a_fair_judge_finds_the_same_winner_in_both_orders(store: Store) -> None:
    figure = summarise_pairwise(judging(PlantedJudge(POINTS, pairwise=True), store, ANSWERS), "tuned").overall
    assert (figure.wins, figure.ties, figure.losses, figure.inconsistent, figure.unread) == (2, 1, 1, 0, 0)
    assert figure.win_rate == WinRate(2, 1, 4)


@pytest.mark.parametrize("place", ["first", "second"])
def test_a_verdict_that_the_place_decides_is_no_verdict(store: Store, place: str) -> None:
    planted = PlantedJudge(POINTS, **{f"{place}_bias": 3.0}, pairwise=True)  # type: ignore[arg-type]
    figure = summarise_pairwise(judging(planted, store, ANSWERS), "tuned").overall
    # 8 against 6 and 6 against 6 fall to the place, 2 against 8 does not.
    assert (figure.wins, figure.ties, figure.losses, figure.inconsistent) == (1, 0, 1, 2)
    assert getattr(figure, f"{place}_place_won_both") == 2
    assert figure.first_place_won_both + figure.second_place_won_both == 2
    assert figure.win_rate == WinRate(1, 0, 2)


def test_what_cannot_be_read_is_kept_and_counted_apart(store: Store) -> None:
    instead = {("question 0", "good 0"): "Both are fine", ("question 2", "good 2"): DECLINED}
    rows = judging(PlantedJudge(POINTS, instead=instead, pairwise=True), store, ANSWERS)
    result = summarise_pairwise(rows, "tuned")
    assert result.overall.unread == 2
    assert result.overall.num_items == 4
    assert (result.num_read, result.num_unread) == (6, 2)
    assert result.outcomes == {"0": "unread", "1": "tie", "2": "unread", "3": "win"}
    assert "Both are fine" in {row.reply for row in rows}
    assert sum("I cannot grade this" in problem for problem in result.problems) == 1
    assert {name: figure.num_items for name, figure in result.by_category.items()} == {"a": 2, "b": 2}


def test_a_second_judging_asks_nothing_and_finds_the_same(store: Store) -> None:
    rows = judging(PlantedJudge(POINTS, first_bias=3, pairwise=True), store, ANSWERS)
    again = PlantedJudge(POINTS, pairwise=True)  # would judge otherwise
    assert judging(again, store, ANSWERS) == rows
    assert again.asked == []


@given(READINGS)
def test_the_counts_add_up_and_seen_from_the_other_side_wins_are_losses(readings: list[Any]) -> None:
    rows = both(readings, NAMES, "pairwise")
    ours, theirs = summarise_pairwise(rows, "tuned"), summarise_pairwise(rows[::-1], "untuned")
    assert ours.overall.num_items == len(readings) == len(ours.outcomes)
    assert ours.num_read + ours.num_unread == 2 * len(readings)
    assert (ours.other, theirs.other) == ("untuned", "tuned")
    for one, two in (("wins", "losses"), ("losses", "wins"), ("ties", "ties"), ("unread", "unread")):
        assert getattr(ours.overall, one) == getattr(theirs.overall, two)
    for place in ("first_place_won_both", "second_place_won_both", "inconsistent"):
        assert getattr(ours.overall, place) == getattr(theirs.overall, place)
    assert ours.overall.first_place_won_both + ours.overall.second_place_won_both <= ours.overall.inconsistent


@pytest.mark.parametrize(
    ("readings", "outcome"),
    [
        (("first", "second"), "win"),
        (("second", "first"), "loss"),
        (("tie", "tie"), "tie"),
        (("first", "first"), "inconsistent"),
        (("second", "second"), "inconsistent"),
        (("first", "tie"), "inconsistent"),
        (("tie", "second"), "inconsistent"),
        (("first", None), "unread"),
        ((None, "tie"), "unread"),
    ],
)
def test_an_outcome_needs_both_orders(readings: tuple[Any, Any], outcome: str) -> None:
    assert summarise_pairwise(both([readings], NAMES, "pairwise"), "tuned").outcomes == {"i0": outcome}


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("first\nbecause", "first"),
        ("\n **Second.** \nbecause", "second"),
        ("TIE", "tie"),
        ("first or second", None),
        ("The first", None),
        ("firstly", None),
        ("1", None),
        ("", None),
        ("because\nfirst", None),
    ],
)
def test_a_verdict_is_one_word_on_the_first_line(reply: str, verdict: str | None) -> None:
    assert parse_verdict(reply) == verdict


@given(st.text(max_size=30))
def test_no_reply_makes_the_parser_raise(reply: str) -> None:
    assert parse_verdict(reply) in ("first", "second", "tie", None)


def test_without_an_agreed_item_there_is_no_win_rate() -> None:
    result = summarise_pairwise(both([("first", "first"), (None, "tie")], NAMES, "pairwise"), "tuned")
    assert result.overall.win_rate is None
    assert pairwise_facts(result)["tuned against untuned"].startswith("no win rate (0 won")


def test_a_system_that_was_not_judged_is_refused() -> None:
    with pytest.raises(SchemaError, match="must compare 'blind'"):
        summarise_pairwise(both([("first", "second")], NAMES, "pairwise"), "blind")


def test_the_facts_give_the_denominator_and_say_when_there_are_no_labels() -> None:
    readings = [("first", "second"), ("tie", "tie"), ("first", "first"), (None, "tie")]
    result = summarise_pairwise(both(readings, NAMES, "pairwise"), "tuned")
    facts = pairwise_facts(result)
    assert facts["tuned against untuned"] == (
        "won 50.0% of 2 with both orders agreeing (1 won, 1 tied, 0 lost); of 4 items 1 inconsistent "
        "(the first place won 1, the second 0), 1 unread"
    )
    assert "there is no labelled set" in facts["judge's agreement with people"]
    known = calibrate(result.outcomes, {"i0": "win", "i2": "tie"}, result.judge)
    assert pairwise_facts(result, known)["judge's agreement with people"].startswith("accuracy 0.500")
    other = calibrate(result.outcomes, {"i0": "win"}, result.judge._replace(prompt_version=2))
    with pytest.raises(ConfigError, match="v2"):
        pairwise_facts(result, other)
