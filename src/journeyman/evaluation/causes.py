"""What went wrong first in an attempt: one word for tables, and for what the next round of synthesis asks for."""

from collections.abc import Sequence
from typing import Literal, get_args

from journeyman.schema.trajectory import Trajectory

Cause = Literal[
    "right",
    "no readable action",
    "called a tool for nothing",
    "called no tool",
    "name outside the catalogue",
    "said unknown",
    "asked back",
    "wrong tool",
    "call failed",
    "code failed",
    "wrong answer",
    "steps used up",
    "tokens used up",
    "time used up",
    "page lost",
    "crashed",
    "not scored",
]
CAUSES: tuple[str, ...] = get_args(Cause)
_BY_NAME: dict[str, Cause] = {cause: cause for cause in get_args(Cause)}

_LIMITS: dict[str, Cause] = {
    "out_of_tokens": "tokens used up",
    "out_of_time": "time used up",
}


def cause_of(
    trajectory: Trajectory, *, right: float | None, tools: Sequence[str], crashed: bool, why: str = ""
) -> Cause:
    """Why an attempt is not right.

    Limits and unreadable text come before the tools: an agent that wrote no action chose no tool.

    Args:
        trajectory: The attempt.
        right: Its benchmark's measure of a right attempt, 1 when it is; None where nothing says so.
        tools: Those that a right solution uses; empty where none is needed or none is known.
        crashed: The machine gave up, not the agent.
        why: What the benchmark says is wrong with an answer that is not right, one of :data:`CAUSES`; empty where the
            tool calls tell.
    """
    if crashed:
        return "crashed"
    if right is not None and right >= 1:
        return "right"
    if trajectory.status in _LIMITS:
        return _LIMITS[trajectory.status]
    if trajectory.status == "failed":
        return "page lost" if why == "page lost" else "no readable action"
    if why:
        return _BY_NAME[why]
    calls = [call for step in trajectory.steps for call in step.tool_calls]
    used, wanted = {call.tool for call in calls}, set(tools)
    if wanted and not used:
        return "called no tool"
    if wanted and used != wanted:
        return "wrong tool"
    if not wanted and used and right is not None:
        return "called a tool for nothing"
    if any(call.error and not call.fault for call in calls):
        return "call failed"
    if trajectory.status == "max_steps":
        return "code failed" if trajectory.steps and trajectory.steps[-1].error else "steps used up"
    return "not scored" if right is None else "wrong answer"
