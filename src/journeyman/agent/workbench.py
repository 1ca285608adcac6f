"""Open what a batch of runs shares, and close it whatever happens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from journeyman.agent.prompt import AGENT_FORMATS
from journeyman.agent.turns import Workbench
from journeyman.errors import ConfigError
from journeyman.sandbox.sandbox import Sandbox
from journeyman.storage.cassette import Cassette
from journeyman.storage.store import Store
from journeyman.storage.tool_results import ToolResults
from journeyman.tool_faults import NO_FAULTS, ToolFaults
from journeyman.toolbox import Mode, Toolbox


@asynccontextmanager
async def open_workbench(
    tools: Sequence[str],
    *,
    store: Store,
    scope: str,
    home: Path,
    max_steps: int,
    own_tools: str = "",
    mode: Mode = "replay_else_record",
    replayed_scopes: Sequence[str] = (),
    faults: ToolFaults = NO_FAULTS,
    action_format: str = "python_block",
    shown_first: Sequence[str] = (),
    listed: bool = True,
) -> AsyncIterator[Workbench]:
    """A workbench whose tool results are recorded under ``scope``.

    Args:
        tools: Names of the tools, in the order the agent is told of them.
        store: Where cassettes live.
        scope: Cassette scope of this batch; a repeated batch finds its own results there.
        home: Local state; folders of trajectories are made below it and removed.
        max_steps: Turns an agent may take.
        own_tools: The user's own tools, an mcpServers JSON or a Python file.
        mode: As :meth:`Toolbox.open` takes it.
        replayed_scopes: Other scopes whose results may be replayed.
        faults: Put into tool calls on purpose.
        action_format: How turns are written; a sandbox is started for ``python_block`` alone.
        shown_first: Names of open tools that take one picture as ``image`` and nothing else that must be
            given; the host runs them on a query's first picture before the first turn.
        listed: Whether an agent of ``skill_json`` is told its skills.

    Raises:
        ConfigError: No agent acts in that format, or a tool of ``shown_first`` cannot be run so.
    """
    if action_format not in AGENT_FORMATS:
        raise ConfigError(f"no agent acts in the action format {action_format!r}; use {' or '.join(AGENT_FORMATS)}")
    cassette = Cassette(store, scope)
    cassette.preload((scope,) if mode == "record" else (scope, *replayed_scopes))
    async with AsyncExitStack() as stack:
        toolbox = await stack.enter_async_context(
            Toolbox.open(
                tools, own_tools=own_tools, cassette=cassette, results=ToolResults(store), mode=mode, faults=faults
            )
        )
        _check_shown_first(shown_first, toolbox)
        sessions = home / "sessions"
        sandbox = None
        if action_format == "python_block":
            sandbox = await stack.enter_async_context(Sandbox.start(sessions))
        yield Workbench(
            toolbox=toolbox,
            sandbox=sandbox,
            home=sessions,
            max_steps=max_steps,
            action_format=action_format,
            shown_first=tuple(shown_first),
            listed=listed,
        )


def _check_shown_first(names: Sequence[str], toolbox: Toolbox) -> None:
    for name in names:
        tool = next((tool for tool in toolbox.tools if tool.name == name), None)
        if tool is None:
            raise ConfigError(f"tool {name!r} is to be shown first and is not open; add it to the recipe's tools")
        must = [field for field, info in tool.arguments.model_fields.items() if info.is_required()]
        if must != ["image"]:
            raise ConfigError(
                f"tool {name!r} is to be shown first and must be given {', '.join(must) or 'nothing'}; "
                "only tools that need one argument, image, can be"
            )
