"""Verification as tasks: one run a shard, for queries before they are paid for and for trajectories after."""

from typing import Any

from journeyman.schema.artifact import StageResult
from journeyman.teacher.client import Teacher
from journeyman.verification import queries as query_stage
from journeyman.verification import trajectories as trajectory_stage
from tasks.policies import stage
from tasks.resources import as_json, ask_teacher, media_of, open_resources, read_recipe, ref, scope_of

QUERY_SECONDS = 3600.0
TRAJECTORY_SECONDS = 6 * 3600.0


@stage(
    "verify-queries",
    version=query_stage.VERSION,
    reads=("tools", "query_checks"),
    run_name="verify queries {shard_name}",
    tags=("teacher",),
)
def verify_queries(
    queries: dict[str, Any],
    files: dict[str, Any],
    recipe: dict[str, Any],
    judge: str,
    shard_name: str,  # noqa: ARG001 - for the name
) -> dict[str, Any]:
    """Keep the queries that pass every check against their files; store the rest with their reasons."""
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        return await query_stage.verify_queries(
            ref(queries), media_of(files), config, store=resources.store, judge=client
        )

    scope = scope_of("verify-queries", ref(queries))
    done = ask_teacher(
        work, resources=resources, recipe=config, model=judge, scope=scope, timeout_seconds=QUERY_SECONDS
    )
    return as_json(done)


@stage(
    "verify-trajectories",
    version=trajectory_stage.VERSION,
    reads=(
        "tools",
        "trajectory_checks",
        "action_format",
        "skills",
        "generation.held_out_tools",
        "generation.max_steps",
        "generation.tool_faults",
    ),
    run_name="verify trajectories {shard_name}",
    tags=("teacher",),
)
def verify_trajectories(
    trajectories: dict[str, Any],
    queries: dict[str, Any],
    files: dict[str, Any],
    recipe: dict[str, Any],
    judge: str,
    shard_name: str,  # noqa: ARG001 - for the name
) -> dict[str, Any]:
    """Keep the trajectories that pass every check, replay included; store the rest with their reasons."""
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        return await trajectory_stage.verify_trajectories(
            ref(trajectories),
            ref(queries),
            (media_of(files), ref(trajectories, "media")),
            config,
            store=resources.store,
            judge=client,
            home=resources.home,
            scope=scope_of("rollout", ref(queries)),
        )

    scope = scope_of("verify-trajectories", ref(trajectories))
    done = ask_teacher(
        work, resources=resources, recipe=config, model=judge, scope=scope, timeout_seconds=TRAJECTORY_SECONDS
    )
    return as_json(done)
