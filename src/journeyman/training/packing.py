"""Which conversations go through the model together: a plan from lengths and a seed, equal on every rank.

Every rank computes the whole plan, so no exchange is needed, and a resumed run skips to its step and
goes on as if it had never stopped. The conversations of a step are drawn at random, and lengths are
matched within the step only: matched over a wider window, a step is all tables or all pictures, and
the model learns half as fast.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

Row = tuple[int, ...]
"""Conversations side by side."""
MicroBatch = tuple[Row, ...]
"""What one rank computes in one forward pass."""
Step = tuple[MicroBatch, ...]
"""What all ranks compute before the optimizer moves: rank r takes every ranks-th from the r-th."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The order of training."""

    lengths: tuple[int, ...]
    """Tokens of each conversation."""
    shared: int
    """Tokens that all conversations begin with; they count once a forward pass when ``share_prefix``."""
    tokens_per_step: int
    pack_tokens: int
    """Tokens of one forward pass."""
    ranks: int
    share_prefix: bool
    """One conversation a row, padded to the longest; else many in one row."""
    seed: int

    @property
    def micro_batches(self) -> int:
        """Forward passes of every step, a multiple of ``ranks``."""
        passes = -(-self.tokens_per_step // self.pack_tokens)
        return -(-passes // self.ranks) * self.ranks

    def steps(self) -> Iterator[Step]:
        """Steps without end; the conversations are the same at any number of ranks that divides the passes."""
        for chosen in self._drawn():
            yield self._side_by_side(chosen) if not self.share_prefix else self._grouped(chosen)

    def epoch_steps(self) -> int:
        """Steps in which each conversation is trained on about once."""
        cost = sum(max(1, length - self._once) for length in self.lengths)
        return max(1, round(cost / self._budget))

    def once(self) -> tuple[MicroBatch, ...]:
        """Each conversation in exactly one micro-batch, in order of length: for validation."""
        order = sorted(range(len(self.lengths)), key=lambda i: (self.lengths[i], i), reverse=True)
        return tuple(((index,),) for index in order)

    @property
    def _once(self) -> int:
        return self.shared if self.share_prefix else 0

    @property
    def _budget(self) -> int:
        """Tokens of conversations in a step, what is shared left out."""
        return max(
            1, min(self.tokens_per_step, self.micro_batches * self.pack_tokens) - self._once * self.micro_batches
        )

    def _drawn(self) -> Iterator[list[int]]:
        """Conversations of step after step, at random, each once an epoch; at least one for each forward pass."""
        chosen: list[int] = []
        tokens = 0
        for index in self._shuffled():
            cost = self.lengths[index] - self._once
            if len(chosen) >= self.micro_batches and tokens + cost > self._budget:
                yield chosen
                chosen, tokens = [], 0
            chosen.append(index)
            tokens += cost

    def _shuffled(self) -> Iterator[int]:
        number = 0
        while True:
            order = list(range(len(self.lengths)))
            random.Random(f"order/{self.seed}/{number}").shuffle(order)  # noqa: S311 - reproducible order, no secret
            yield from order
            number += 1

    def _grouped(self, chosen: list[int]) -> Step:
        """Conversations of like length together, so that the padded groups cost the ranks about the same."""
        order = sorted(chosen, key=lambda i: (self.lengths[i], i), reverse=True)
        sizes = [max(1, self.lengths[i] - self._once) for i in order]
        groups = _evenly_cut(sizes, self.micro_batches)
        return tuple(tuple((i,) for i in order[start:end]) for start, end in groups)

    def _side_by_side(self, chosen: list[int]) -> Step:
        """Longest first into the emptiest row."""
        rows: list[list[int]] = [[] for _ in range(self.micro_batches)]
        filled = [0] * self.micro_batches
        for index in sorted(chosen, key=lambda i: (self.lengths[i], i), reverse=True):
            emptiest = filled.index(min(filled))
            rows[emptiest].append(index)
            filled[emptiest] += self.lengths[index]
        return tuple((tuple(row),) for row in rows)


def _evenly_cut(sizes: list[int], parts: int) -> list[tuple[int, int]]:
    """``sizes``, largest first, cut into ``parts`` runs whose padded cost (length times longest) is about equal.

    There are at least as many sizes as parts, and no run is empty.
    """
    low, high = 0, sizes[0] * len(sizes)
    while low < high:
        limit = (low + high) // 2
        if len(_cut(sizes, limit)) <= parts:
            high = limit
        else:
            low = limit + 1
    starts = _cut(sizes, low)
    # Fewer runs than asked for: split the longest ones, since every rank needs something to do.
    while len(starts) < parts:
        ends = [*starts[1:], len(sizes)]
        count, start = max((end - begin, begin) for begin, end in zip(starts, ends, strict=True))
        starts = sorted([*starts, start + count // 2])
    return list(zip(starts, [*starts[1:], len(sizes)], strict=True))


def _cut(sizes: list[int], limit: int) -> list[int]:
    """Starts of runs that each stay within ``limit``, or hold one item."""
    starts = [0]
    for i, _ in enumerate(sizes):
        first = starts[-1]
        if i > first and sizes[first] * (i - first + 1) > limit:
            starts.append(i)
    return starts


def total_steps(plan: Plan, *, max_steps: int, epochs: float) -> int:
    """Optimizer steps of the run; ``max_steps`` wins over ``epochs``."""
    return max_steps or max(1, round(epochs * plan.epoch_steps()))
