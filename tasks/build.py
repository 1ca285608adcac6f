"""The dataset as a task, and the note beside it that says which held-out problems belong to it."""

import json
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from journeyman.dataset.build import build_dataset as build
from journeyman.schema.artifact import StageResult
from journeyman.schema.record import canonical_json
from journeyman.storage import layout
from journeyman.storage.store import Store
from tasks.policies import stage
from tasks.resources import artifact, as_json, found, media_of, open_resources, read_recipe, refs

VERSION = 4
BUILD_SECONDS = 3600.0


@stage(
    "build-dataset",
    version=VERSION,
    reads=("tools", "action_format", "skills", "dataset", "generation.held_out_tools"),
    timeout_seconds=BUILD_SECONDS,
    run_name="build dataset",
)
def build_dataset(
    trajectories: list[dict[str, Any]],
    queries: list[dict[str, Any]],
    media: list[dict[str, Any]],
    problems: list[dict[str, Any]],
    problem_files: list[dict[str, Any]],
    recipe: dict[str, Any],
) -> dict[str, Any]:
    """Verified trajectories as training examples, and a copy that ``datasets`` reads."""
    store = open_resources().store
    result = build(
        refs(trajectories),
        refs(queries),
        tuple(media_of(item) for item in media),
        refs(problems),
        read_recipe(recipe),
        store=store,
        yields=yields_of({"queries": queries, "trajectories": trajectories}),
    )
    note_problems(result, problems, problem_files, store)
    return as_json(result)


def note_problems(
    dataset: StageResult, problems: list[dict[str, Any]], files: list[dict[str, Any]], store: Store, **more: Any
) -> None:
    """Write beside the dataset which problems it was kept apart from, so that its digest alone leads to them.

    Args:
        dataset: What was built.
        problems: Results that hold them.
        files: Results that hold their files.
        store: Where artifacts live.
        **more: Other results that posing them needs, by name.
    """
    note = {"problems": problems, "problem_files": files, **more}
    store.put(_note_key(dataset.artifacts["kept"].digest), canonical_json(note).encode())


@task(name="find-dataset", task_run_name="find dataset {digest}", cache_policy=NO_CACHE, persist_result=False)
def find_dataset(digest: str) -> dict[str, Any]:
    """A dataset and its held-out problems, as the synthesis handed them on.

    Raises:
        ArtifactError: No dataset of that digest is in the store.
    """
    store = open_resources().store
    note: dict[str, Any] = json.loads(store.get(_note_key(digest)))
    return {"dataset": found(artifact(store, "examples", digest)), **note}


def _note_key(digest: str) -> str:
    return f"{layout.dataset_prefix(digest)}problems.json"


def yields_of(stages: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """``kept of taken`` of each stage, for the dataset card."""
    totals = {}
    for name, results in stages.items():
        taken, kept = (sum(r["counts"][which] for r in results) for which in ("taken", "kept"))
        totals[name] = f"{kept:,} of {taken:,}"
    return totals
