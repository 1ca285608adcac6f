"""Agents that must lose: chance, the right format without a look, and the tuned model with the wrong files.

A tuned model that does not clearly beat these has learnt the format of an answer, or the habits of
the data, and not to choose a tool from what it sees.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.python_block import Action, read_action, write_action
from journeyman.action_formats.skill_json import SkillCall, SkillTurn, without_thoughts, write_turn
from journeyman.agent.controller import Controller
from journeyman.agent.prompt import by_question
from journeyman.agent.words_alone import words_alone
from journeyman.model_family import MediaKind
from journeyman.schema.message import Message, TextPart
from journeyman.schema.query import Query
from journeyman.schema.record import fingerprint
from journeyman.tool import Tool

_FILE_NAME = re.compile(r"file_(\d+)\.[A-Za-z0-9]+")
_SLOT = re.compile(r"\x00(\d+)\x00")
_LARGEST_NUMBER = 64  # pixels, pages: small enough to lie inside most pictures


class ChanceController:
    """Calls one tool of the toolbox, drawn uniformly, on the query's first file and answers with its result."""

    name = "chance"

    def __init__(self, query: Query, tools: Sequence[Tool], seed: int, action_format: str = "python_block") -> None:
        """Draw the tool from ``seed`` and the query's id, so that every run draws the same."""
        rng = random.Random(fingerprint([seed, query.query_id]))  # noqa: S311 - reproducible choice, no secret
        tool = rng.choice(tools)
        arguments = _plausible_arguments(tool, query, rng)
        if action_format == "skill_json":
            called = (SkillCall(tool.name, arguments),)
            self._actions = (
                write_turn(SkillTurn("I try a skill.", called, "Please wait for a moment.")),
                write_turn(SkillTurn("I answer without it.", (), "It is done.")),
            )
            return
        call = f"{tool.name}({', '.join(f'{n}={v!r}' for n, v in arguments.items())})"
        self._actions = (
            write_action(Action("I try a tool.", f"result = {call}\nprint(result)")),
            write_action(Action("I answer with what it gave.", "final_answer(result)")),
        )

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002 - Controller
        """The call first, then the answer."""
        return self._actions[min(_turn(messages), len(self._actions) - 1)]


class FormatOnlyController:
    """Writes the training set's most common actions, with this problem's file names in their places."""

    name = "format_only"

    def __init__(self, query: Query, actions: Sequence[str]) -> None:
        """Fill ``actions``, as :func:`most_common_actions` gives them, with the query's files."""
        self._actions = tuple(_filled(action, query) for action in actions)

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002 - Controller
        """The next action of the sequence; the last one again when it is used up."""
        return self._actions[min(_turn(messages), len(self._actions) - 1)]


class BlindController:
    """Another controller that is shown, for every file, another one of its kind; tools still read the true files."""

    name = "blind"

    def __init__(
        self,
        inner: Controller,
        swapped: Mapping[str, str],
        shown: Mapping[str, bytes],
        kinds: Mapping[str, MediaKind] | None = None,
    ) -> None:
        """Blindfold ``inner``.

        Args:
            inner: Who acts.
            swapped: sha256 of a problem's file -> sha256 of the one shown for it.
            shown: Bytes of every file that may be shown, by sha256.
            kinds: Kind of each of them; those that are not named are pictures.
        """
        self._inner = inner
        self._swapped = swapped
        self._shown = shown
        self._pools: dict[str, list[str]] = defaultdict(list)
        for digest in sorted(shown):
            self._pools[(kinds or {}).get(digest, "image")].append(digest)

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002 - Controller
        """What the inner controller does when it sees other files."""
        return await self._inner.act([self._blindfolded(message) for message in messages], self._shown)

    def _blindfolded(self, message: Message) -> Message:
        """``message`` with other files; a file without another of its kind is left out."""
        parts = [
            part if isinstance(part, TextPart) else part.model_copy(update={"sha256": other})
            for part in message.content
            if isinstance(part, TextPart) or (other := self._other(part.sha256, part.type))
        ]
        return message.model_copy(update={"content": tuple(parts)})

    def _other(self, digest: str, kind: MediaKind) -> str:
        """What is shown for a file; empty for nothing."""
        # A picture that a tool made of the true file would show it; any other picture stands for it.
        pool = self._pools[kind]
        return self._swapped.get(digest) or (pool[int(digest[:8], 16) % len(pool)] if pool else "")


