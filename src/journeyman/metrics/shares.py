"""Hits over totals, kept as counts: they can be summed over problems, resampled, and averaged two ways.

Papers print either the pooled share (micro) or the plain mean of group shares (macro), often without
saying which; SeeClick's 53.4 on ScreenSpot is macro and 55.75 micro. Both are offered, never one alone.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple, TypeVar

Group = TypeVar("Group", bound=Hashable)


class Share(NamedTuple):
    """Hits among a total; ``hits`` is a float where a hit can be partial."""

    hits: float
    total: int

    @property
    def value(self) -> float:
        """Hits per total, in [0, 1].

        Raises:
            ValueError: The total is 0; a mean over nothing is not 0.
        """
        if self.total <= 0:
            raise ValueError(f"no share of {self.hits:g} hits in {self.total} items")
        return self.hits / self.total


def shares_by_group(results: Iterable[tuple[Group, float]]) -> dict[Group, Share]:
    """One share per group, in order of first appearance.

    Args:
        results: Group and hit (a bool, or a score in [0, 1]) of every problem, failed ones included as 0.
    """
    shares: dict[Group, Share] = {}
    for group, hit in results:
        hits, total = shares.get(group, Share(0.0, 0))
        shares[group] = Share(hits + float(hit), total + 1)
    return shares


def micro_average(shares: Mapping[Group, Share]) -> float:
    """All hits over all totals, in [0, 1]: every problem weighs the same.

    Raises:
        ValueError: No problems.
    """
    return Share(sum(share.hits for share in shares.values()), sum(share.total for share in shares.values())).value


def macro_average(shares: Mapping[Group, Share]) -> float:
    """Plain mean of the groups' shares, in [0, 1]: every group weighs the same, however small.

    Raises:
        ValueError: No groups, or a group without problems.
    """
    if not shares:
        raise ValueError("no groups to average")
    return sum(share.value for share in shares.values()) / len(shares)
