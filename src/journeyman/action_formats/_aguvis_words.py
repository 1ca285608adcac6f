"""Aguvis' published sentences, which its texts and its files on disk share."""

from collections.abc import Sequence
from typing import NamedTuple

from journeyman.action_formats.pyautogui_call import in_one_line

SYSTEM = (
    "You are a GUI agent. You are given a task and a screenshot of the screen. "
    "You need to perform a series of pyautogui actions to complete the task."
)
_ASKED = "Please generate the next move according to the ui screenshot, instruction and previous actions."
_INSTRUCTION = "\n\nInstruction: "
_PREVIOUS = "\n\nPrevious actions:\n"
_NONE = "None"


class Question(NamedTuple):
    """What a user turn asks."""

    goal: str
    previous: tuple[str, ...]


def published_question(goal: str, previous: Sequence[str] = ()) -> str:
    """The text of the first user turn, without its picture; :func:`read_question` gives both back.

    Raises:
        ValueError: The goal or a previous action is blank.
    """
    if not goal.strip():
        raise ValueError("the goal is blank; say what is to be done")
    return f"{_ASKED}{_INSTRUCTION}{goal.strip()}{_PREVIOUS}{previous_actions(previous)}\n"


def previous_actions(previous: Sequence[str]) -> str:
    """``None``, or a line ``Step N: instruction`` for each step before, counted from 1.

    Raises:
        ValueError: One is blank.
    """
    lines = [in_one_line(instruction) for instruction in previous]
    if not all(lines):
        raise ValueError(f"the instruction of step {lines.index('') + 1} is blank; say what was done")
    return "\n".join(f"Step {number}: {line}" for number, line in enumerate(lines, 1)) or _NONE


def read_question(text: str) -> Question:
    """Goal and previous actions of a user turn; one that is not asked in full is a goal by itself.

    Raises:
        ValueError: Its previous actions are neither ``None`` nor counted from 1, or its goal is blank.
    """
    opening, asked, body = text.strip().partition(_INSTRUCTION)
    if not asked or opening.lower() != _ASKED.lower():  # the files write "UI", the code "ui"
        goal, listed = text, _NONE
    else:
        goal, found, listed = body.rpartition(_PREVIOUS)
        if not found:
            raise ValueError("a user turn has an instruction and no previous actions")
    if not goal.strip():
        raise ValueError("a user turn has no instruction")
    return Question(goal.strip(), _steps(listed.strip()))


def _steps(listed: str) -> tuple[str, ...]:
    if listed == _NONE:
        return ()
    steps: list[str] = []
    for line in listed.split("\n"):
        label = f"Step {len(steps) + 1}:"
        if line.startswith(label):
            steps.append(line.removeprefix(label).strip())
        elif steps:
            steps[-1] += f" {line.strip()}"
        else:
            raise ValueError("previous actions are None, or lines that begin with Step 1:, Step 2: ...")
    if not all(steps):
        raise ValueError("a previous action is blank")
    return tuple(in_one_line(step) for step in steps)
