"""Find the APIs of a catalogue whose words are nearest to an instruction's (BM25, bm25s)."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from journeyman.catalogue.task_media import MODALITIES
from journeyman.schema.api import Api, Modality

QUERY_CHARS = 2000
"""Of an instruction: its beginning is searched for; what follows is mostly the text that it brings along."""
STEM_CHARS = 5
"""``dehaze`` and ``dehazing`` share their first five letters."""

_OPTIONS: dict[str, Any] = {
    "stopwords": "en",
    "return_ids": False,
    "show_progress": False,
    "token_pattern": r"(?u)[^\W_]+",
}


class CatalogueIndex:
    """A catalogue's names, domains and descriptions, built once and searched often; safe for threads."""

    def __init__(self, apis: Sequence[Api]) -> None:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG
        # By name: equal scores have one order, whatever order the catalogue came in.
        self._apis = tuple(sorted(apis, key=lambda api: api.name))
        self._takes = {kind: np.array([_takes(api, kind) for api in self._apis], dtype=bool) for kind in MODALITIES}
        texts = [f"{api.name} {api.domain} {api.description}" for api in self._apis]
        corpus = [_terms(words) for words in bm25s.tokenize(texts, **_OPTIONS)] if texts else []
        self._index = bm25s.BM25() if any(corpus) else None
        self._terms: dict[str, int] = {}
        if self._index is not None:
            self._index.index(corpus, show_progress=False)
            self._terms = self._index.vocab_dict

    def find(self, text: str, *, most: int, modality: Modality | None = None) -> tuple[Api, ...]:
        """The APIs that fit an instruction best, best first.

        Args:
            text: The instruction.
            most: So many come wherever there are so many: APIs that share no word with it follow by name.
            modality: Only those that take it; for ``text`` those that take nothing else.
        """
        allowed = np.arange(len(self._apis)) if modality is None else np.flatnonzero(self._takes[modality])
        scores = self._scores(text)[allowed]
        if 0 < most < len(allowed):
            # Whoever is below the last place's score cannot come in; the others are few enough to be sorted.
            last = np.partition(scores, len(scores) - most)[len(scores) - most]
            within = np.flatnonzero(scores >= last)
            allowed, scores = allowed[within], scores[within]
        # lexsort sorts by its last key first; positions are by name.
        best = np.lexsort((allowed, -scores))[: max(most, 0)]
        return tuple(self._apis[position] for position in allowed[best])

    def _scores(self, text: str) -> npt.NDArray[np.float32]:
        import bm25s

        wanted = _terms(bm25s.tokenize([text[:QUERY_CHARS]], **_OPTIONS)[0])
        known = [self._terms[term] for term in wanted if term in self._terms]
        if self._index is None or not known:
            return np.zeros(len(self._apis), dtype=np.float32)
        scores: npt.NDArray[np.float32] = self._index.get_scores(known)
        return scores


def _takes(api: Api, modality: Modality) -> bool:
    return set(api.media_in) <= {"text"} if modality == "text" else modality in api.media_in


def _terms(words: Iterable[str]) -> list[str]:
    """Words without their plural, and of longer ones the beginning: word forms meet, equal words weigh twice."""
    singular = [_singular(word) for word in words]
    return [
        term for word in singular for term in (word, *([f"{word[:STEM_CHARS]}-"] if len(word) >= STEM_CHARS else ()))
    ]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
