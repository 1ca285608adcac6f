"""Reproducible draws: equal parts give equal draws, and some of every bank is kept back for held-out problems."""

import random
from collections.abc import Sequence
from typing import TypeVar

from journeyman.teacher.scripted.world import is_held_out

T = TypeVar("T")
_KEPT_BACK_SHARE = 0.5
"""Of held-out draws, where there is something that training never shows."""


def draws(*parts: object) -> random.Random:
    """Draws that follow from ``parts`` alone."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - reproducible choice, no secret


def pick(rng: random.Random, number: int, shown: Sequence[T], kept_back: Sequence[T]) -> T:
    """One of ``shown``; for a held-out number, half of the time one of ``kept_back``, which no other number gets.

    The same number of draws is taken either way, so that what is drawn next does not depend on the banks.
    """
    share, place = rng.random(), rng.random()
    bank = kept_back if kept_back and is_held_out(number) and share < _KEPT_BACK_SHARE else shown
    return bank[int(place * len(bank))]
