"""Whether an instruction gives an API away: its name, a token of it that is its own, or one written nearly so."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from journeyman.schema.api import Api, Placement

LEAST_LETTERS = 4
"""Shorter tokens of a name (``v2``, ``sd``) are found in any text."""
NEAR = 0.85
"""Ratio of equal letters from which on a word is nearly a token (difflib)."""
ORDINARY_SHARE = 0.02
"""A token that so many other function classes use in their names and descriptions is a word, not a name."""

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class HintGate:
    """What texts may not say, of one catalogue."""

    def __init__(self, apis: Sequence[Api], placements: Sequence[Placement]) -> None:
        """Learn which tokens are an API's own: those that hardly any other class uses."""
        classes = {placement.name: placement.function_class for placement in placements}
        used: dict[str, set[str]] = defaultdict(set)
        for api in apis:
            for token in (*name_tokens(api.name), *_words(api.description)):
                used[token].add(classes.get(api.name, api.name))
        counts = Counter({token: len(by) for token, by in used.items()})
        most = max(1.0, ORDINARY_SHARE * len(set(classes.values())))
        self._own: Mapping[str, tuple[str, ...]] = {
            api.name: tuple(token for token in name_tokens(api.name) if counts[token] <= most) for api in apis
        }

    def hint(self, text: str, names: Sequence[str]) -> str:
        """What in ``text`` gives one of ``names`` away, in words; empty for nothing."""
        folded = text.casefold()
        words = _words(text)
        for name in names:
            for whole in {name.casefold(), name.casefold().rpartition("/")[2]}:
                if len(whole) >= LEAST_LETTERS and re.search(rf"(?<!\w){re.escape(whole)}(?!\w)", folded):
                    return f"names {name!r}"
            for token in self._own.get(name, ()):
                near = next((word for word in words if word == token or _alike(word, token)), "")
                if near:
                    return f"says {near!r}, which is {name!r}"
        return ""


def name_tokens(name: str) -> tuple[str, ...]:
    """The words that a name is made of, owner included, in lower case, each once; short ones are left out."""
    words = _WORD.findall(_CAMEL.sub(" ", name))
    parts = (part for word in words for part in re.split(r"\d+", word.casefold()))
    return tuple(dict.fromkeys(part for part in parts if len(part) >= LEAST_LETTERS))


def _alike(word: str, token: str) -> bool:
    if abs(len(word) - len(token)) > 2 or min(len(word), len(token)) < LEAST_LETTERS + 1:
        return False
    return word[0] == token[0] and SequenceMatcher(None, word, token).ratio() >= NEAR


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
