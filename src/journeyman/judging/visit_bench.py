"""VisIT-Bench: every two systems, and every system and the reference, matched on each instruction; then Elo ratings.

A match is judged in both orders, by caption and instruction alone: the reference is a player like others and never the
measure. Whoever wins more of the two judgements wins the match, else it is a tie (README of mlfoundations/VisIT-Bench).
Officially a system meets the reference on 150 instructions and one other, drawn at random, on each; here all meet all.
"""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.errors import ConfigError
from journeyman.judging.interval import Interval, item_interval, named_intervals
from journeyman.judging.judge import Judge, Pair, count_problems, judge_of, pair_orders
from journeyman.judging.pairwise import SWAPPED, PairwiseItem, PairwiseResult, summarise_pairwise
from journeyman.judging.relative import REFERENCE
from journeyman.judging.visit_bench_files import VisitQuestion
from journeyman.metrics.visit_bench import Match, WinRate, elo_ratings, match_winner, win_rate
from journeyman.schema.judgement import Judgement

_ORDERS_A_RESAMPLE = 3
"""The rating itself is a median over 100 orders, so that its interval is somewhat too wide."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one system, or the reference, came out."""

    rating: float
    """Elo; comparable among systems rated together only."""
    interval: Interval | None
    """Of the rating, instructions being drawn anew; None for fewer than two."""
    num_matches: int
    against_reference: WinRate | None
    """None for the reference itself, and where no match with it was read."""
    against_reference_interval: Interval | None


@dataclass(frozen=True, slots=True)
class VisitResult:
    """What a judge says of several systems."""

    judge: Judge
    standings: Mapping[str, Standing]
    """Best first, the reference among them; empty where no match was read."""
    pairs: tuple[PairwiseResult, ...]
    """Every two that met, by the stricter rule: a win is one in both orders."""
    num_matches: int
    num_left_out: int
    """Matches of which a judgement could not be read; in no figure."""
    num_read: int
    num_unread: int
    """With ``num_read``, two replies a match."""
    problems: Mapping[str, int]
    """Why replies are unread -> how many."""


def meetings(
    questions: Sequence[VisitQuestion], answers: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str, str], list[PairwiseItem]]:
    """Every two players, in alphabetical order, -> what :func:`~journeyman.judging.pairwise.judge_pairwise` takes.

    Args:
        questions: Those whose reference people verified; the others are not judged.
        answers: System -> question id -> its answer, one for each of ``questions``.

    Raises:
        ConfigError: No question, no system, or one that is called as the reference is.
    """
    if not questions or not answers:
        raise ConfigError(f"nobody can meet: {len(questions)} verified instructions, {len(answers)} systems")
    if REFERENCE in answers:
        raise ConfigError(f"a system cannot be called {REFERENCE}; give its answers another file name")
    players = {**answers, REFERENCE: {question.question_id: question.reference for question in questions}}
    return {
        (one, other): [
            PairwiseItem(
                question.question_id,
                question.text,
                question.caption,
                players[one][question.question_id],
                players[other][question.question_id],
                question.category,
            )
            for question in questions
        ]
        for one, other in itertools.combinations(sorted(players), 2)
    }


def summarise_visit(
    judgements: Sequence[Judgement], *, samples: int = 200, confidence: float = 0.95, seed: int = 0
) -> VisitResult:
    """The figures of stored judgements of all meetings; the order of the rows has no influence.

    Args:
        judgements: Rows of one judge, both orders of every match.
        samples: Resamples of the bootstrap.
        confidence: Of the intervals, in (0, 1).
        seed: Equal seeds and rows give equal figures.

    Raises:
        SchemaError: Rows of several judges or prompts, or an order of a match missing or twice.
    """
    judge = judge_of(judgements)
    rows: dict[tuple[str, str], list[Judgement]] = {}
    for row in judgements:
        one, other = sorted((row.shown_first, row.shown_second))
        rows.setdefault((one, other), []).append(row)
    met = {pair: pair_orders(rows[pair], "pairwise", pair[0]) for pair in sorted(rows)}
    matches = {
        (players, pair.given.item_id): match
        for players, pairs in met.items()
        for pair in pairs
        if (match := _match(players, pair)) is not None
    }
    by_item: dict[str, list[Match]] = {}
    for (_, item_id), match in sorted(matches.items()):
        by_item.setdefault(item_id, []).append(match)
    num_read = sum(row.status == "read" for row in judgements)
    num_matches = sum(map(len, met.values()))
    return VisitResult(
        judge=judge,
        standings=_standings(list(by_item.values()), samples, confidence, seed) if matches else {},
        pairs=tuple(summarise_pairwise(rows[pair], _named_first(pair)) for pair in sorted(rows)),
        num_matches=num_matches,
        num_left_out=num_matches - len(matches),
        num_read=num_read,
        num_unread=len(judgements) - num_read,
        problems=count_problems(judgements),
    )


def _named_first(players: tuple[str, str]) -> str:
    """From whose side a meeting is told: a system's where the other is the reference."""
    return players[1] if players[0] == REFERENCE else players[0]


def _match(players: tuple[str, str], pair: Pair) -> Match | None:
    given, swapped = pair.given.verdict, pair.swapped.verdict
    if given is None or swapped is None:
        return None
    return Match(*players, match_winner([given, SWAPPED[swapped]]))


def _standings(by_item: Sequence[Sequence[Match]], samples: int, confidence: float, seed: int) -> dict[str, Standing]:
    matches = [match for item in by_item for match in item]
    ratings = elo_ratings(matches, rng=random.Random(seed))  # noqa: S311 - reproducible choice, no secret
    orders, items = (random.Random(f"{seed} {name}") for name in ("orders", "items"))  # noqa: S311

    def rated(drawn: Sequence[Sequence[Match]]) -> dict[str, float]:
        chosen = [match for item in drawn for match in item]
        return elo_ratings(chosen, rng=orders, num_permutations=_ORDERS_A_RESAMPLE)

    intervals = named_intervals(by_item, rated, samples=samples, confidence=confidence, rng=items)
    return {
        player: Standing(
            rating=rating,
            interval=intervals.get(player),
            num_matches=sum(player in match[:2] for match in matches),
            against_reference=_against_reference(player, matches),
            against_reference_interval=_rate_interval(player, matches, confidence, seed),
        )
        for player, rating in ratings.items()
    }


def _against_reference(player: str, matches: Sequence[Match]) -> WinRate | None:
    met = [match for match in matches if {player, REFERENCE} == set(match[:2])]
    return win_rate(met, model=player, reference=REFERENCE) if met else None


def _rate_interval(player: str, matches: Sequence[Match], confidence: float, seed: int) -> Interval | None:
    met = [match for match in matches if {player, REFERENCE} == set(match[:2])]
    rng = random.Random(f"{seed} wins of {player}")  # noqa: S311
    return item_interval(
        met,
        lambda drawn: win_rate(drawn, model=player, reference=REFERENCE).value,
        samples=1000,
        confidence=confidence,
        rng=rng,
    )
