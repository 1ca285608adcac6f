"""Read a conversation of skills: the question, its files, and every result that is known so far."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from journeyman.teacher.scripted.asked import Asked
from journeyman.teacher.scripted.skills.offered import skill_names

SKILL_RESULTS = "Skill results:"
_NO_ANSWER = ("took longer than", "HTTP 500")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a skill, by the skill's own name."""

    skill: str
    params: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Equal for equal calls."""
        return json.dumps([self.skill, dict(self.params)], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be answered."""

    text: str
    files: tuple[str, ...]
    kind: str
    """Kind of the world whose picture is shown; empty for pictures of others."""
    number: int

    @property
    def picture(self) -> str:
        """Name of the first file."""
        return self.files[0] if self.files else "file_1.png"


@dataclass(slots=True)
class Talk:
    """The last question of a conversation and what came of it so far."""

    question: Question
    names: Mapping[str, str]
    """Skill -> name by which it is offered."""
    turns: int
    """How many turns were taken for the question."""
    context: dict[str, Any] = field(default_factory=dict)
    """Skill -> result that was given with the question."""
    results: dict[str, Any] = field(default_factory=dict)
    """Key of a call -> its result."""
    down: set[str] = field(default_factory=set)
    """Keys of calls whose skill gave no answer and has not answered since."""
    refused: set[str] = field(default_factory=set)
    """Keys of calls that were wrong."""

    def name(self, skill: str) -> str:
        """The name by which ``skill`` is called here."""
        return self.names.get(skill, skill)


def read_talk(asked: Asked) -> Talk:
    """The talk in a request whose system prompt tells of skills.

    Raises:
        ValueError: It asks no question.
    """
    system = next((text for role, text in asked.texts if role == "system"), "")
    starts = [n for n, (role, text) in enumerate(asked.texts) if role == "user" and text.startswith("Task: ")]
    if not starts:
        raise ValueError("the conversation has no user turn that begins with 'Task: '")
    opening, context = _parts(asked.texts[starts[-1]][1])
    files = next(filter(None, (_files(asked.texts[start][1]) for start in reversed(starts))), ())
    kind, number = asked.marks[-1] if asked.marks else ("", 0)
    own = {name: skill for skill, name in skill_names(system).items()}
    after = asked.texts[starts[-1] + 1 :]
    turns = sum(role == "assistant" for role, _ in after)
    talk = Talk(Question(opening, files, kind, number), skill_names(system), turns)
    for line in context:
        name = str(line.get("API_name", ""))
        if "result" in line:
            talk.context[own.get(name, name)] = line["result"]
    for (role, said), (_, observed) in pairwise(after):
        if role == "assistant":
            _take(talk, own, said, observed)
    return talk


def is_about_skills(asked: Asked) -> bool:
    """Whether the system prompt wants turns that call skills."""
    return any(role == "system" and '"API_name"' in text for role, text in asked.texts)


def write_skill_turn(thoughts: str, calls: Sequence[tuple[str, Mapping[str, Any]]], value: str) -> str:
    """A turn as the form has it; ``calls`` are pairs of offered name and parameters."""
    actions = [{"API_name": name, "API_params": dict(params)} for name, params in calls]
    return json.dumps({"thoughts": thoughts, "actions": actions, "value": value}, ensure_ascii=False)


def _parts(opening: str) -> tuple[str, list[dict[str, Any]]]:
    """The words of an opening message, and the results that it gives."""
    words, _, results = opening.removeprefix("Task: ").partition(f"\n{SKILL_RESULTS}\n")
    return words.partition("\nFiles: ")[0], [line for line in map(_line, results.split("\n")) if line]


def _files(opening: str) -> tuple[str, ...]:
    named = re.search(r"\nFiles: ([^\n]+)", opening)
    return tuple(named.group(1).split(", ")) if named else ()


def _line(text: str) -> dict[str, Any]:
    """One line of results; nothing where it was cut."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _take(talk: Talk, own: Mapping[str, str], said: str, observed: str) -> None:
    """Note what the calls of one turn brought."""
    actions = _line(said).get("actions")
    lines = observed.removeprefix(f"{SKILL_RESULTS}\n").partition("\n\n")[0].split("\n")
    for action, line in zip(actions if isinstance(actions, list) else (), map(_line, lines), strict=False):
        if not isinstance(action, dict) or not isinstance(action.get("API_params"), dict):
            continue  # such a turn was refused whole
        name = str(action.get("API_name", ""))
        key = Call(own.get(name, name), action["API_params"]).key
        talk.down.discard(key)
        if "result" in line:
            talk.results[key] = line["result"]
        elif any(words in str(line.get("error", "")) for words in _NO_ANSWER):
            talk.down.add(key)
        else:
            talk.refused.add(key)
