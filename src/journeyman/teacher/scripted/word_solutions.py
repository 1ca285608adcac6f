"""How the scripted agent solves what is words alone: in its head, or with a table of facts."""

import json
import re

from journeyman.teacher.scripted.names import ORDINALS

Turn = tuple[str, str]
"""Thought and code."""

_ASKED = re.compile(r"\b(capital|chemical symbol|atomic number|IATA code) of ([^?.,]+)")
_FACTS = {
    "capital": ("country", "capital"),
    "chemical symbol": ("element", "symbol"),
    "atomic number": ("element", "atomic number"),
    "IATA code": ("airport", "IATA"),
}
"""What is asked for -> table and name of the fact in it."""


def solve_words(task: str) -> list[Turn]:
    """The turns for ``task``; none when its words say too little."""
    asked = _ASKED.search(task)
    if asked:
        return _fact(asked.group(1), asked.group(2).strip())
    answer = known_answer(task)
    return _known(answer) if answer != "" else []


def known_answer(task: str) -> str | int:
    """What the words of ``task`` tell by themselves; empty when they say too little."""
    quoted = re.search(r'"([^"]+)"', task)
    if quoted:
        words = quoted.group(1).split(", ")
        place = next((n for n, name in enumerate(ORDINALS) if name in task.replace(quoted.group(), "")), len(words))
        return words[place] if place < len(words) else ""
    numbers = [int(number) for number in re.findall(r"\d+", task)]
    if not numbers:
        return ""
    return max(numbers) if "larger" in task else sum(numbers)


def _known(answer: str | int) -> list[Turn]:
    # json.dumps writes a text and a whole number as Python does.
    return [("The words say it all, so I need no tool.", f"final_answer({json.dumps(answer)})")]


def _fact(what: str, name: str) -> list[Turn]:
    table, fact = _FACTS[what]
    look = f'found = look_up_facts("{table}", "{name}")["facts"]\nprint(found["{fact}"])'
    return [
        (f"I do not know the {what} for sure, so I look it up.", look),
        ("The table has the answer.", f'final_answer(found["{fact}"])'),
    ]
