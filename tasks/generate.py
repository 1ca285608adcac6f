"""Generation as tasks: one run a shard for queries, files and trajectories; one for the user's files."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from journeyman.generation import files as file_stage
from journeyman.generation import queries as query_stage
from journeyman.generation import rollout as rollout_stage
from journeyman.generation import user_files as user_file_stage
from journeyman.generation.plan import Shard
from journeyman.schema.artifact import StageResult
from journeyman.teacher.client import Teacher
from tasks.policies import PLAIN_JSON, is_transient, stage
from tasks.resources import as_json, ask_teacher, media_of, open_resources, read_recipe, ref, scope_of

QUERY_SECONDS = 3600.0
FILE_SECONDS = 1800.0
ROLLOUT_SECONDS = 6 * 3600.0


@stage(
    "write-queries",
    version=query_stage.VERSION,
    reads=("generation.generator", "generation.queries_per_call"),
    run_name="write queries {shard_name}",
    tags=("teacher",),
)
def write_queries(
    shard: dict[str, Any],
    recipe: dict[str, Any],
    teacher: str,
    shard_name: str,  # noqa: ARG001 - for the name
) -> dict[str, Any]:
    """Drafts for one shard of briefs."""
    resources, config, portion = open_resources(), read_recipe(recipe), Shard.model_validate(shard)

    async def work(client: Teacher) -> StageResult:
        return await query_stage.write_queries(portion, config, store=resources.store, teacher=client)

    scope = scope_of("queries", shard)
    done = ask_teacher(
        work, resources=resources, recipe=config, model=teacher, scope=scope, timeout_seconds=QUERY_SECONDS
    )
    return as_json(done)


@stage(
    "write-files",
    version=file_stage.VERSION,
    run_name="write files {shard_name}",
)
def write_files(drafts: dict[str, Any], teacher: str, shard_name: str) -> dict[str, Any]:  # noqa: ARG001 - for the name
    """Real files and computed gold answers for one shard of drafts."""
    return as_json(file_stage.write_files(ref(drafts), teacher=teacher, store=open_resources().store))


@task(
    name="adopt-files",
    task_run_name="adopt files from {source}",
    cache_policy=NO_CACHE,  # a folder's name says nothing about what is in it today; what follows is cached by content
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=FILE_SECONDS,
)
def adopt_files(source: str) -> dict[str, Any]:
    """The user's own files, each opened and either kept or dropped with the reason."""
    resources = open_resources()
    options = resources.settings.storage_options()
    return as_json(user_file_stage.adopt_files(source, store=resources.store, storage_options=options))


@stage(
    "write-user-queries",
    version=user_file_stage.VERSION,
    reads=("tools", "generation.held_out_tools", "generation.user_file_queries", "generation.seed"),
    run_name="write queries {shard_name}",
    tags=("teacher",),
)
def write_user_queries(files: dict[str, Any], recipe: dict[str, Any], teacher: str, shard_name: str) -> dict[str, Any]:  # noqa: ARG001
    """Queries over the user's own files."""
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        return await user_file_stage.write_user_queries(ref(files), config, store=resources.store, teacher=client)

    scope = scope_of("user-queries", ref(files))
    done = ask_teacher(
        work, resources=resources, recipe=config, model=teacher, scope=scope, timeout_seconds=QUERY_SECONDS
    )
    return as_json(done)


@stage(
    "roll-out",
    version=rollout_stage.VERSION,
    reads=(
        "tools",
        "action_format",
        "skills",
        "generation.held_out_tools",
        "generation.max_steps",
        "generation.tool_faults",
    ),
    run_name="roll out {shard_name}",
    tags=("teacher",),
)
def roll_out(
    queries: dict[str, Any],
    files: dict[str, Any],
    recipe: dict[str, Any],
    teacher: str,
    shard_name: str,  # noqa: ARG001 - for the name
) -> dict[str, Any]:
    """The teacher's trajectories for one shard of verified queries, with real tools."""
    resources, config = open_resources(), read_recipe(recipe)
    scope = scope_of("rollout", ref(queries))

    async def work(client: Teacher) -> StageResult:
        return await rollout_stage.roll_out(
            ref(queries),
            media_of(files),
            config,
            store=resources.store,
            teacher=client,
            home=resources.home,
            scope=scope,
        )

    done = ask_teacher(
        work, resources=resources, recipe=config, model=teacher, scope=scope, timeout_seconds=ROLLOUT_SECONDS
    )
    return as_json(done)
