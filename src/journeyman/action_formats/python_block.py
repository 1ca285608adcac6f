"""Write an action, read it back: a thought, then one fenced block of Python.

The form is T3-Agent's (Thought / Code / Observation), without its ``<end_action>`` mark, which its
released data lost to a stop sequence.
"""

import re
from typing import NamedTuple

from journeyman.action_format import ActionFormat, UnreadableActionError

# Fences stand at the beginning of a line: code may hold three backticks in a string.
_OPENING = re.compile(r"^[ \t]*```(?:py|python)?[ \t]*\n", re.MULTILINE)
_CLOSING = re.compile(r"^[ \t]*```[ \t]*$|```\s*\Z", re.MULTILINE)


class Action(NamedTuple):
    """One turn of the agent."""

    thought: str
    code: str


def write_action(action: Action) -> str:
    """The text of ``action``; :func:`read_action` gives it back."""
    return f"Thought: {action.thought}\nCode:\n```py\n{action.code}\n```"


def read_action(text: str) -> Action:
    """The thought and the code in ``text``.

    Raises:
        UnreadableActionError: No code block, more than one, or an empty one.
    """
    blocks = _blocks(text)
    if not blocks:
        raise UnreadableActionError("no code block was found; write Thought: ..., then Code: and one ```py block")
    if len(blocks) > 1:
        raise UnreadableActionError(f"{len(blocks)} code blocks were found; write exactly one a turn")
    start, code = blocks[0]
    code = code.removesuffix("\n")
    if not code.strip():
        raise UnreadableActionError("the code block is empty")
    # By hand: a pattern with blanks around a lazy middle takes quadratic time on a thought of blanks.
    thought = text[:start].strip().removeprefix("Thought:").strip().removesuffix("Code:").strip()
    return Action(thought, code)


def _blocks(text: str) -> list[tuple[int, str]]:
    """Where each block begins, and what stands between its fences."""
    blocks = []
    opening = _OPENING.search(text)
    while opening is not None:
        closing = _CLOSING.search(text, opening.end())
        if closing is None:  # nor is any later block closed; looking again would take quadratic time
            break
        blocks.append((opening.start(), text[opening.end() : closing.start()]))
        opening = _OPENING.search(text, closing.end())
    return blocks


FORMAT = ActionFormat(
    name="python_block",
    action=Action,
    write=write_action,
    read=read_action,
    instructions="Each turn write a Thought, then Code in one ```py block.",
)
