"""How stages are cached, retried, timed out and tagged: every stage task is declared by :func:`stage`.

A cache key names the stage and its version, because ``INPUTS`` alone lets two stages with equal
arguments share an entry and ``TASK_SOURCE`` does not see the domain function that a task calls.
It takes in only the parts of the recipe that the stage reads, so that another learning rate does
not repeat the generation, and of an earlier stage's result only what it points to, so that what a
resumed run happened to pay does not change the key of what follows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Task, task
from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.futures import PrefectFuture
from prefect.serializers import JSONSerializer
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff

from journeyman.check import QueryCheck, TrajectoryCheck
from journeyman.errors import TransientError
from journeyman.plugins import load_plugin
from journeyman.schema.record import fingerprint
from journeyman.tool import Tool, ToolCard
from tasks.result_storage import ERROR_ENCODER, ArtifactBucket

P = ParamSpec("P")
R = TypeVar("R")

PLAIN_JSON: JSONSerializer[Any] = JSONSerializer(object_encoder=ERROR_ENCODER, object_decoder=None)
"""JSON and nothing else: Prefect's default decoder imports the class that a record names."""

RESULT_BLOCK = f"{ArtifactBucket.get_block_type_slug()}/results"
"""Prefect's default storage of results; the class is imported here, or Prefect could not load the block."""

RETRIES = 5
RETRY_BACKOFF_SECONDS = 2
"""Waits of 2, 4, 8, 16 and 32 s, each lengthened by up to its own length again: time for a store to come back."""

SHARDS_AT_ONCE = 4
"""Shards of one run in flight; each has ``generation.concurrency`` records in flight inside."""

_SHELVES: dict[str, tuple[str, str, type[QueryCheck] | type[TrajectoryCheck]]] = {
    "query_checks": ("journeyman.checks", "CHECK", QueryCheck),
    "trajectory_checks": ("journeyman.checks", "CHECK", TrajectoryCheck),
}

LABELS = frozenset({"recipe", "shard_name", "run_name", "budget_usd"})
"""Arguments that never enter a key whole: names people read, limits, and the recipe, which enters part by part."""


@dataclass
class StageInputs(CachePolicy):
    """Key on the arguments, a stage's result reduced to the digests of its artifacts.

    ``reads`` are dotted paths into the argument ``recipe``; nothing else of it enters the key. A list
    of plugins enters with their versions.
    """

    reads: tuple[str, ...] = ()

    def compute_key(
        self,
        task_ctx: TaskRunContext,  # noqa: ARG002 - Prefect's signature
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],  # noqa: ARG002
        **_: Any,
    ) -> str:
        """The fingerprint of what the stage depends on."""
        arguments = {name: pointed_to(value) for name, value in inputs.items() if name not in LABELS}
        recipe = inputs.get("recipe", {})
        return fingerprint({"arguments": arguments, "recipe": {path: part_of(recipe, path) for path in self.reads}})


@dataclass
class StageVersion(CachePolicy):
    """Put the stage's name and version into the key; raise the version when the stage's outcome may change."""

    stage: str = ""
    version: int = 0

    def compute_key(
        self,
        task_ctx: TaskRunContext,  # noqa: ARG002 - Prefect's signature
        inputs: dict[str, Any],  # noqa: ARG002
        flow_parameters: dict[str, Any],  # noqa: ARG002
        **_: Any,
    ) -> str:
        """Name and number."""
        return f"{self.stage}@{self.version}"


def cached(stage: str, *, version: int, reads: tuple[str, ...] = ()) -> CachePolicy:
    """Cache by the task's inputs, the parts of the recipe it reads, its stage and the stage's version."""
    return StageInputs(reads=reads) + StageVersion(stage=stage, version=version)


def stage(
    name: str,
    *,
    version: int,
    reads: tuple[str, ...] = (),
    run_name: str,
    timeout_seconds: float | None = None,
    tags: tuple[str, ...] = (),
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Declare a task that runs one stage and returns plain JSON.

    Args:
        name: Kebab-case name of the stage, in its cache key and on its page.
        version: Raise it to run the stage again although its inputs are the same.
        reads: Dotted paths of the recipe that the outcome depends on.
        run_name: Template over the arguments, e.g. ``write queries {shard_name}``.
        timeout_seconds: Longest try; None for stages that run in threads, which Prefect cannot stop: those that
            ask a teacher keep their own limit.
        tags: Shown in the UI; ``teacher`` marks stages that pay.
    """
    declare: Callable[[Callable[P, R]], Task[P, R]] = task(
        name=name,
        task_run_name=run_name,
        version=str(version),
        tags=tags,
        cache_policy=cached(name, version=version, reads=reads),
        persist_result=True,
        result_serializer=PLAIN_JSON,
        retries=RETRIES,
        retry_delay_seconds=exponential_backoff(backoff_factor=RETRY_BACKOFF_SECONDS),
        retry_jitter_factor=1.0,
        retry_condition_fn=is_transient,
        timeout_seconds=timeout_seconds,
    )
    return declare


def shard_runner() -> TaskRunner[PrefectFuture[Any]]:
    """Threads for the shards of one run; more machines take more runs, or a runner that spans them."""
    return cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=SHARDS_AT_ONCE))


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether another try can help: a store or teacher that does not answer, never a wrong key or a bug."""
    return isinstance(state.result(raise_on_failure=False), TransientError)


def part_of(recipe: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted ``path``; for a list of plugins, name and version of each, and for tools what backs them.

    Raises:
        KeyError: The recipe has no such key, so the policy that names it is wrong.
        UnknownPluginError: The recipe names a plugin that is not there.
    """
    value: Any = recipe
    for key in path.split("."):
        value = value[key]
    if path == "tools":
        tools = [load_plugin("journeyman.tools", name, "TOOL", Tool).card() for name in value]
        own = [ToolCard.model_validate(card) for card in recipe.get("own_tool_cards", ())]
        return [[card.name, card.identity] for card in (*tools, *own)]
    if path not in _SHELVES:
        return value
    shelf, constant, kind = _SHELVES[path]
    return [[name, load_plugin(shelf, name, constant, kind).version] for name in value]


def pointed_to(value: Any) -> Any:
    """``value`` with each stage result replaced by the digests of its artifacts."""
    if isinstance(value, Mapping):
        if "artifacts" in value and "counts" in value:
            # What was dropped is for people; no stage reads it.
            return {name: ref["digest"] for name, ref in value["artifacts"].items() if name != "dropped"}
        return {key: pointed_to(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [pointed_to(inner) for inner in value]
    return value
