"""Which of many records are shown: few, of as many kinds as possible, and the same ones every time."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")


def of_many_kinds(items: Sequence[T], kind: Callable[[T], Hashable], most: int) -> list[T]:
    """``most`` of ``items``: the first of each kind, in order, then the second of each, and so on."""
    earlier: Counter[Hashable] = Counter()
    ranked = []
    for place, item in enumerate(items):
        its = kind(item)
        ranked.append((earlier[its], place))
        earlier[its] += 1
    return [items[place] for _, place in sorted(ranked)[:most]]
