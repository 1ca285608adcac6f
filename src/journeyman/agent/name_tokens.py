"""Names of a catalogue as a reply spells them, and which tokens go on from a part of one.

The names lie sorted, so that all that begin alike are a range: a node of their trie is a range and a
depth, and takes no memory. Each is written with both its quotes, so none is the beginning of another.
"""

import itertools
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from journeyman.agent.token_bytes import Vocabulary
from journeyman.model_family import IntArray

_KEPT_FROM = 8
"""Names below a node whose steps are kept; for fewer, finding them again is quicker than the memory is worth."""

Closers = Mapping[bytes, Sequence[tuple[int, bytes]]]
"""What a token adds up to the end of a name -> (token, what it adds behind)."""


class Node(NamedTuple):
    """Names ``first`` to ``last``, which is none of them, begin alike for ``depth`` bytes."""

    first: int
    last: int
    depth: int


class Steps(NamedTuple):
    """Tokens that go on from a node; T in all, by their ids."""

    tokens: IntArray
    """[T]"""
    firsts: IntArray
    """[T]: first name below the node that each leads to."""
    lasts: IntArray
    """[T]: behind the last of them."""
    beyond: tuple[tuple[int, int, bytes], ...]
    """(token, name, rest) of other tokens, which end a name and go on behind it."""


def find_closers(vocabulary: Vocabulary, followers: Sequence[bytes]) -> Closers:
    """Tokens that end a name and hold more.

    Args:
        vocabulary: The tokens.
        followers: What may stand behind a name; of longer tokens what they begin with.
    """
    found: dict[bytes, list[tuple[int, bytes]]] = {}
    for added, tokens in vocabulary.beginning(b""):
        end = added.find(b'"')
        while 0 <= end < len(added) - 1:
            rest = added[end + 1 :]
            if any(rest.startswith(follower) or follower.startswith(rest) for follower in followers):
                found.setdefault(added[: end + 1], []).extend((token, rest) for token in tokens)
            end = added.find(b'"', end + 1)
    return found


class NameTokens:
    """The names that may be chosen."""

    def __init__(self, spelled: Sequence[bytes], vocabulary: Vocabulary, closers: Closers) -> None:
        """Take names that are ``spelled`` as JSON strings with their quotes; sorted, each once."""
        self.spelled = spelled
        self._vocabulary = vocabulary
        self._closers = closers
        self._shared = [0, *itertools.starmap(_alike, itertools.pairwise(spelled))]
        self._kept: dict[Node, Steps] = {}

    @property
    def root(self) -> Node:
        """Where nothing of a name is written yet."""
        return Node(0, len(self.spelled), 0)

    def walk(self, node: Node, added: bytes) -> tuple[Node, bytes] | None:
        """The node that ``added`` leads to, and what of it stands behind the end of a name; None where none goes so."""
        text = self.spelled[node.first][: node.depth] + added
        first = bisect_left(self.spelled, text, node.first, node.last)
        last = bisect_left(self.spelled, text + b"\xff", first, node.last)  # no text holds this byte
        if first < last:
            return Node(first, last, len(text)), b""
        # No name is the beginning of another, so the one that the text goes beyond is the last one before it.
        ended = first - 1
        if ended < node.first or not text.startswith(self.spelled[ended]):
            return None
        size = len(self.spelled[ended])
        return Node(ended, first, size), text[size:]

    def is_end(self, node: Node) -> bool:
        """Whether a name has been written to its end."""
        return node.depth == len(self.spelled[node.first])

    def steps(self, node: Node) -> Steps:
        """Tokens that go on from ``node``, were no name used up."""
        kept = self._kept.get(node)
        if kept is None:
            kept = self._steps(node)
            if node.last - node.first >= _KEPT_FROM:
                self._kept[node] = kept
        return kept

    def _steps(self, node: Node) -> Steps:
        """Go through the names side by side: what one shares with the one before it was found there."""
        tokens: list[int] = []
        firsts: list[int] = []
        lasts: list[int] = []
        beyond: list[tuple[int, int, bytes]] = []
        shared_by_next: list[tuple[int, int]] = []  # (bytes, place in ``tokens``), shortest first
        for name in range(node.first, node.last):
            rest = self.spelled[name][node.depth :]
            shared = self._shared[name] - node.depth if name > node.first else 0
            while shared_by_next and shared_by_next[-1][0] > shared:
                lasts[shared_by_next.pop()[1]] = name
            for size in range(shared + 1, min(len(rest), self._vocabulary.longest) + 1):
                for token in self._vocabulary.tokens(rest[:size]):
                    shared_by_next.append((size, len(tokens)))
                    tokens.append(token)
                    firsts.append(name)
                    lasts.append(node.last)
            beyond += [(token, name, behind) for token, behind in self._closers.get(rest, ())]
        order = np.argsort(np.asarray(tokens, dtype=np.int64))
        columns = (np.asarray(column, dtype=np.int64)[order] for column in (tokens, firsts, lasts))
        by_id, their_firsts, their_lasts = columns
        return Steps(by_id, their_firsts, their_lasts, tuple(beyond))


def _alike(one: bytes, other: bytes) -> int:
    """Bytes that both begin with."""
    for i, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return i
    return min(len(one), len(other))
