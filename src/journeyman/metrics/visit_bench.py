"""VisIT-Bench (arXiv:2308.06595): Elo ratings from pairwise judgements, and the win rate against the reference.

Sources: the README of mlfoundations/VisIT-Bench (how two judgements become one match) and the leaderboard
of September 2023. The code that computed its ratings is not public: K, the number of permutations and how
InstructBLIP came to sit at exactly 1000 could not be verified, so ratings are comparable among models
rated together, not with the leaderboard.
"""

import random
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal, NamedTuple

START_RATING = 1000.0
DEFAULT_K = 4.0
"""FastChat's since version 0.2.8; its earlier 32 makes a rating hang on the last few matches."""

_SCALE = 400.0

Winner = Literal["first", "second", "tie"]


class Match(NamedTuple):
    """One comparison of two models' answers."""

    first: str
    second: str
    winner: Winner


class WinRate(NamedTuple):
    """Comparisons with the reference answer."""

    wins: int
    ties: int
    n: int

    @property
    def value(self) -> float:
        """Wins per comparison, in [0, 1]; a tie is no win.

        The leaderboard's shares are whole numbers of wins over their n, so ties count nothing there either.
        """
        return self.wins / self.n


def match_winner(votes: Sequence[Winner]) -> Winner:
    """The winner of a match judged several times, in both orders: who won more judgements, else a tie.

    Args:
        votes: Each judgement in terms of the models, not of the places where their answers were shown.
    """
    balance = votes.count("first") - votes.count("second")
    if balance == 0:
        return "tie"
    return "first" if balance > 0 else "second"


def elo_ratings(
    matches: Sequence[Match], *, rng: random.Random, num_permutations: int = 100, k: float = DEFAULT_K
) -> dict[str, float]:
    """Median Elo rating of each model over random orders of the matches, best first.

    Every model starts at 1000; a match moves both ratings by k x (result - expected result), with
    expected = 1 / (1 + 10^((other - own) / 400)) and a tie as 0.5. One pass of Elo depends on the order, so the
    median over permutations is taken. The order of ``matches`` has no influence. Each permutation's
    ratings have mean 1000; the medians only nearly.

    Args:
        matches: Comparisons between models; none with itself.
        rng: Draws the permutations; equal seeds and matches give equal ratings.
        num_permutations: Orders drawn, at least 1.
        k: Points at stake in one match.

    Raises:
        ValueError: No matches, no permutations, or a model that plays against itself.
    """
    if not matches or num_permutations < 1:
        raise ValueError(f"no ratings from {len(matches)} matches in {num_permutations} orders")
    for match in matches:
        if match.first == match.second:
            raise ValueError(f"{match.first!r} cannot play against itself")
    ordered = sorted(matches)
    runs = []
    for _ in range(num_permutations):
        rng.shuffle(ordered)
        runs.append(_one_pass(ordered, k))
    medians = {model: median(run[model] for run in runs) for model in runs[0]}
    return dict(sorted(medians.items(), key=lambda item: (-item[1], item[0])))


def anchored_ratings(ratings: Mapping[str, float], *, model: str, rating: float = START_RATING) -> dict[str, float]:
    """All ratings shifted alike so that one model has a given rating; differences are kept.

    Raises:
        ValueError: No such model.
    """
    if model not in ratings:
        raise ValueError(f"no rating of {model!r}; there is: {', '.join(sorted(ratings))}")
    shift = rating - ratings[model]
    return {name: value + shift for name, value in ratings.items()}


def win_rate(matches: Sequence[Match], *, model: str, reference: str) -> WinRate:
    """How often a model beats the reference, over the matches between the two; others are passed over.

    Raises:
        ValueError: The two never met; a mean over nothing is not 0.
    """
    met = [match for match in matches if {match.first, match.second} == {model, reference}]
    if not met or model == reference:
        raise ValueError(f"no match between {model!r} and {reference!r}")
    wins = sum(match.winner == ("first" if match.first == model else "second") for match in met)
    return WinRate(wins, sum(match.winner == "tie" for match in met), len(met))


def _one_pass(matches: Sequence[Match], k: float) -> dict[str, float]:
    ratings = dict.fromkeys((name for match in matches for name in match[:2]), START_RATING)
    for match in matches:
        gap = ratings[match.second] - ratings[match.first]
        expected = 1 / (1 + 10 ** (gap / _SCALE))
        result = {"first": 1.0, "second": 0.0, "tie": 0.5}[match.winner]
        ratings[match.first] += k * (result - expected)
        ratings[match.second] -= k * (result - expected)
    return ratings
