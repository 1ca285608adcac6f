"""Train and validation, cut between groups of examples that share a task family or a file, never through one."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

ExampleSplit = Literal["train", "validation"]

_LARGEST_OVERSHOOT = 2  # a group may carry validation to twice its share, else it goes to training


def assign_splits(keys: Mapping[str, Iterable[str]], *, validation_share: float) -> dict[str, ExampleSplit]:
    """The split of every example.

    Groups are taken for validation in the order of a hash of their keys until the share is
    reached, so the outcome depends neither on order nor on a seed, and a new group moves few old
    ones. When every group is larger than the share allows, the smallest one is taken, unless it
    holds more than half of all examples; validation may then be empty.

    Args:
        keys: Per example id what ties it to others (its family, its files); at least one key each.
        validation_share: Wanted share of examples, 0 to 1.
    """
    groups = connected_groups(keys)
    splits: dict[str, ExampleSplit] = dict.fromkeys(keys, "train")
    wanted = validation_share * len(keys)
    if wanted <= 0 or len(groups) < 2:
        return splits
    taken = 0
    for group in sorted(groups, key=lambda g: _hash(g, keys)):
        if taken < wanted and taken + len(group) <= max(1, _LARGEST_OVERSHOOT * wanted):
            taken += len(group)
            splits.update(dict.fromkeys(group, "validation"))
    if taken == 0:
        smallest = min(groups, key=lambda g: (len(g), _hash(g, keys)))
        if len(smallest) * 2 <= len(keys):
            splits.update(dict.fromkeys(smallest, "validation"))
    return splits


def connected_groups(keys: Mapping[str, Iterable[str]]) -> list[frozenset[str]]:
    """Example ids joined, directly or through others, by a key they share."""
    parent: dict[str, str] = {example: example for example in keys}

    def root(example: str) -> str:
        while parent[example] != example:
            parent[example] = parent[parent[example]]
            example = parent[example]
        return example

    first: dict[str, str] = {}
    for example, own in keys.items():
        for key in own:
            parent[root(example)] = root(first.setdefault(key, example))
    groups: dict[str, set[str]] = defaultdict(set)
    for example in keys:
        groups[root(example)].add(example)
    return [frozenset(group) for group in groups.values()]


def _hash(group: frozenset[str], keys: Mapping[str, Iterable[str]]) -> str:
    # The smallest hash of one key, not a hash of all: it survives an example that joins the group.
    return min(hashlib.sha256(key.encode()).hexdigest() for example in group for key in keys[example])
