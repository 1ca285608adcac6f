"""What an action format is: how an agent's turn is written, and read back. ``action_formats/`` holds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from journeyman.plugins import load_plugin


class UnreadableActionError(ValueError):
    """The text holds no action; the message is what the agent is told."""


@dataclass(frozen=True, slots=True)
class ActionFormat:
    """One way of writing what an agent does."""

    name: str
    action: type
    """What is written and read."""
    write: Callable[[Any], str]
    """The text of an action; ``read`` gives the action back."""
    read: Callable[[str], Any]
    """The action in a text; raises :class:`UnreadableActionError`, and nothing else, where there is none."""
    instructions: str
    """What a system prompt says of the form."""
    content: Callable[[str], Sequence[tuple[int, int]]] | None = None
    """Spans of characters in which a text that ``read`` takes states an act, its arguments or an answer, in order,
    quotation marks left out; raises as ``read`` does. None where the format does not tell them from what is around."""


def load_action_format(name: str) -> ActionFormat:
    """The action format ``name``.

    Raises:
        UnknownPluginError: There is none.
    """
    return load_plugin("journeyman.action_formats", name, "FORMAT", ActionFormat)
