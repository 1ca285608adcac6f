"""Act on a screen: one call a turn, of pyautogui or a pluggable function, behind what was seen and thought.

The form is Aguvis'. Its data mix argument names, units and namespaces, and every user of it wrote another
parser of patterns. Here a command is a record, there is one way to write it, and every published way to
call it is read, by Python's grammar, to the same record. Nothing is run.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from journeyman.action_format import ActionFormat, UnreadableActionError
from journeyman.action_formats._pyautogui_commands import (
    DECIMALS,
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Point,
    Press,
    Scroll,
    Value,
    Wait,
    Write,
    check_storable,
)
from journeyman.action_formats._pyautogui_functions import (
    ANSWER,
    MOBILE_FUNCTIONS,
    SELECT_OPTION,
    TERMINATE,
    PluggableFunction,
    function_line,
)
from journeyman.action_formats._pyautogui_keys import NAMED_KEYS, key_name
from journeyman.action_formats._pyautogui_reader import WORDS, read_code
from journeyman.action_formats._pyautogui_writer import write_command

__all__ = [
    "ANSWER",
    "DECIMALS",
    "FORMAT",
    "MAX_CHARS",
    "MAX_WORDS_CHARS",
    "MOBILE_FUNCTIONS",
    "NAMED_KEYS",
    "OS_BOUNDARY",
    "SELECT_OPTION",
    "TERMINATE",
    "AskedTurn",
    "Call",
    "Click",
    "Command",
    "DragTo",
    "Hotkey",
    "MoveTo",
    "PluggableFunction",
    "Point",
    "Press",
    "ScreenTurn",
    "Scroll",
    "Value",
    "Wait",
    "Write",
    "function_line",
    "in_one_line",
    "key_name",
    "read_command",
    "read_turn",
    "words_of",
    "write_command",
    "write_turn",
]

MAX_CHARS = 50_000
"""Of a reply; a longer one is not even parsed. Every turn that can be written is shorter."""
MAX_WORDS_CHARS = 4_000
"""Of an observation, a thought or an instruction."""
OS_BOUNDARY = "assistantos"
"""Line between words and command where Aguvis' control tokens were skipped in decoding."""

_LABELS: Mapping[str, str] = {"Observation:": "observation", "Thought:": "thought", "Action:": "instruction"}


@dataclass(frozen=True, slots=True)
class ScreenTurn:
    """One turn of the agent. Its words are kept as one line each: runs of blanks and line ends become one blank."""

    command: Command
    instruction: str = ""
    """What is done, in one sentence: the line ``Action:``."""
    thought: str = ""
    observation: str = ""
    """What is on the screen."""

    def __post_init__(self) -> None:
        if not isinstance(self.command, Command):
            raise TypeError(f"command is a {type(self.command).__name__}; it is a record such as Click")
        for name in _LABELS.values():
            words = in_one_line(getattr(self, name))
            if len(words) > MAX_WORDS_CHARS:
                raise ValueError(f"{name} has {len(words)} characters; {MAX_WORDS_CHARS} is the limit")
            check_storable(name, words)
            object.__setattr__(self, name, words)


class AskedTurn(NamedTuple):
    """A turn, and the instruction it obeys: an overall goal, or what one element is called."""

    asked: str
    turn: ScreenTurn


def write_turn(turn: ScreenTurn, decimals: int = DECIMALS) -> str:
    """The lines ``Observation:``, ``Thought:`` and ``Action:``, those with words, then the command's line.

    :func:`read_turn` gives the turn back, coordinates to ``decimals`` places (1 to 4).
    """
    command = write_command(turn.command, decimals)
    return "\n".join(part for part in (words_of(turn), command) if part)


def words_of(turn: ScreenTurn) -> str:
    """The labelled lines of a turn, without its command; empty where it has no words."""
    return "\n".join(f"{label} {getattr(turn, name)}" for label, name in _LABELS.items() if getattr(turn, name))


def read_turn(text: str, functions: Sequence[PluggableFunction] = ()) -> ScreenTurn:
    """The turn in a reply: labelled words in any order, and the command behind them.

    Words without a label are a thought; a comment right before the command is the instruction where no
    ``Action:`` is. Code fences, and the marks ``os``, ``all`` and ``assistantos`` of Aguvis' form, are skipped.

    Args:
        text: The reply.
        functions: The pluggable functions declared: no other is read, and arguments must be theirs. Where
            none are, any is.

    Raises:
        UnreadableActionError: There is no command, more than one, or one that cannot be.
    """
    if len(text) > MAX_CHARS:
        raise UnreadableActionError(f"the reply has {len(text)} characters; {MAX_CHARS} is the limit")
    lines = [_unfenced(line) for line in text.replace("\r\n", "\n").split("\n") if not _is_fence(line)]
    words, code = _parted(lines)
    command = read_code("\n".join(code), functions)
    try:
        return ScreenTurn(command, **_labelled(words))
    except ValueError as exc:
        raise UnreadableActionError(str(exc)) from exc


