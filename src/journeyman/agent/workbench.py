"""Open what a batch of runs shares, and close it whatever happens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from journeyman.agent.loop import Workbench
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
    """
    cassette = Cassette(store, scope)
    cassette.preload((scope,) if mode == "record" else (scope, *replayed_scopes))
    async with (
        Toolbox.open(
            tools, own_tools=own_tools, cassette=cassette, results=ToolResults(store), mode=mode, faults=faults
        ) as toolbox,
        Sandbox.start(home / "sessions") as sandbox,
    ):
        yield Workbench(toolbox=toolbox, sandbox=sandbox, max_steps=max_steps)
