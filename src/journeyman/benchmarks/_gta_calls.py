"""Our agent's calls in GTA's words: one call of ours may do the work of several of GTA's tools."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from journeyman.metrics.gta import GoldStep, PredictedStep, canonical_tool
from journeyman.schema.trajectory import ToolCall, Trajectory

Covers = Mapping[str, tuple[str, ...]]


def calls_of(trajectory: Trajectory) -> tuple[ToolCall, ...]:
    """Every call that the host answered, in order."""
    return tuple(call for step in trajectory.steps for call in step.tool_calls)


def covered_by(tool: str, covers: Covers) -> tuple[str, ...]:
    """GTA's tools whose work ``tool`` does; a tool that covers none stands for itself, as one named like GTA's does."""
    return tuple(canonical_tool(name) for name in covers.get(tool, ())) or (canonical_tool(tool),)


def in_gta_words(calls: Sequence[ToolCall], gold: Sequence[GoldStep], covers: Covers) -> tuple[PredictedStep, ...]:
    """Each call under one of GTA's names, so that as many gold calls as possible have a call of their own.

    What is left over takes a name that the gold dialog uses, else the first of what its tool covers.
    """
    names = [covered_by(call.tool, covers) for call in calls]
    wanted = [canonical_tool(step.tool) for step in gold if step.kind == "tool"]
    owners = _matched(wanted, names)
    taken = {place: wanted[i] for i, place in owners.items()}
    return tuple(
        PredictedStep(
            kind="tool",
            tool=taken.get(place) or next((name for name in names[place] if name in wanted), names[place][0]),
            arguments=_arguments(call),
            error=bool(call.error),
        )
        for place, call in enumerate(calls)
    )


def uses_right_tools(calls: Sequence[ToolCall], gold: Sequence[GoldStep], covers: Covers) -> bool:
    """Whether every gold tool was covered by a call, no call did anything else, and none ended in an error."""
    wanted = {canonical_tool(step.tool) for step in gold if step.kind == "tool"}
    names = [set(covered_by(call.tool, covers)) for call in calls]
    done = set().union(*names) if names else set()
    return wanted <= done and all(name & wanted for name in names) and not any(call.error for call in calls)


def _matched(wanted: Sequence[str], names: Sequence[tuple[str, ...]]) -> dict[int, int]:
    """Gold call -> a predicted call of its own, as many as there can be (augmenting paths)."""
    owner: dict[int, int] = {}

    def place_found(i: int, tried: set[int]) -> bool:
        for place, covered in enumerate(names):
            if wanted[i] in covered and place not in tried:
                tried.add(place)
                if place not in owner or place_found(owner[place], tried):
                    owner[place] = i
                    return True
        return False

    for i in range(len(wanted)):
        place_found(i, set())
    return {i: place for place, i in owner.items()}


def _arguments(call: ToolCall) -> dict[str, Any]:
    try:
        found = json.loads(call.arguments_json)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
