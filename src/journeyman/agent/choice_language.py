"""Every reply that chooses among some APIs, byte by byte, as ``write_choice`` spells it."""

from typing import Literal, NamedTuple

import numpy as np

from journeyman.action_formats.api_choice import MAX_APIS
from journeyman.agent.name_tokens import NameTokens, Node
from journeyman.agent.question_tokens import Asked, QuestionTokens
from journeyman.agent.token_bytes import Vocabulary
from journeyman.model_family import IntArray
from journeyman.schema.api import UNKNOWN

APIS = b'{"apis": '
MORE = b", "
CLOSE = b"]}"
QUESTION = b'{"question": "'
_NOTHING = f'"{UNKNOWN}"}}'.encode()

Behind = Literal["a name", "a question", "the end"]
Used = tuple[int, ...]
"""Names that are written already, sorted."""


class Fixed(NamedTuple):
    """One of some texts, each with what stands behind it."""

    texts: tuple[tuple[bytes, Behind], ...] = ()
    used: Used = ()


class Naming(NamedTuple):
    """A part of a name."""

    node: Node
    used: Used


Place = Fixed | Naming | Asked
"""How far a reply has come."""

END = Fixed()
"""Nothing is left to say."""


class ChoiceLanguage:
    """The replies that name some of ``names``, or none, or ask."""

    def __init__(self, names: NameTokens, questions: QuestionTokens, vocabulary: Vocabulary, lead: bytes) -> None:
        """Take the names and what stands before each reply, the ``lead``."""
        self._names = names
        self._questions = questions
        self._vocabulary = vocabulary
        forms: list[tuple[bytes, Behind]] = [(lead + APIS + _NOTHING, "the end"), (lead + QUESTION, "a question")]
        if names.spelled:
            forms.append((lead + APIS + b"[", "a name"))
        self.start = Fixed(tuple(forms))
        self._kept: dict[Fixed, IntArray] = {}

    def walk(self, place: Place | None, added: bytes) -> Place | None:
        """Where a reply stands that goes on with ``added``; None where none does."""
        while added and place is not None:
            if isinstance(place, Fixed):
                place, added = self._walk_fixed(place, added)
            elif isinstance(place, Naming):
                place, added = self._walk_names(place, added)
            else:
                place, added = self._walk_question(place, added)
        return place

    def tokens(self, place: Place) -> IntArray:
        """Tokens that go on from ``place``, by their ids; none at the end."""
        if isinstance(place, Asked):
            return self._questions.tokens(place)
        if isinstance(place, Naming):
            return self._name_tokens(place)
        if place.used:  # of many such places each is seen once
            return self._fixed_tokens(place)
        if place not in self._kept:
            self._kept[place] = self._fixed_tokens(place)
        return self._kept[place]

    def _walk_fixed(self, place: Fixed, added: bytes) -> tuple[Place | None, bytes]:
        going = []
        for text, behind in place.texts:
            if added.startswith(text):  # no text is the beginning of another
                return self._behind(behind, place.used), added[len(text) :]
            if text.startswith(added):
                going.append((text[len(added) :], behind))
        return (Fixed(tuple(going), place.used) if going else None), b""

    def _walk_names(self, place: Naming, added: bytes) -> tuple[Place | None, bytes]:
        walked = self._names.walk(place.node, added)
        if walked is None:
            return None, b""
        node, rest = walked
        if sum(node.first <= name < node.last for name in place.used) == node.last - node.first:
            return None, b""
        return (self._named(node.first, place.used) if self._names.is_end(node) else Naming(node, place.used)), rest

    def _walk_question(self, place: Asked, added: bytes) -> tuple[Place | None, bytes]:
        walked = self._questions.walk(place, added)
        if walked is None:
            return None, b""
        asked, rest = walked
        return (Fixed(((b"}", "the end"),)) if asked is None else asked), rest

    def _behind(self, behind: Behind, used: Used) -> Place:
        if behind == "a name":
            return Naming(self._names.root, used)
        return Asked() if behind == "a question" else END

    def _named(self, name: int, used: Used) -> Fixed:
        used = tuple(sorted((*used, name)))
        if len(used) == min(MAX_APIS, len(self._names.spelled)):
            return Fixed(((CLOSE, "the end"),), used)
        return Fixed(((MORE, "a name"), (CLOSE, "the end")), used)

    def _fixed_tokens(self, place: Fixed) -> IntArray:
        found: set[int] = set()
        for text, behind in place.texts:
            for size in range(1, len(text) + 1):
                found.update(self._vocabulary.tokens(text[:size]))
            if behind == "the end":
                continue
            for added, tokens in self._vocabulary.beginning(text + b'"' if behind == "a name" else text):
                if self.walk(place, added) is not None:
                    found.update(tokens)
        return np.asarray(sorted(found), dtype=np.int64)

    def _name_tokens(self, place: Naming) -> IntArray:
        steps = self._names.steps(place.node)
        tokens = steps.tokens
        if any(place.node.first <= name < place.node.last for name in place.used):
            used = np.asarray(place.used)
            gone = np.searchsorted(used, steps.lasts) - np.searchsorted(used, steps.firsts)
            tokens = tokens[gone < steps.lasts - steps.firsts]
        beyond = [
            token
            for token, name, rest in steps.beyond
            if name not in place.used and self.walk(self._named(name, place.used), rest) is not None
        ]
        return np.sort(np.concatenate([tokens, np.asarray(beyond, dtype=np.int64)])) if beyond else tokens
