"""Replies that cannot be wrong in form: which tokens a model may write next to choose APIs of a catalogue.

A reply's language is walked byte by byte and a tokenizer's tokens are known by their bytes, so a model
may spell a name in any tokens it likes, and a character in parts.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from journeyman.action_formats.api_choice import FORMAT, MAX_APIS, MAX_CHARS, Choice
from journeyman.agent.choice_language import APIS, CLOSE, END, MORE, QUESTION, ChoiceLanguage, Place
from journeyman.agent.name_tokens import NameTokens, find_closers
from journeyman.agent.question_tokens import QuestionTokens
from journeyman.agent.token_bytes import Vocabulary
from journeyman.errors import ConfigError
from journeyman.model_family import IGNORED, IntArray, ModelFamily
from journeyman.schema.api import UNKNOWN
from journeyman.schema.message import Message, TextPart

MAX_NAME_BYTES = MAX_CHARS // MAX_APIS - len(MORE) - 2
"""Of a name, quotes and escapes included: the longest reply can still be read."""


class ChoiceConstraint:
    """What one model may reply, of all names of a catalogue or of some of them; made once, for many conversations."""

    def __init__(self, names: Iterable[str], vocabulary: Vocabulary, end_of_turn: int, *, lead: str = "") -> None:
        """Prepare for ``names``.

        Args:
            names: Of the catalogue's APIs.
            vocabulary: Of the model's tokenizer.
            end_of_turn: Token that ends the reply.
            lead: What stands before every reply, as the chat form has it.

        Raises:
            ConfigError: A name cannot be told from the rest of a reply, is given twice or is too long, or the
                tokenizer cannot spell it.
        """
        self._vocabulary = vocabulary
        self._end = end_of_turn
        self._lead = lead.encode()
        self._spelled: dict[str, bytes] = {}
        for name in names:
            if name in self._spelled:
                raise ConfigError(f"API {name!r} is twice in the catalogue; a name must tell one from all others")
            self._spelled[name] = _spell(name)
        self._refuse_unspellable()
        self._closers = find_closers(vocabulary, (MORE + b'"', CLOSE))
        self._questions = QuestionTokens(vocabulary)
        self._whole = self._language(self._spelled.values())

    @classmethod
    def of_family(cls, names: Iterable[str], family: ModelFamily, processor: Any) -> "ChoiceConstraint":
        """For a model of ``family``: the end of its turns, and what its replies begin with, are found out.

        Raises:
            ConfigError: As above, or its tokens are not spelled as they are decoded.
        """
        said = FORMAT.write(Choice(unknown=True))
        end = family.end_of_turn(processor)
        vocabulary = Vocabulary.of(processor.tokenizer)
        turns = [Message(role=role, content=(TextPart(text=said),)) for role in ("user", "assistant")]
        encoded = family.encode(turns, {}, processor, add_generation_prompt=False, max_pixels=1, min_pixels=1)
        reply = [int(token) for token in encoded.labels if token not in (IGNORED, end)]
        text = b"".join(vocabulary.added(token) or b"?" for token in reply).decode(errors="replace")
        if not text.endswith(said):
            raise ConfigError(
                f"replies of a {family.name} model cannot be constrained: its tokenizer spells {said} as {text!r}; "
                "set catalogue.constrained to false"
            )
        return cls(names, vocabulary, end, lead=text.removesuffix(said))

    def start(self, names: Iterable[str] | None = None) -> "ConstraintState":
        """A reply that is still to be written.

        Args:
            names: Those it may hold; None allows all.

        Raises:
            ConfigError: A name is not in the catalogue.
        """
        if names is None:
            return ConstraintState(self._whole, self._vocabulary, self._end)
        chosen = set(names)
        if not chosen <= self._spelled.keys():
            raise ConfigError(
                f"API {min(chosen - self._spelled.keys())!r} is not in the catalogue that replies are constrained to"
            )
        return ConstraintState(self._language(map(self._spelled.__getitem__, chosen)), self._vocabulary, self._end)

    def _language(self, spelled: Iterable[bytes]) -> ChoiceLanguage:
        names = NameTokens(sorted(spelled), self._vocabulary, self._closers)
        return ChoiceLanguage(names, self._questions, self._vocabulary, self._lead)

    def _refuse_unspellable(self) -> None:
        """Any character of a reply must be writable from wherever a token may end, or a reply could not be ended."""
        # A zero ends an escape that was begun in a question.
        fixed = (self._lead + APIS + b"[" + MORE + CLOSE + QUESTION).decode() + UNKNOWN + "\\0"
        good: set[str] = set()
        for text in (fixed, *(spelled.decode() for spelled in self._spelled.values())):
            for character in set(text) - good:
                if not self._vocabulary.spells(character):
                    raise ConfigError(
                        f"the tokenizer cannot spell {character!r} of {text!r}; rename the API, or set "
                        "catalogue.constrained to false"
                    )
                good.add(character)


class ConstraintState:
    """How far one reply has come."""

    def __init__(self, language: ChoiceLanguage, vocabulary: Vocabulary, end_of_turn: int) -> None:
        self._language = language
        self._vocabulary = vocabulary
        self._end = end_of_turn
        self._place: Place = language.start
        self._allowed: IntArray | None = None
        self.finished = False
        """Whether the turn has ended."""

    def allowed(self) -> IntArray:
        """Tokens that may come next, by their ids; never none. Behind the end of the turn it is that end again."""
        if self._allowed is None:
            at_end = self._place == END
            self._allowed = np.asarray([self._end]) if at_end else self._language.tokens(self._place)
        return self._allowed

    def advance(self, token: int) -> None:
        """Go on with ``token``.

        Raises:
            ValueError: It may not come next.
        """
        if token == self._end and self._place == END:
            self.finished = True
            return
        added = self._vocabulary.added(token)
        place = self._language.walk(self._place, added) if added else None
        if place is None:
            raise ValueError(f"token {token}, {added!r}, cannot come next in a choice among the catalogue's APIs")
        self._place, self._allowed = place, None


def follow_generation(states: Sequence[ConstraintState], columns: int) -> Callable[[int, Any], list[int]]:
    """The ``prefix_allowed_tokens_fn`` of a greedy ``generate`` of transformers.

    Args:
        states: Of each row.
        columns: Of the prompts, which are not part of the replies.
    """
    read = [columns] * len(states)

    def allowed(row: int, tokens: Any) -> list[int]:
        state = states[row]
        for token in tokens[read[row] :].tolist():
            if not state.finished:  # rows that have ended are padded
                state.advance(token)
        read[row] = len(tokens)
        return [int(token) for token in state.allowed()]

    return allowed


def _spell(name: str) -> bytes:
    """The name as JSON writes it, quotes included.

    Raises:
        ConfigError: A reply could not hold it.
    """
    if not name.strip() or name == UNKNOWN:
        raise ConfigError(f"an API is named {name!r}; a reply could not name it, so give it another name")
    try:
        spelled = json.dumps(name, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise ConfigError(f"API {name!r} holds half a surrogate pair; no model can write it") from exc
    if len(spelled) > MAX_NAME_BYTES:
        raise ConfigError(
            f"API {name[:40]!r}... is {len(spelled)} bytes long in a reply; {MAX_NAME_BYTES} is the limit"
        )
    return spelled
