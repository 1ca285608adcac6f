"""Aguvis' published text of a turn and of a conversation, character by character, without a tokenizer.

It is what a model needs that was trained by Aguvis, and what comparing with it needs. A reply speaks to
``all`` in words, ends that with ``<|im_end|>``, speaks to ``os`` in one command, and ends its turn with
``<|diff_marker|>``. Control tokens in a message to type are spelt with an escape, which reads back as the
same; words and goals that hold one cannot be written.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from journeyman.action_format import ActionFormat, UnreadableActionError
from journeyman.action_formats._aguvis_rows import PublishedRow, parse_rows, read_row, write_row
from journeyman.action_formats._aguvis_words import (
    SYSTEM,
    previous_actions,
    published_question,
)
from journeyman.action_formats.pyautogui_call import (
    MAX_CHARS,
    OS_BOUNDARY,
    PluggableFunction,
    ScreenTurn,
    function_line,
    in_one_line,
    read_turn,
    words_of,
    write_command,
)

__all__ = [
    "FORMAT",
    "SYSTEM",
    "PublishedRow",
    "PublishedText",
    "Tail",
    "parse_rows",
    "previous_actions",
    "prompt_tail",
    "published_conversation",
    "published_prompt",
    "published_question",
    "published_system",
    "read_published",
    "read_row",
    "write_published",
    "write_row",
]

Tail = Literal["grounding", "self plan", "enforced plan", "given instruction"]
"""What a reply is made to begin with: see :func:`prompt_tail`."""

_END = "<|im_end|>"
_STOP = "<|diff_marker|>"
_ASSISTANT = "<|im_start|>assistant"
_TO = "<|recipient|>"
_VISION = "<|vision_start|><|image_pad|><|vision_end|>"
_CONTROLS = re.compile(
    r"<\|(?:im_start|im_end|object_ref_start|object_ref_end|box_start|box_end|quad_start|quad_end|vision_start"
    r"|vision_end|vision_pad|image_pad|video_pad|recipient|diff_marker|endoftext)\|>"
)
_TURNS_TO_OS = re.compile(r"(?:<\|im_end\|>)?\n?<\|im_start\|>assistant<\|recipient\|>os\n")


class PublishedText(NamedTuple):
    """A conversation, and what of it the assistant said."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """Start and end, in characters, of what is learnt in each reply: from its first recipient to its end mark.

    Aguvis also learns every line break and end mark of system and user; here none of theirs is. The line
    break behind the end mark belongs to nobody.
    """


def published_system(functions: Sequence[PluggableFunction] = ()) -> str:
    """Aguvis' system text: without functions its grounding and default one, with them its one for phones."""
    if not functions:
        return SYSTEM
    lines = "".join(f"{function_line(function)}\n" for function in functions)
    return f"{SYSTEM}\n\nYou have access to the following functions:\n{lines}"


def published_prompt(goal: str, previous: Sequence[str] = (), functions: Sequence[PluggableFunction] = ()) -> str:
    """System and user turn with one picture; :func:`prompt_tail` goes behind it.

    Args:
        goal: The overall goal, or what the element is called.
        previous: Instruction of each step before, oldest first.
        functions: Pluggable functions that may be called.

    Raises:
        ValueError: A text holds a control token.
    """
    system, question = published_system(functions), published_question(goal, previous)
    return f"<|im_start|>system\n{_plain(system)}{_END}\n<|im_start|>user\n{_VISION}{_plain(question)}{_END}\n"


def prompt_tail(tail: Tail, instruction: str = "") -> str:
    """What stands behind the prompt, so that the reply goes on from it.

    ``grounding``: the command at once. ``self plan``: the model chooses whether to think. ``enforced plan``:
    it thinks first. ``given instruction``: the step's ``instruction`` is given, and only the command is asked.

    Raises:
        ValueError: An instruction is missing, or is given where none goes.
    """
    if (tail == "given instruction") is not bool(instruction):
        raise ValueError(f"{tail} takes {'an' if tail == 'given instruction' else 'no'} instruction")
    goes_on = {
        "grounding": "os\n",
        "self plan": "",
        "enforced plan": "all\nThought: ",
        "given instruction": f"all\nAction: {_plain(in_one_line(instruction))}\n",
    }[tail]
    return f"{_ASSISTANT}{_TO}{goes_on}"


def write_published(turn: ScreenTurn) -> str:
    """The reply: the command alone to ``os`` (stage 1), or words to ``all`` before it (stage 2).

    Raises:
        ValueError: The words hold a control token.
    """
    words = _plain(words_of(turn))
    said = f"{_ASSISTANT}{_TO}all\n{words}{_END}\n" if words else ""
    # A written command has "<|" inside quotes alone, where a backslash spells it.
    command = write_command(turn.command).replace("<|", "\\x3c|")
    return f"{said}{_ASSISTANT}{_TO}os\n{command}{_STOP}\n"


def read_published(reply: str, tail: str = "", functions: Sequence[PluggableFunction] = ()) -> ScreenTurn:
    """The turn in a reply, with its control tokens or decoded without them.

    Args:
        reply: What the model wrote.
        tail: What it went on from, as :func:`prompt_tail` gives it.
        functions: As for :func:`~journeyman.action_formats.pyautogui_call.read_turn`.

    Raises:
        UnreadableActionError: It is no turn of the form.
    """
    if len(tail) + len(reply) > MAX_CHARS:
        raise UnreadableActionError(f"the reply has {len(tail) + len(reply)} characters; {MAX_CHARS} is the limit")
    said, _, rest = f"{tail}{reply}".partition(_STOP)
    if rest.strip():
        raise UnreadableActionError(f"text follows the end of the turn, {_STOP}")
    said = said.removeprefix(_ASSISTANT).removeprefix(_TO)
    said = _TURNS_TO_OS.sub(f"\n{OS_BOUNDARY}\n", said, count=1).strip().removesuffix(_END)
    control = _CONTROLS.search(said)
    if control is not None:
        raise UnreadableActionError(f"the control token {control[0]} stands where none belongs")
    return read_turn(said, functions)


def published_conversation(
    asked: Sequence[tuple[str, ScreenTurn]], previous: Sequence[str] = (), functions: Sequence[PluggableFunction] = ()
) -> PublishedText:
    """A whole conversation about one picture: one step of a plan, or several pairs packed behind each other.

    Args:
        asked: The first is asked in full, behind the picture; later ones are their bare instruction.
        previous: Instructions of the steps before, for the first.
        functions: Pluggable functions that may be called.

    Raises:
        ValueError: None is asked, or a text holds a control token.
    """
    if not asked:
        raise ValueError("a conversation needs at least one turn")
    text, spans = published_prompt(asked[0][0], previous, functions), []
    for number, (instruction, turn) in enumerate(asked):
        if number:
            text += f"<|im_start|>user\n{_plain(instruction)}{_END}\n"
        start = len(text) + len(_ASSISTANT)
        text += write_published(turn)
        spans.append((start, len(text) - 1))
    return PublishedText(text, tuple(spans))


def _plain(text: str) -> str:
    control = _CONTROLS.search(text)
    if control is not None:
        raise ValueError(f"the text holds the control token {control[0]}, which the published form cannot escape")
    return text


FORMAT = ActionFormat(
    name="aguvis_text",
    action=ScreenTurn,
    write=write_published,
    read=read_published,
    instructions="Speak to all in Thought and Action, then to os in one command of pyautogui.",
)
