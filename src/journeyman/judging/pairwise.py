"""Two systems' answers to the same questions: which is better, asked twice with the order swapped.

A verdict counts only when both orders agree on the answer; the rest is inconsistent, and counted apart.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.judging.calibration import Calibration, judge_facts
from journeyman.judging.judge import (
    Asking,
    Contest,
    Judge,
    Outcome,
    Pair,
    Reading,
    ask_in_both_orders,
    count_problems,
    judge_of,
    pair_orders,
)
from journeyman.judging.prompt import PAIRWISE
from journeyman.metrics.visit_bench import Winner, WinRate
from journeyman.schema.judgement import Judgement
from journeyman.teacher.client import Teacher

_VERDICT = re.compile(r"\W*(first|second|tie)\W*", re.IGNORECASE)
_WINNERS: Mapping[str, Winner] = {"first": "first", "second": "second", "tie": "tie"}
SWAPPED: Mapping[Winner, Winner] = {"first": "second", "second": "first", "tie": "tie"}
"""Which place won, when the answers change places."""
_OUTCOMES: Mapping[Winner, Outcome] = {"first": "win", "second": "loss", "tie": "tie"}


@dataclass(frozen=True, slots=True)
class PairwiseItem:
    """A question with two systems' answers; an empty answer is one, and is judged."""

    item_id: str
    question: str
    context: str
    """What the judge may know besides the question; empty when nothing."""
    first: str
    """Answer of the first of the two systems named to :func:`judge_pairwise`."""
    second: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class PairwiseFigure:
    """Where every item went: the five counts add up to the items."""

    wins: int
    ties: int
    losses: int
    inconsistent: int
    """Both orders were read and do not agree."""
    unread: int
    """At least one order was not read."""
    first_place_won_both: int
    """Of the inconsistent: whichever answer stood first won, so that the place decided."""
    second_place_won_both: int

    @property
    def num_items(self) -> int:
        """All items."""
        return self.wins + self.ties + self.losses + self.inconsistent + self.unread

    @property
    def win_rate(self) -> WinRate | None:
        """Wins per item on which both orders agree, a tie being no win; None when there is none."""
        agreed = self.wins + self.ties + self.losses
        return WinRate(self.wins, self.ties, agreed) if agreed else None


@dataclass(frozen=True, slots=True)
class PairwiseResult:
    """What a judge says of a system beside another."""

    judge: Judge
    system: str
    other: str
    overall: PairwiseFigure
    by_category: Mapping[str, PairwiseFigure]
    """In alphabetical order."""
    outcomes: Mapping[str, Outcome]
    """Item -> what became of ``system``, sorted by id."""
    num_read: int
    num_unread: int
    """With ``num_read``, two replies an item."""
    problems: Mapping[str, int]
    """Why replies are unread -> how many."""


async def judge_pairwise(
    items: Sequence[PairwiseItem], systems: tuple[str, str], judge: Teacher, *, asking: Asking | None = None
) -> list[Judgement]:
    """Two judgements an item, as given and swapped; errors are those of ``ask_in_both_orders``.

    Args:
        items: What is judged.
        systems: Whose ``first`` and ``second`` answers are.
        judge: The model asked.
        asking: How; None takes the defaults.
    """
    contests = [
        Contest(item.item_id, item.category, item.question, item.context, (item.first, item.second)) for item in items
    ]
    return await ask_in_both_orders(
        PAIRWISE,
        contests,
        systems,
        judge,
        read=_read,
        unreadable="the first line is neither first, second nor tie",
        asking=asking or Asking(),
    )


def summarise_pairwise(judgements: Sequence[Judgement], system: str) -> PairwiseResult:
    """The figures of stored judgements, from the side of ``system``; the order of the rows has no influence.

    Raises:
        SchemaError: Rows of several judges, prompts or pairs of systems, none of ``system``, or an order of an
            item missing or twice.
    """
    pairs = pair_orders(judgements, "pairwise", system)
    num_read = sum(row.status == "read" for row in judgements)
    categories = sorted({pair.given.category for pair in pairs})
    return PairwiseResult(
        judge=judge_of(judgements),
        system=system,
        other=pairs[0].given.shown_second,
        overall=_figure(pairs),
        by_category={name: _figure([pair for pair in pairs if pair.given.category == name]) for name in categories},
        outcomes={pair.given.item_id: _outcome(pair) for pair in pairs},
        num_read=num_read,
        num_unread=len(judgements) - num_read,
        problems=count_problems(judgements),
    )


def pairwise_facts(result: PairwiseResult, calibration: Calibration | None = None) -> dict[str, str]:
    """The result in words, for a report: judge and prompt, the win rate, its denominator, what is not known.

    Raises:
        ConfigError: The calibration is another judge's.
    """
    facts = judge_facts(result.judge, result.num_read, result.num_unread, result.problems, calibration)
    named = [(f"{name or 'no category'}, ", figure) for name, figure in result.by_category.items()]
    for name, figure in (("", result.overall), *named):
        facts[f"{name}{result.system} against {result.other}"] = _in_words(figure)
    return facts


def parse_verdict(reply: str) -> Winner | None:
    """The one word of the first line that is not blank, None when it is not first, second or tie.

    Case and the signs around the word do not matter; any other word makes the line unreadable.
    """
    found = _VERDICT.fullmatch(reply.strip().split("\n", 1)[0])
    return None if found is None else _WINNERS[found.group(1).lower()]


def _read(reply: str) -> Reading | None:
    verdict = parse_verdict(reply)
    return None if verdict is None else Reading(verdict=verdict)


def _outcome(pair: Pair) -> Outcome:
    given, swapped = pair.given.verdict, pair.swapped.verdict
    if given is None or swapped is None:
        return "unread"
    return _OUTCOMES[given] if given == SWAPPED[swapped] else "inconsistent"


def _figure(pairs: Sequence[Pair]) -> PairwiseFigure:
    outcomes = Counter(_outcome(pair) for pair in pairs)
    places = Counter(pair.given.verdict for pair in pairs if pair.given.verdict == pair.swapped.verdict)
    return PairwiseFigure(
        wins=outcomes["win"],
        ties=outcomes["tie"],
        losses=outcomes["loss"],
        inconsistent=outcomes["inconsistent"],
        unread=outcomes["unread"],
        first_place_won_both=places["first"],
        second_place_won_both=places["second"],
    )


def _in_words(figure: PairwiseFigure) -> str:
    rate = figure.win_rate
    agreed = "no win rate" if rate is None else f"won {rate.value:.1%} of {rate.n} with both orders agreeing"
    return (
        f"{agreed} ({figure.wins} won, {figure.ties} tied, {figure.losses} lost); of {figure.num_items} items "
        f"{figure.inconsistent} inconsistent (the first place won {figure.first_place_won_both}, "
        f"the second {figure.second_place_won_both}), {figure.unread} unread"
    )
