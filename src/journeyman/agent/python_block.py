"""Write an action, read it back: a thought, then one fenced block of Python.

The form is T3-Agent's (Thought / Code / Observation), without its ``<end_action>`` mark, which its
released data lost to a stop sequence.
"""

import re
from typing import NamedTuple

# Fences stand at the beginning of a line: code may hold three backticks in a string.
_BLOCK = re.compile(r"^[ \t]*```(?:py|python)?[ \t]*\n(.*?)(?:^[ \t]*```[ \t]*$|```\s*\Z)", re.DOTALL | re.MULTILINE)


class Action(NamedTuple):
    """One turn of the agent."""

    thought: str
    code: str


class UnreadableActionError(ValueError):
    """The text holds no action; the message is what the agent is told."""


def write_action(action: Action) -> str:
    """The text of ``action``; :func:`read_action` gives it back."""
    return f"Thought: {action.thought}\nCode:\n```py\n{action.code}\n```"


def read_action(text: str) -> Action:
    """The thought and the code in ``text``.

    Raises:
        UnreadableActionError: No code block, more than one, or an empty one.
    """
    blocks = list(_BLOCK.finditer(text))
    if not blocks:
        raise UnreadableActionError("no code block was found; write Thought: ..., then Code: and one ```py block")
    if len(blocks) > 1:
        raise UnreadableActionError(f"{len(blocks)} code blocks were found; write exactly one a turn")
    code = blocks[0].group(1).removesuffix("\n")
    if not code.strip():
        raise UnreadableActionError("the code block is empty")
    # By hand: a pattern with blanks around a lazy middle takes quadratic time on a thought of blanks.
    thought = text[: blocks[0].start()].strip().removeprefix("Thought:").strip().removesuffix("Code:").strip()
    return Action(thought, code)
