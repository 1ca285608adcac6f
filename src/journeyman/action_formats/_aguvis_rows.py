"""Aguvis' rows on disk: one picture, or two, and a conversation about it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats._aguvis_words import SYSTEM, Question, published_question, read_question
from journeyman.action_formats.pyautogui_call import (
    OS_BOUNDARY,
    AskedTurn,
    PluggableFunction,
    ScreenTurn,
    read_turn,
    words_of,
    write_command,
)
from journeyman.errors import ConfigError

_PICTURE = "<image>"


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A row of Aguvis' JSON files."""

    images: tuple[str, ...]
    """Names of files: one, or two where the data has the screen before too. The last is acted on."""
    turns: tuple[AskedTurn, ...]
    """The first is asked for the goal; packed rows have more, each with its own instruction."""
    previous: tuple[str, ...] = ()
    """Instructions of the steps before, oldest first."""
    system: str = SYSTEM
    row_id: str = ""

    def __post_init__(self) -> None:
        if not self.images or not self.turns:
            raise ValueError("a row has at least one picture and one turn")

    @property
    def goal(self) -> str:
        """What the first turn is asked for."""
        return self.turns[0].asked


def parse_rows(text: str) -> tuple[Mapping[str, Any], ...]:
    """The rows of a file's text, a JSON array or one object a line; :func:`read_row` reads each.

    Raises:
        ConfigError: It is neither.
    """
    try:
        rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in _lines(text)]
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"the file is neither a JSON array nor one JSON object a line: {str(exc)[:80]}") from exc
    wrong = [number for number, row in enumerate(rows, 1) if not isinstance(row, dict)]
    if wrong:
        raise ConfigError(f"row {wrong[0]} is no JSON object; a row has image and conversations")
    return tuple(rows)


def read_row(row: Mapping[str, Any], functions: Sequence[PluggableFunction] = ()) -> PublishedRow:
    """The row's pictures, goal, previous actions and turns.

    Args:
        row: As published: ``image``, perhaps ``id``, and ``conversations``.
        functions: As for :func:`~journeyman.action_formats.pyautogui_call.read_turn`.

    Raises:
        ConfigError: It is no such row; the message says what is wrong.
        UnreadableActionError: A reply of it is no turn.
    """
    images = row.get("image")
    names = [images] if isinstance(images, str) else images
    if not isinstance(names, list) or not 1 <= len(names) <= 2 or not all(isinstance(n, str) and n for n in names):
        raise ConfigError("image of a row is neither a name nor a list of one or two names")
    said = _conversation(row.get("conversations"))
    system = SYSTEM
    if said and said[0]["from"] == "system":
        system, said = said[0]["value"], said[1:]
    question, turns = _turns(said, functions)
    return PublishedRow(tuple(names), turns, question.previous, system, str(row.get("id", "")))


def write_row(row: PublishedRow) -> dict[str, Any]:
    """The row as published, with every default spelt out; :func:`read_row` gives it back.

    Raises:
        ValueError: The goal or a previous action is blank.
    """
    conversations: list[dict[str, Any]] = [{"from": "system", "value": row.system}] if row.system != SYSTEM else []
    for number, (asked, turn) in enumerate(row.turns):
        question = asked if number else f"{_PICTURE}\n{published_question(asked, row.previous)}"
        conversations.append({"from": "human", "value": question})
        if words_of(turn):
            conversations.append({"from": "gpt", "value": words_of(turn), "recipient": "all", "end_turn": False})
        command = write_command(turn.command)
        conversations.append({"from": "gpt", "value": command, "recipient": "os", "end_turn": True})
    image = row.images[0] if len(row.images) == 1 else list(row.images)
    named = {"id": row.row_id} if row.row_id else {}
    return {**named, "image": image, "conversations": conversations}


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _conversation(said: Any) -> list[dict[str, Any]]:
    if not isinstance(said, list) or not said:
        raise ConfigError("conversations of a row are no list, or an empty one")
    for number, turn in enumerate(said, 1):
        if not isinstance(turn, dict) or not isinstance(turn.get("value"), str):
            raise ConfigError(f"turn {number} of a row has no value that is a text")
        if turn.get("from") not in ("system", "human", "gpt") or (turn["from"] == "system" and number > 1):
            raise ConfigError(f"turn {number} of a row is from neither human nor gpt, nor a system that comes first")
    return said


def _turns(
    said: Sequence[Mapping[str, Any]], functions: Sequence[PluggableFunction]
) -> tuple[Question, tuple[AskedTurn, ...]]:
    first: Question | None = None
    asked, words = "", ""
    turns: list[AskedTurn] = []
    for turn in said:
        text = turn["value"]
        if turn["from"] == "human":
            if asked:
                raise ConfigError("a user turn of a row has no reply that ends")
            question = _question(text)
            if first is not None and question.previous:
                raise ConfigError("a later user turn of a row has previous actions of its own")
            first, asked = first or question, question.goal
            continue
        recipient, ends = turn.get("recipient", "os"), turn.get("end_turn", True)
        if not asked or recipient not in ("all", "os") or ends is not (recipient == "os") or (words and not ends):
            raise ConfigError("a reply of a row follows no question, or is neither words to all nor an end to os")
        if not ends:
            words = text
            continue
        turns.append(AskedTurn(asked, _turn(words, text, functions)))
        asked, words = "", ""
    if first is None or asked:
        raise ConfigError("a row has no question, or its last one has no reply that ends")
    return first, tuple(turns)


def _question(text: str) -> Question:
    try:
        return read_question(text.replace(_PICTURE, "", 2))
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc


def _turn(words: str, command: str, functions: Sequence[PluggableFunction]) -> ScreenTurn:
    if OS_BOUNDARY in f"{words}\n{command}".split("\n"):
        raise UnreadableActionError(f"a reply of a row holds the line {OS_BOUNDARY}")
    return read_turn(f"{words}\n{OS_BOUNDARY}\n{command}" if words else command, functions)
