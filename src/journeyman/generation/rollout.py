"""Let the teacher solve queries with real tools; every attempt is kept for the checks to judge."""

from pathlib import Path

from journeyman.agent.endpoint_model import EndpointController
from journeyman.agent.loop import Attempt, run_query
from journeyman.agent.workbench import open_workbench
from journeyman.errors import TeacherError
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import ToolChange
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Trajectory
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 5


async def roll_out(
    queries: ArtifactRef, media: ArtifactRef, recipe: Recipe, *, store: Store, teacher: Teacher, home: Path, scope: str
) -> StageResult:
    """One trajectory for each training query that the teacher can be asked about; held-out tools stay away.

    Args:
        queries: Query rows that passed their checks.
        media: MediaFile rows with the queries' files.
        recipe: Tools and limits.
        store: Where artifacts live.
        teacher: Who acts.
        home: Local state, for the trajectories' folders.
        scope: Cassette scope of this shard.

    Raises:
        TransientError: The teacher does not answer.
        BudgetExceededError: The run's budget is spent.
    """
    rows = store.records(queries, Query)
    files = {row.sha256: row.data for row in store.records(media, MediaFile)}
    tally = Tally("trajectories", len(rows))
    controller = EndpointController(teacher)
    config = recipe.generation
    # The workbench opens all of the user's own tools, those among them that only held-out problems want.
    offered = ToolChange(withheld=config.held_out_tools)
    async with open_workbench(
        recipe.training_tools(),
        own_tools=recipe.own_tools,
        mode=recipe.tool_mode,
        store=store,
        scope=scope,
        home=home,
        max_steps=config.max_steps,
        faults=config.tool_faults,
        action_format=recipe.action_format,
        shown_first=recipe.skills.shown_first,
    ) as bench:

        async def one(query: Query) -> Attempt | None:
            try:
                return await run_query(query, controller=controller, bench=bench, media=files, change=offered)
            except TeacherError as exc:
                tally.fail(
                    query.query_id, query, check="rollout", reason="the teacher gave no action", evidence=str(exc)
                )
                return None

        attempts = [a for a in await for_each(rows, one, at_once=config.concurrency) if a is not None]
    kept = store.write("trajectories", [a.trajectory for a in attempts], Trajectory, parents=(queries, media))
    pictures = {item.sha256: item for attempt in attempts for item in attempt.media}
    returned = store.write("media", [pictures[key] for key in sorted(pictures)], MediaFile, parents=(queries, media))
    return tally.result(kept, store=store, parents=(queries, media), spend=teacher.spend, media=returned)
