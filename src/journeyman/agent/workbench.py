"""Open what a batch of runs shares, and close it whatever happens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from journeyman.agent.loop import Workbench
from journeyman.sandbox.sandbox import Sandbox
from journeyman.storage.cassette import Cassette
from journeyman.storage.store import Store
from journeyman.toolbox import Toolbox


@asynccontextmanager
async def open_workbench(
    tools: Sequence[str],
    *,
    store: Store,
    scope: str,
    home: Path,
    max_steps: int,
    mode: Literal["record", "replay"] = "record",
    replayed_scopes: Sequence[str] = (),
) -> AsyncIterator[Workbench]:
    """A workbench whose tool results are recorded under ``scope``.

    Args:
        tools: Names of the tools, in the order the agent is told of them.
        store: Where cassettes live.
        scope: Cassette scope of this batch; a repeated batch finds its own results there.
        home: Local state; folders of trajectories are made below it and removed.
        max_steps: Turns an agent may take.
        mode: ``record`` replays what is recorded and runs the rest; ``replay`` runs nothing.
        replayed_scopes: Other scopes whose results may be replayed.
    """
    cassette = Cassette(store, scope)
    cassette.preload((scope, *replayed_scopes))
    async with (
        Toolbox.open(tools, cassette=cassette, mode=mode) as toolbox,
        Sandbox.start(home / "sessions") as sandbox,
    ):
        yield Workbench(toolbox=toolbox, sandbox=sandbox, max_steps=max_steps)
