"""Which conversations go through the model together: a plan from lengths and a seed, equal on every rank.

Every rank computes the whole plan, so no exchange is needed, and a resumed run skips to its step and
goes on as if it had never stopped.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Row = tuple[int, ...]
"""Conversations side by side."""
MicroBatch = tuple[Row, ...]
"""What one rank computes in one forward pass."""

WINDOW = 256
"""Conversations among which lengths are matched; larger pads less and shuffles worse."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The order of training."""

    lengths: tuple[int, ...]
    shared: int
    """Tokens that all conversations begin with; computed once a forward pass when ``share_prefix``."""
    pack_tokens: int
    share_prefix: bool
    seed: int

    def epoch(self, number: int) -> tuple[MicroBatch, ...]:
        """Micro-batches of one pass over the data, each conversation in exactly one."""
        rng = random.Random(f"order/{self.seed}/{number}")  # noqa: S311 - reproducible order, no secret
        order = list(range(len(self.lengths)))
        rng.shuffle(order)
        batches: list[MicroBatch] = []
        for start in range(0, len(order), WINDOW):
            window = order[start : start + WINDOW]
            batches += self._grouped(window) if self.share_prefix else self._packed(window)
        rng.shuffle(batches)
        return tuple(batches)

    def stream(self) -> Iterator[MicroBatch]:
        """Micro-batches of epoch after epoch, without end."""
        number = 0
        while True:
            yield from self.epoch(number)
            number += 1

    def _grouped(self, window: Sequence[int]) -> list[MicroBatch]:
        """Conversations of like length, padded to the longest; the shared beginning counts once."""
        batches: list[MicroBatch] = []
        group: list[int] = []
        for index in sorted(window, key=lambda i: (self.lengths[i], i), reverse=True):
            longest = max(self.lengths[j] for j in (*group, index)) - self.shared
            if group and self.shared + longest * (len(group) + 1) > self.pack_tokens:
                batches.append(tuple((i,) for i in group))
                group = []
            group.append(index)
        return [*batches, tuple((i,) for i in group)]

    def _packed(self, window: Sequence[int]) -> list[MicroBatch]:
        """First fit, longest first: conversations side by side in one row."""
        rows: list[list[int]] = []
        room: list[int] = []
        for index in sorted(window, key=lambda i: (self.lengths[i], i), reverse=True):
            length = self.lengths[index]
            place = next((k for k, free in enumerate(room) if free >= length), None)
            if place is None:
                rows.append([index])
                room.append(self.pack_tokens - length)
            else:
                rows[place].append(index)
                room[place] -= length
        return [(tuple(row),) for row in rows]


def micro_batches_per_step(plan: Plan, tokens_per_step: int, ranks: int) -> int:
    """How many micro-batches make one optimizer step over all ranks: a multiple of ``ranks``, at least one each."""
    first = plan.epoch(0)
    tokens = sum(plan.lengths) - (plan.shared * (len(plan.lengths) - len(first)) if plan.share_prefix else 0)
    wanted = round(tokens_per_step * len(first) / tokens)
    return max(1, round(wanted / ranks)) * ranks


def total_steps(plan: Plan, per_step: int, *, max_steps: int, epochs: float) -> int:
    """Optimizer steps of the run."""
    return max_steps or max(1, round(epochs * len(plan.epoch(0)) / per_step))
