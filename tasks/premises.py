"""Everything that can be wrong with a run's inputs, found before the first stage is paid for."""

import asyncio
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.settings import get_current_settings

from journeyman.errors import ConfigError
from journeyman.generation.config import GenerationConfig
from journeyman.generation.plan import plan_shards
from journeyman.recipe import load_recipe, resolve_tools
from journeyman.teacher.client import Teacher
from tasks.evaluate import refuse_benchmarks, settled_agents
from tasks.policies import PLAIN_JSON, RESULT_BLOCK, is_transient
from tasks.resources import ask_teacher, open_resources

TEACHER_SECONDS = 60.0


@task(
    name="check-inputs",
    cache_policy=NO_CACHE,
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=2,
    retry_condition_fn=is_transient,
)
def check_inputs(
    recipe: str,
    overrides: dict[str, Any],
    tools: str = "",
    benchmarks: dict[str, str] | None = None,
    *,
    teacher: bool | None = True,
) -> dict[str, Any]:
    """The resolved recipe, the plan of shards and the models that will be asked.

    Args:
        recipe: Name of a recipe.
        overrides: Laid over it, section by section.
        tools: The user's own tools, an mcpServers JSON or a Python file; empty for none.
        benchmarks: Official benchmarks to run -> folder or zip of their data.
        teacher: False for a flow that pays no teacher, None for one that asks it only where one is set.

    Raises:
        ConfigError: No such recipe, an unknown key, tools, a taxonomy or benchmark data that cannot be opened, no
            store or no teacher set.
        StorageError: The store cannot be written and read.
        TransientError: The teacher does not answer.
    """
    named = {"own_tools": str(Path(tools).absolute())} if tools else {}
    resolved = asyncio.run(resolve_tools(load_recipe(recipe, overrides | named)))
    require_result_block(get_current_settings().results.default_storage_block)
    resources = open_resources()
    resources.store.check()
    names = {"teacher": "", "judge": ""}
    if teacher or (teacher is None and resources.settings.openai_base_url):
        resources.settings.require_teacher()
        names["teacher"] = ask_teacher(
            _model_name,
            resources=resources,
            recipe=resolved,
            model=resources.settings.teacher_model,
            scope="check-inputs",
            timeout_seconds=TEACHER_SECONDS,
        )
        names["judge"] = resources.settings.judge_model or names["teacher"]
    refuse_benchmarks(benchmarks or {})
    agents = settled_agents(resolved, names["teacher"])
    resolved = resolved.model_copy(update={"evaluation": resolved.evaluation.model_copy(update={"agents": agents})})
    return {
        "recipe": resolved.model_dump(mode="json"),
        **names,
        "shards": shards_of(resolved.generation) if resolved.task == "use tools" else [],
        "taxonomy": _edited_taxonomy(resolved.catalogue.taxonomy),
    }


def shards_of(generation: GenerationConfig) -> list[dict[str, Any]]:
    """The portions of the queries, as flows hand them to tasks."""
    return [
        {"name": shard.name, "split": shard.split, "shard": shard.model_dump(mode="json")}
        for shard in plan_shards(generation)
    ]


def _edited_taxonomy(file: str) -> str:
    """Its text: what is in the file, not its name, decides what is made again."""
    if not file:
        return ""
    try:
        return Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(
            f"taxonomy {file!r} cannot be read: {exc}; write one with `journeyman catalogue taxonomy`"
        ) from exc


def require_result_block(setting: str | None) -> None:
    """Refuse to run where results would be kept elsewhere, as pickles or where artifacts are not.

    Raises:
        ConfigError: Prefect's default result storage is another one.
    """
    if setting != RESULT_BLOCK:
        raise ConfigError(
            f"results would be kept in {setting or 'a local folder'}, not beside the artifacts; "
            f"set PREFECT_DEFAULT_RESULT_STORAGE_BLOCK={RESULT_BLOCK}"
        )


async def _model_name(teacher: Teacher) -> str:
    return teacher.model
