"""The only place where things are wired: settings to store, teacher, ledger, budget and home."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from prefect.concurrency.sync import concurrency
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run

from journeyman.errors import TransientError
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, Counts, Spend, StageResult
from journeyman.schema.record import fingerprint
from journeyman.settings import Settings, load_settings
from journeyman.stage import first_error
from journeyman.storage import layout
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from journeyman.teacher.prices import Budget

T = TypeVar("T")

TEACHER_LIMIT = "teacher"
"""Global concurrency limit: one slot for each shard that asks the teacher, over all runs."""
CACHED = "Cached"
"""Prefect's name of the state of a task run that was answered from the cache."""
LEASE_SECONDS = 60
"""How long a killed run keeps its slots."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a stage is given besides its inputs."""

    settings: Settings
    store: Store

    @property
    def home(self) -> Path:
        """Local state, absolute: a stage's subprocess may stand elsewhere."""
        return self.settings.home.resolve()

    def on_this_machine(self) -> "Resources":
        """The same with a store below :attr:`home`: for data that may not be copied to where others read."""
        return replace(self, store=Store((self.home / layout.GATED_FOLDER).as_uri()))


def open_resources() -> Resources:
    """The store and settings that this process's environment names.

    Raises:
        ConfigError: No store is set.
    """
    settings = load_settings()
    return Resources(settings=settings, store=Store(settings.require_store(), settings.storage_options()))


def read_recipe(recipe: dict[str, Any]) -> Recipe:
    """The recipe as a task received it."""
    return Recipe.model_validate(recipe)


def ref(result: dict[str, Any], name: str = "kept") -> ArtifactRef:
    """The artifact ``name`` of a stage's result."""
    return ArtifactRef.model_validate(result["artifacts"][name])


def refs(results: list[dict[str, Any]], name: str = "kept") -> tuple[ArtifactRef, ...]:
    """The artifact ``name`` of each result that has one, in order."""
    return tuple(ref(result, name) for result in results if name in result["artifacts"])


def results_of(runs: Mapping[str, Any], names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Results of task runs by shard, waited for; the first one that failed is raised."""
    chosen = [runs[name] for name in (runs if names is None else names)]
    return [_result_of(run) if isinstance(run, PrefectFuture) else run for run in chosen]


def media_of(files: dict[str, Any]) -> ArtifactRef:
    """The files of a shard: what the file writers made, or the user's own, whose media are all there is."""
    return ref(files, "media" if "media" in files["artifacts"] else "kept")


def scope_of(stage: str, *inputs: ArtifactRef | dict[str, Any]) -> str:
    """Where a shard's calls and tool results are kept: the same place whenever the same inputs come again."""
    named = [item.digest if isinstance(item, ArtifactRef) else item for item in inputs]
    return f"{stage}/{fingerprint(named)[:16]}"


def artifact(store: Store, kind: str, digest: str) -> ArtifactRef:
    """The committed artifact of ``kind`` with ``digest``, looked up in the store.

    Raises:
        ArtifactError: There is none.
    """
    key = layout.manifest_key(kind, digest)
    found = store.manifest(ArtifactRef(kind=kind, key=key, digest=digest, rows=0))
    return ArtifactRef(kind=kind, key=key, digest=digest, rows=sum(item.rows for item in found.objects))


def found(artifact_ref: ArtifactRef) -> dict[str, Any]:
    """An artifact that was looked up, in the form in which a stage would have handed it on."""
    rows = artifact_ref.rows
    counts = Counts(taken=rows, kept=rows, dropped=0)
    return as_json(StageResult(stage=artifact_ref.kind, artifacts={"kept": artifact_ref}, counts=counts))


def ask_teacher(
    work: Callable[[Teacher], Awaitable[T]],
    *,
    resources: Resources,
    recipe: Recipe,
    model: str,
    scope: str,
    timeout_seconds: float,
    settings: Settings | None = None,
) -> T:
    """``work`` done with a teacher whose calls are kept under ``scope`` and paid from the run's budget.

    Args:
        work: The stage, given the teacher.
        resources: Settings and store.
        recipe: For the budget and how many requests may be in flight.
        model: Which of the endpoint's models is asked.
        scope: Ledger scope; calls found there are not paid again.
        timeout_seconds: Longest time; what was paid until then is kept for the next try.
        settings: Say which endpoint is asked; None takes the teacher's.

    Raises:
        TransientError: The work did not end in time.
    """

    async def asked() -> T:
        budget = run_budget(str(flow_run.id), recipe.budget_usd)
        ledger = Ledger(resources.store, scope)
        in_flight = recipe.generation.concurrency
        async with Teacher.open(
            settings or resources.settings, ledger, model=model, budget=budget, concurrency=in_flight
        ) as teacher:
            return await work(teacher)

    with concurrency(TEACHER_LIMIT, occupy=1, lease_duration=LEASE_SECONDS, strict=True):
        return finish(asked(), timeout_seconds=timeout_seconds)


@lru_cache(maxsize=8)
def run_budget(flow_run_id: str, usd: str) -> Budget:  # noqa: ARG001 - the run is the cache's key
    """The budget that all shards of one flow run in this process share."""
    return Budget(Decimal(usd))


def finish(work: Coroutine[Any, Any, T], *, timeout_seconds: float) -> T:
    """The outcome of ``work``; of several errors raised side by side, the first one, as itself.

    Task groups wrap what their tasks raise, and a wrapped TransientError would not be tried again.
    Prefect cannot stop a task that waits in a thread, so the time limit is kept here.

    Raises:
        TransientError: The work did not end in time.
    """

    async def in_time() -> T:
        async with asyncio.timeout(timeout_seconds):
            return await work

    try:
        return asyncio.run(in_time())
    except TimeoutError as exc:
        raise TransientError(f"the stage did not end within {timeout_seconds:.0f} s") from exc
    except BaseExceptionGroup as group:
        raise first_error(group) from group


def as_json(result: StageResult) -> dict[str, Any]:
    """What a task returns: plain JSON, which outlives any class's dotted path."""
    return result.model_dump(mode="json")


def paid_before(result: dict[str, Any]) -> dict[str, Any]:
    """A cached result as this run sees it: its calls were paid by an earlier run, so they cost nothing now."""
    spend = Spend.model_validate(result["spend"])
    replayed = Spend(calls=0, replayed=spend.calls + spend.replayed)
    return result | {"spend": replayed.model_dump(mode="json")}


def _result_of(run: PrefectFuture[dict[str, Any]]) -> dict[str, Any]:
    result = run.result()
    return paid_before(result) if run.state.name == CACHED else result