class TextOnlyController:
    """Another controller that is told the words alone: a model that was trained without files is asked so."""

    name = "text_only"

    def __init__(self, inner: Controller) -> None:
        """Hide all files from ``inner``."""
        self._inner = inner

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002 - Controller
        """What the inner controller does without files."""
        return await self._inner.act(words_alone(messages), {})


def shuffled_media(kinds: Mapping[str, MediaKind], *, seed: int) -> dict[str, str]:
    """Another file of its kind for each file; a file that is the only one of its kind has none.

    Args:
        kinds: sha256 of the problems' files -> kind.
        seed: Equal seeds and files give equal pairs.
    """
    swapped: dict[str, str] = {}
    for kind in sorted(set(kinds.values())):
        swapped |= shuffled_pictures((digest for digest, own in kinds.items() if own == kind), seed=seed)
    return swapped


def shuffled_pictures(digests: Iterable[str], *, seed: int) -> dict[str, str]:
    """A different picture for each picture, or file for each file of one kind, drawn as one cycle through all of them.

    Args:
        digests: sha256 of the problems' pictures, in any order, repeats allowed.
        seed: Equal seeds and pictures give equal pairs.

    Returns:
        Picture -> picture shown for it, never itself; empty for fewer than two pictures.
    """
    pictures = sorted(set(digests))
    if len(pictures) < 2:
        return {}
    order = pictures.copy()
    random.Random(seed).shuffle(order)  # noqa: S311 - reproducible choice, no secret
    return dict(zip(order, [*order[1:], order[0]], strict=True))


def most_common_actions(conversations: Iterable[Sequence[Message]]) -> tuple[str, ...]:
    """The actions of the most common sequence of code, file names replaced by numbered slots.

    Thoughts differ where the code is the same, so sequences are counted by their code; the words
    are then the most common ones written around it. Ties go to the smaller text. Of a dialogue each
    question has a sequence of its own.

    Args:
        conversations: Training conversations.
    """
    written: dict[tuple[str, ...], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for messages in (part for conversation in conversations for part in by_question(conversation)):
        actions = tuple(_slotted(m.text) for m in messages if m.role == "assistant")
        written[tuple(_code(action) for action in actions)][actions] += 1
    if not written:
        return ()
    commonest = min(written, key=lambda code: (-written[code].total(), code))
    return min(written[commonest], key=lambda actions: (-written[commonest][actions], actions))


def _turn(messages: Sequence[Message]) -> int:
    return sum(message.role == "assistant" for message in messages)


def _plausible_arguments(tool: Tool, query: Query, rng: random.Random) -> dict[str, Any]:
    schema = tool.arguments.model_json_schema()["properties"]
    required = [name for name, info in tool.arguments.model_fields.items() if info.is_required()]
    # In rising order, so that right lies right of left and bottom below top.
    numbers = iter(sorted(rng.sample(range(_LARGEST_NUMBER), len(required))))
    files = tool.file_arguments()
    arguments: dict[str, Any] = {}
    for name in required:
        if name in files:
            arguments[name] = query.files[0].name if query.files else "file_1.png"
        else:
            arguments[name] = _plausible_value(name, schema[name], query, next(numbers), rng)
    return arguments


def _plausible_value(name: str, schema: Mapping[str, Any], query: Query, number: int, rng: random.Random) -> Any:
    if "enum" in schema:
        return rng.choice(schema["enum"])
    match schema.get("type"):
        case "integer" | "number":
            return number
        case "boolean":
            return rng.random() < 0.5
        case "array":
            return []
        case _:
            return f"{number} * 2" if name == "expression" else query.text


def _slotted(text: str) -> str:
    return _FILE_NAME.sub(lambda found: f"\x00{found[1]}\x00", text)


def _filled(action: str, query: Query) -> str:
    names = [ref.name for ref in query.files] or ["file_1.png"]
    return _SLOT.sub(lambda slot: names[min(int(slot[1]), len(names)) - 1], action)


def _code(action: str) -> str:
    """What is done, without the thought; the whole text where it is neither Python nor skills."""
    try:
        return read_action(action).code
    except UnreadableActionError:
        return without_thoughts(action)
