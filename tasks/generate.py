"""Generation as tasks: one run a shard for queries, files and trajectories; one for each of the user's own inputs."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from journeyman.errors import ConfigError
from journeyman.generation import annotations as annotation_stage
from journeyman.generation import files as file_stage
from journeyman.generation import plain_talks as talk_stage
from journeyman.generation import queries as query_stage
from journeyman.generation import rollout as rollout_stage
from journeyman.generation import user_files as user_file_stage
from journeyman.generation.plan import Shard
from journeyman.schema.artifact import StageResult
from journeyman.teacher.client import Teacher
from tasks.policies import PLAIN_JSON, is_transient, stage
from tasks.resources import as_json, ask_teacher, found, media_of, open_resources, read_recipe, ref, scope_of

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


@task(
    name="read-annotations",
    task_run_name="read annotations",
    cache_policy=NO_CACHE,  # as for files: what is in it today; the queries are cached by what is told of the pictures
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=FILE_SECONDS,
)
def read_annotations(files: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """What the recipe's annotations tell of the user's own pictures; what does not fit one is dropped by name."""
    resources, source = open_resources(), read_recipe(recipe).generation.annotations
    options = resources.settings.storage_options()
    return as_json(
        annotation_stage.read_annotations(source, ref(files), store=resources.store, storage_options=options)
    )


@task(
    name="adopt-plain-talks",
    task_run_name="adopt plain talks",
    cache_policy=NO_CACHE,  # as for files
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=FILE_SECONDS,
)
def adopt_plain_talks(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe's plain talks as answered trajectories, each pair kept or dropped with the reason."""
    resources, config = open_resources(), read_recipe(recipe).generation
    options = resources.settings.storage_options()
    return as_json(
        talk_stage.adopt_plain_talks(
            config.plain_talks, seed=config.seed, store=resources.store, storage_options=options
        )
    )


def queries_of(talks: dict[str, Any]) -> dict[str, Any]:
    """The queries of :func:`adopt_plain_talks`, as a stage that makes queries hands them on."""
    return found(ref(talks, "queries"))


def refuse_annotations(recipe: dict[str, Any], files: str) -> None:
    """Say before anything is paid that there is nothing which the annotations could tell of.

    Raises:
        ConfigError: Annotations, and no files.
    """
    source = recipe["generation"]["annotations"]
    if source and not files:
        raise ConfigError(f"annotations {source!r} tell of your own pictures, and none are given; give files as well")


@stage(
    "write-user-queries",
    version=user_file_stage.VERSION,
    reads=("tools", "generation.held_out_tools", "generation.user_file_queries", "generation.seed"),
    run_name="write queries {shard_name}",
    tags=("teacher",),
)
def write_user_queries(
    files: dict[str, Any],
    contexts: dict[str, Any] | None,
    recipe: dict[str, Any],
    teacher: str,
    shard_name: str,  # noqa: ARG001 - for the name
) -> dict[str, Any]:
    """Queries over the user's own files; ``contexts`` is what annotations tell of them, None without."""
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        told = ref(contexts) if contexts else None
        return await user_file_stage.write_user_queries(
            ref(files), config, store=resources.store, teacher=client, contexts=told
        )

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
