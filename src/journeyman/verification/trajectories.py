"""Keep the trajectories that pass every check; store the rest whole, with their reasons."""

from collections.abc import Sequence
from pathlib import Path

from journeyman.agent.workbench import open_workbench
from journeyman.check import TrajectoryCheck, TrajectoryContext
from journeyman.errors import TeacherError
from journeyman.plugins import load_plugin
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Trajectory
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 4


async def verify_trajectories(
    trajectories: ArtifactRef,
    queries: ArtifactRef,
    media: Sequence[ArtifactRef],
    recipe: Recipe,
    *,
    store: Store,
    judge: Teacher,
    home: Path,
    scope: str,
) -> StageResult:
    """Trajectories that every check of the recipe keeps.

    Args:
        trajectories: Trajectory rows of one shard.
        queries: The queries they answer.
        media: MediaFile rows of the queries' files.
        recipe: Which checks.
        store: Where artifacts live.
        judge: Who judges what no program can decide.
        home: Local state, for the replays' folders.
        scope: Cassette scope of the rollout, replayed here; no tool runs anew.

    Raises:
        TransientError: The judge does not answer.
        BudgetExceededError: The run's budget is spent.
    """
    checks = [load_plugin("journeyman.checks", name, "CHECK", TrajectoryCheck) for name in recipe.trajectory_checks]
    rows = store.records(trajectories, Trajectory)
    by_id = {query.query_id: query for query in store.records(queries, Query)}
    files = {row.sha256: row for ref in media for row in store.records(ref, MediaFile)}
    tally = Tally("verified-trajectories", len(rows))
    config = recipe.generation
    async with open_workbench(
        recipe.training_tools(),
        own_tools=recipe.own_tools,
        store=store,
        scope=scope,
        home=home,
        max_steps=config.max_steps,
        mode="replay",
        faults=config.tool_faults,
        action_format=recipe.action_format,
        shown_first=recipe.skills.shown_first,
    ) as bench:

        async def passes(trajectory: Trajectory) -> bool:
            context = TrajectoryContext(query=by_id[trajectory.query_id], media=files, judge=judge, bench=bench)
            for check in checks:
                try:
                    finding = await check.run(trajectory, context)
                except TeacherError as exc:
                    tally.fail(
                        trajectory.trajectory_id, trajectory, check=check.name, reason="no decision", evidence=str(exc)
                    )
                    return False
                if finding is not None:
                    found = {"check": check.name, "reason": finding.reason, "evidence": finding.evidence}
                    tally.drop(trajectory.trajectory_id, trajectory, **found)
                    return False
            return True

        kept = await for_each(rows, passes, at_once=config.concurrency)
    passed = [row for row, keep in zip(rows, kept, strict=True) if keep]
    parents = (trajectories, queries, *media)
    ref = store.write("trajectories", passed, Trajectory, parents=parents)
    return tally.result(ref, store=store, parents=parents, spend=judge.spend)
