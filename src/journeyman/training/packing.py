"""Which conversations go through the model together: steps from a stream of measured rows, equal on every rank.

Every rank plans all of a step, so no exchange is needed. The conversations of a step come in the order
they are drawn in, at random, and lengths are matched within the step only: matched over a wider
window, a step is all tables or all pictures, and the model learns half as fast.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

LEAST_PREFIX = 64
"""Tokens from which a shared prefix is computed once: a pass of its own costs more than a few tokens a row. Measured on
a tiny model, 29 tokens before nine rows of 250: shared, a step takes 15 % longer."""


class Sized(Protocol):
    """A measured conversation."""

    @property
    def tokens(self) -> int:
        """Pictures included."""
        ...

    @property
    def patches(self) -> int:
        """Patches that the vision encoder computes."""
        ...

    @property
    def shared(self) -> int:
        """First tokens in common with one conversation, the same for all; fewer than ``tokens``."""
        ...


T = TypeVar("T", bound=Sized)


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """What all ranks compute before the optimizer moves."""

    micro_batches: tuple[tuple[tuple[T, ...], ...], ...]
    """Forward passes, each rows of conversations side by side; rank r takes every ranks-th from the r-th."""
    prefix: int
    """First tokens that all conversations of the step share, computed once a forward pass."""

    @property
    def conversations(self) -> tuple[T, ...]:
        """All of them."""
        return tuple(c for micro in self.micro_batches for row in micro for c in row)


@dataclass(frozen=True, slots=True)
class Packing:
    """How steps are made."""

    tokens_per_step: int
    pack_tokens: int
    """Tokens of one forward pass."""
    ranks: int
    share_prefix: bool
    """One conversation a row, padded to the longest; else many in one row."""
    patch_weight: float = 0.0
    """What a patch costs, in tokens: cost = tokens + weight * patches. Passes of equal cost end at the same time."""
    packs: bool = True
    """Whether the model can keep conversations in one row apart; else each has a row of its own, prefix or not."""

    @property
    def micro_batches(self) -> int:
        """Forward passes of every step, a multiple of ``ranks``."""
        passes = -(-self.tokens_per_step // self.pack_tokens)
        return -(-passes // self.ranks) * self.ranks

    def steps(self, rows: Iterable[T]) -> Iterator[Step[T]]:
        """Steps from ``rows``, in their order; what is left at the end and fills no step is not given.

        The conversations are the same at any number of ranks that divides the passes.
        """
        chosen: list[T] = []
        tokens = shared = 0
        for row in rows:
            common = self._shared((row,)) if not chosen else min(shared, self._shared((row,)))
            cost = tokens + row.tokens - common * (len(chosen) + 1)
            if len(chosen) >= self.micro_batches and cost > self._budget(common):
                yield self._step(chosen)
                chosen, tokens, common = [], 0, self._shared((row,))
            chosen.append(row)
            tokens += row.tokens
            shared = common

    def _step(self, chosen: Sequence[T]) -> Step[T]:
        """``chosen``, at least one for each forward pass, laid out over the passes."""
        prefix = self._shared(chosen)
        alone = self.share_prefix or not self.packs
        micros = self._grouped(chosen, prefix) if alone else self._side_by_side(chosen)
        return Step(micros, prefix)

    def steps_of(self, sample: Sequence[T], rows: float) -> int:
        """In how many steps ``rows`` conversations like those of ``sample`` are trained on, about."""
        shared = self._shared(sample)
        cost = sum(max(1, row.tokens - shared) for row in sample) * rows / len(sample)
        # However small the budget is, a step takes one conversation for each forward pass.
        return max(1, round(min(cost / self._budget(shared), rows / self.micro_batches)))

    def _shared(self, rows: Sequence[T]) -> int:
        shared = min((row.shared for row in rows), default=0) if self.share_prefix else 0
        return shared if shared >= LEAST_PREFIX else 0

    def _budget(self, shared: int) -> int:
        """Tokens of conversations in a step, what is shared left out."""
        return max(1, min(self.tokens_per_step, self.micro_batches * self.pack_tokens) - shared * self.micro_batches)

    def _vision(self, row: T) -> int:
        return round(self.patch_weight * row.patches)

    def _grouped(self, chosen: Sequence[T], prefix: int) -> tuple[tuple[tuple[T, ...], ...], ...]:
        """Conversations of like length together, so that the padded groups cost the ranks about the same."""
        order = sorted(chosen, key=lambda row: row.tokens, reverse=True)
        sizes = [max(1, row.tokens - prefix) for row in order]
        groups = _evenly_cut(sizes, [self._vision(row) for row in order], self.micro_batches)
        return tuple(tuple((row,) for row in order[start:end]) for start, end in groups)

    def _side_by_side(self, chosen: Sequence[T]) -> tuple[tuple[tuple[T, ...], ...], ...]:
        """Dearest first into the cheapest row."""
        rows: list[list[T]] = [[] for _ in range(self.micro_batches)]
        filled = [0] * self.micro_batches
        for row in sorted(chosen, key=lambda row: row.tokens + self._vision(row), reverse=True):
            cheapest = filled.index(min(filled))
            rows[cheapest].append(row)
            filled[cheapest] += row.tokens + self._vision(row)
        return tuple((tuple(row),) for row in rows)


def _evenly_cut(sizes: list[int], extras: list[int], parts: int) -> list[tuple[int, int]]:
    """``sizes``, largest first, cut into ``parts`` runs of about equal cost: length times longest, and the extras.

    There are at least as many sizes as parts, and no run is empty.
    """
    low, high = 0, sizes[0] * len(sizes) + sum(extras)
    while low < high:
        limit = (low + high) // 2
        if len(_cut(sizes, extras, limit)) <= parts:
            high = limit
        else:
            low = limit + 1
    starts = _cut(sizes, extras, low)
    # Fewer runs than asked for: split the longest ones, since every rank needs something to do.
    while len(starts) < parts:
        ends = [*starts[1:], len(sizes)]
        count, start = max((end - begin, begin) for begin, end in zip(starts, ends, strict=True))
        starts = sorted([*starts, start + count // 2])
    return list(zip(starts, [*starts[1:], len(sizes)], strict=True))


def _cut(sizes: list[int], extras: list[int], limit: int) -> list[int]:
    """Starts of runs that each stay within ``limit``, or hold one item."""
    starts = [0]
    extra = 0
    for i, own in enumerate(extras):
        first = starts[-1]
        extra += own
        if i > first and sizes[first] * (i - first + 1) + extra > limit:
            starts.append(i)
            extra = own
    return starts
