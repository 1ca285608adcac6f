"""Call skills one after the other; each gives one line of JSON, with its result or with why there is none."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from journeyman.action_formats.skill_json import SkillCall
from journeyman.agent.mask_names import MaskNames
from journeyman.agent.offer import Offer
from journeyman.agent.prompt import shortened_lines
from journeyman.agent.turns import Turns
from journeyman.errors import ToolError, ToolUnavailableError
from journeyman.schema.query import FileRef
from journeyman.tool import ToolFiles
from journeyman.toolbox import Toolbox

CallSkill = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Calls a skill by name with named arguments; gives its value or raises ToolError."""


async def call_skills(calls: Sequence[SkillCall], turns: Turns, masks: MaskNames) -> tuple[list[str], bool]:
    """Make the ``calls`` of one turn in their order; one that fails does not keep the others from being made.

    Masks are shown, and may be given, by name.

    Returns:
        A line for each call, and whether one failed by the agent's own doing: not by a fault that was
        put in on purpose, nor because its tool is down.

    Raises:
        ArtifactError: A replay, and a call was never recorded.
    """

    async def call(name: str, arguments: Mapping[str, Any]) -> Any:
        return masks.shown(await turns.call(name, [], masks.meant(arguments)))

    lines, slipped = [], False
    for skill in calls:
        logged = len(turns.session.log)
        line, error = await _line(skill.name, skill.params, call)
        lines.append(line)
        excused = isinstance(error, ToolUnavailableError) or any(call.fault for call in turns.session.log[logged:])
        slipped = slipped or (error is not None and not excused)
    return lines, slipped


async def results_shown_first(
    tools: Sequence[str],
    files: Sequence[FileRef],
    *,
    toolbox: Toolbox,
    offer: Offer,
    folder: ToolFiles,
    shown: Callable[[Any], Any] = lambda value: value,
) -> str:
    """A line for each of ``tools``, called on the first picture among ``files``; empty where there is none.

    The calls are the host's, in a session of their own: no step of the agent's holds them, and the cassette
    has them, so that a replay is shown the same. A tool that is not offered is not called. ``shown`` is what
    the agent is shown of a result.

    Raises:
        ArtifactError: A replay, and a call was never recorded.
    """
    picture = next((ref.name for ref in files if ref.media_type.startswith("image/")), "")
    if not picture:
        return ""
    session = toolbox.session(folder)
    lines = []
    for tool in tools:
        name = offer.name_of(tool)
        if not name:
            continue

        async def call(_name: str, arguments: Mapping[str, Any], tool: str = tool) -> Any:
            return shown((await session.call(tool, [], arguments)).value)

        line, _ = await _line(name, {"image": picture}, call)
        lines.append(line)
    return shortened_lines(lines)


async def _line(name: str, arguments: Mapping[str, Any], call: CallSkill) -> tuple[str, ToolError | None]:
    """The line of one call, and what it raised."""
    try:
        return _json({"API_name": name, "result": await call(name, arguments)}), None
    except ToolError as exc:
        return _json({"API_name": name, "error": str(exc)}), exc


def _json(said: Mapping[str, Any]) -> str:
    # Half of a surrogate pair, which a tool may have read out of a damaged file, cannot be stored.
    return json.dumps(said, ensure_ascii=False).encode(errors="replace").decode()