def read_command(text: str, functions: Sequence[PluggableFunction] = ()) -> Command:
    """The command alone of what :func:`read_turn` reads, which may be a command and nothing else.

    Raises:
        UnreadableActionError: There is no command, more than one, or one that cannot be.
    """
    return read_turn(text, functions).command


def content_spans(text: str) -> list[tuple[int, int]]:
    """Where a turn says what is done, and where: behind ``Action:``, and in the last line that calls something.

    Of the call, numbers and texts. The words before decide what it does, so that they count no less.

    Raises:
        UnreadableActionError: As :func:`read_turn`.
    """
    read_turn(text)
    calls = [line for line in re.finditer(r".+", text) if _COMMAND.match(line.group().lstrip("`"))]
    spans = [line.span(1) for line in _INSTRUCTION.finditer(text)]
    for line in calls[-1:]:
        for literal in _LITERAL.finditer(text, line.start() + line.group().find("("), line.end()):
            quote = literal.group()[0] in "'\""
            spans.append((literal.start() + quote, literal.end() - quote))
    return spans


def in_one_line(words: str) -> str:
    """``words`` with each run of blanks and line ends as one blank."""
    return " ".join(words.split())


# A command stands at the beginning of its line; a call within a sentence is a word.
_COMMAND = re.compile(rf"\s*(?:(?:[A-Za-z_]\w*\.)?[A-Za-z_]\w*\(|(?:{'|'.join(WORDS)})\s*$)", re.ASCII)

_INSTRUCTION = re.compile(r"^\s*Action:[^\S\n]*(\S.*?)[^\S\n]*$", re.MULTILINE)

_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?""")


def _is_fence(line: str) -> bool:
    stripped = line.strip()
    return stripped.startswith("```") and (not stripped.strip("`") or stripped.lstrip("`").isalpha())


def _unfenced(line: str) -> str:
    """The inside of a line that is all code: `` `click()` ``."""
    stripped = line.strip()
    return stripped.strip("`") if stripped.startswith("`") and stripped.endswith("`") else line


def _parted(lines: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The lines of words, and those from the command on."""
    said = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    if said < len(lines) and lines[said].strip() in ("all", "os"):
        lines = lines[said + 1 :]
    boundaries = [number for number, line in enumerate(lines) if line.strip() == OS_BOUNDARY]
    if boundaries:
        words, code = lines[: boundaries[-1]], lines[boundaries[-1] + 1 :]
        if any(_COMMAND.match(line) for line in code):
            return words, code
    start = max((number + 1 for number, line in enumerate(lines) if _label(line)), default=0)
    for number in range(start, len(lines)):
        if _COMMAND.match(lines[number]):
            return lines[:number], lines[number:]
    raise UnreadableActionError("no command was found; end with one line such as pyautogui.click(x=0.5, y=0.5)")


def _label(line: str) -> str:
    return next((label for label in _LABELS if line.lstrip().startswith(label)), "")


def _labelled(lines: Sequence[str]) -> dict[str, str]:
    """The words by the names of a turn's fields."""
    said: dict[str, list[str]] = {}
    comment, lines = _comment(lines)
    field, labels = "thought", set()
    for line in lines:
        label = _label(line)
        if label in labels:
            raise ValueError(f"{label} stands twice; say it once a turn")
        if label:
            field = _LABELS[label]
            labels.add(label)
        said.setdefault(field, []).append(line.lstrip().removeprefix(label))
    words = {name: "\n".join(said.get(name, ())) for name in _LABELS.values()}
    return words if words["instruction"].strip() else {**words, "instruction": comment}


def _comment(lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """A planner's comment right before its code, and the lines before it."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return " ".join(line.lstrip().lstrip("#") for line in lines[end:]), lines[:end]


FORMAT = ActionFormat(
    name="pyautogui_call",
    action=ScreenTurn,
    write=write_turn,
    read=read_turn,
    instructions=(
        "End each turn with one command on a line of its own: pyautogui.click(x=0.5, y=0.5), doubleClick, rightClick, "
        "moveTo or dragTo, with x and y as fractions of the screenshot from its top left; pyautogui.scroll(page=0.5), "
        "half a screen down, -0.5 up; hscroll(page=0.5), right; pyautogui.write(message='text'); "
        "pyautogui.press(keys='enter'); pyautogui.hotkey(keys=['ctrl', 'c']); mobile.wait(seconds=1)."
    ),
    content=content_spans,
)
