import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.visit_bench import Match, WinRate, anchored_ratings, elo_ratings, match_winner, win_rate

MATCHES = st.lists(
    st.builds(Match, st.sampled_from("ab"), st.sampled_from("cd"), st.sampled_from(["first", "second", "tie"])),
    min_size=1,
    max_size=30,
)


@pytest.mark.parametrize(
    ("votes", "winner"),
    [
        (["first", "first"], "first"),
        (["first", "tie"], "first"),
        (["second", "tie"], "second"),
        (["first", "second"], "tie"),
        (["tie", "tie"], "tie"),
        ([], "tie"),
    ],
)
def test_two_judgements_make_one_match(votes: list[Any], winner: str) -> None:
    assert match_winner(votes) == winner


def test_one_match_moves_half_of_k_between_equals() -> None:
    ratings = elo_ratings([Match("a", "b", "first")], rng=random.Random(0), num_permutations=3, k=32)
    assert ratings == {"a": 1016, "b": 984}
    assert elo_ratings([Match("a", "b", "tie")], rng=random.Random(0)) == {"a": 1000, "b": 1000}


def test_the_second_match_is_worth_what_was_not_expected() -> None:
    ratings = elo_ratings([Match("a", "b", "first")] * 2, rng=random.Random(0), k=32)
    expected = 1 / (1 + 10 ** (-32 / 400))
    assert ratings["a"] == pytest.approx(1016 + 32 * (1 - expected))


@given(MATCHES, st.randoms(use_true_random=False))
def test_the_order_of_matches_and_of_the_two_sides_has_no_influence(matches: list[Match], rng: random.Random) -> None:
    before = elo_ratings(matches, rng=random.Random(5), num_permutations=5)
    rng.shuffle(matches)
    assert elo_ratings(matches, rng=random.Random(5), num_permutations=5) == before
    once = elo_ratings(matches, rng=random.Random(5), num_permutations=1)
    assert sum(once.values()) == pytest.approx(1000 * len(once))
    turned: dict[str, Any] = {"first": "second", "second": "first", "tie": "tie"}
    single = [matches[0]]
    mirrored = [Match(single[0].second, single[0].first, turned[single[0].winner])]
    assert elo_ratings(mirrored, rng=random.Random(1)) == pytest.approx(elo_ratings(single, rng=random.Random(1)))


def test_ratings_are_sorted_and_recover_the_strength() -> None:
    rng = random.Random(3)
    strength = {"strong": 1200, "middle": 1000, "weak": 800}
    matches = []
    for _ in range(3000):
        first, second = rng.sample(sorted(strength), 2)
        chance = 1 / (1 + 10 ** ((strength[second] - strength[first]) / 400))
        matches.append(Match(first, second, "first" if rng.random() < chance else "second"))
    ratings = elo_ratings(matches, rng=random.Random(0), num_permutations=20)
    assert list(ratings) == ["strong", "middle", "weak"]
    assert all(abs(ratings[model] - strength[model]) < 50 for model in strength)


def test_an_anchor_keeps_the_differences() -> None:
    assert anchored_ratings({"a": 1100, "b": 900}, model="b") == {"a": 1200, "b": 1000}
    with pytest.raises(ValueError, match="no rating of 'c'; there is: a, b"):
        anchored_ratings({"a": 1100, "b": 900}, model="c")


def test_ratings_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no ratings"):
        elo_ratings([], rng=random.Random(0))
    with pytest.raises(ValueError, match="itself"):
        elo_ratings([Match("a", "a", "tie")], rng=random.Random(0))


# Leaderboard of 25 September 2023: printed share and number of ratings.
LEADERBOARD = [(35.07, 134), (18.53, 475), (15.83, 480), (14.14, 488), (11.43, 140), (9.72, 144), (14.12, 503)]


@pytest.mark.parametrize(("percent", "n"), LEADERBOARD)
def test_the_leaderboard_prints_whole_wins_over_its_comparisons(percent: float, n: int) -> None:
    assert round(100 * WinRate(round(n * percent / 100), 0, n).value, 2) == percent


def test_a_win_counts_on_either_side_and_a_tie_is_none() -> None:
    matches = [
        Match("model", "human", "first"),
        Match("human", "model", "second"),
        Match("human", "model", "first"),
        Match("human", "model", "tie"),
        Match("human", "other", "first"),
    ]
    assert win_rate(matches, model="model", reference="human") == WinRate(2, 1, 4)
    assert win_rate(matches, model="model", reference="human").value == 0.5
    for model in ("human", "absent"):
        with pytest.raises(ValueError, match="no match between"):
            win_rate(matches, model=model, reference="human")
