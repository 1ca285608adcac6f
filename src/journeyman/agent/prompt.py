"""The words around a run: one renderer for building, training, evaluation and serving.

:func:`conversation` gives exactly the messages that the loop sent, so a model is trained on what it
will be shown. Its text is kept short: MAT's system prompt of 13,000 characters was most of every
training sample.
"""

from collections.abc import Iterable, Sequence

from journeyman.schema.message import ImagePart, Message, Part, TextPart
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.tool import ToolCard

OBSERVATION_CHARS = 4000
"""A longer observation is cut in the middle and says so."""

_INSTRUCTIONS = (
    "Solve the task in steps. Each turn write a Thought, then Code in one ```py block. "
    "The code runs in Python: variables stay, only prints are shown. "
    "End with final_answer(value).\nTools:\n"
)


def system_prompt(tools: Iterable[ToolCard]) -> str:
    """The first message: how to act, and one line a tool."""
    return _INSTRUCTIONS + "\n".join(tool.line() for tool in tools)


def opening(query: Query) -> Message:
    """The task with its files' names, and every picture among them."""
    names = ", ".join(ref.name for ref in query.files)
    text = f"Task: {query.text}" + (f"\nFiles: {names}" if names else "")
    pictures = [ImagePart(sha256=ref.sha256) for ref in query.files if ref.media_type.startswith("image/")]
    return Message(role="user", content=(TextPart(text=text), *pictures))


def observation(text: str, images: Sequence[str]) -> Message:
    """What the agent is shown after a step: prints and errors, then the pictures that tools returned."""
    shown: list[Part] = [TextPart(text=f"Observation:\n{shorten(text)}")]
    return Message(role="user", content=(*shown, *(ImagePart(sha256=digest) for digest in images)))


def action_message(step: Step) -> Message:
    """The agent's own turn. A step that failed is shown but not trained on: the fix is, the slip is not.

    A step that failed because a fault was put into one of its calls was no slip.
    """
    slip = bool(step.error) and not any(call.fault for call in step.tool_calls)
    return Message(role="assistant", content=(TextPart(text=step.action),), trained=not slip)


def conversation(query: Query, trajectory: Trajectory, system: str) -> tuple[Message, ...]:
    """The whole run as messages, from the system prompt to the final answer."""
    messages = [Message(role="system", content=(TextPart(text=system),)), opening(query)]
    for step in trajectory.steps:
        messages.append(action_message(step))
        if step is not trajectory.steps[-1]:
            messages.append(observation(step.observation, step.images))
    return tuple(messages)


def shorten(text: str, limit: int = OBSERVATION_CHARS) -> str:
    """``text`` cut in the middle to at most ``limit`` characters and a mark."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"
