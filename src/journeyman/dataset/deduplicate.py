"""Which queries ask the same thing of the same files."""

import re
from collections import defaultdict
from collections.abc import Sequence

from journeyman.schema.query import Query

_GRAM_WORDS = 3


def duplicates(queries: Sequence[Query], *, near_duplicate: float) -> dict[str, str]:
    """Ids of queries to leave out, each with its reason; of equal ones the smallest id stays.

    Only queries over the same files are compared: the same question about another file is another
    problem. The outcome does not depend on the order of ``queries``.

    Args:
        queries: Candidates; ids are unique.
        near_duplicate: Jaccard similarity of word 3-grams above which two texts are one.
    """
    by_files: dict[tuple[str, tuple[str, ...]], list[Query]] = defaultdict(list)
    for query in sorted(queries, key=lambda q: q.query_id):
        # What follows in a talk is read with what stands before it: only questions of one talk can repeat it.
        by_files[query.follows, tuple(sorted(ref.sha256 for ref in query.files))].append(query)
    left_out: dict[str, str] = {}
    for same_files in by_files.values():
        kept: list[tuple[str, frozenset[tuple[str, ...]]]] = []
        for query in same_files:
            words = _words(query.text)
            grams = word_grams(query.text)
            text = " ".join(words)
            if any(text == other for other, _ in kept):
                left_out[query.query_id] = "same text and files"
            elif any(similarity(grams, others) > near_duplicate for _, others in kept):
                left_out[query.query_id] = "nearly the same text over the same files"
            else:
                kept.append((text, grams))
    return left_out


def word_grams(text: str) -> frozenset[tuple[str, ...]]:
    """The set of three words in a row, case and punctuation aside; a shorter text is one gram."""
    words = _words(text)
    if len(words) < _GRAM_WORDS:
        return frozenset({tuple(words)})
    return frozenset(tuple(words[i : i + _GRAM_WORDS]) for i in range(len(words) - _GRAM_WORDS + 1))


def similarity(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> float:
    """Jaccard similarity, 0 to 1."""
    return len(left & right) / len(left | right)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
