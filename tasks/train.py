"""Training as tasks: the launcher starts the ranks, Prefect shows how far they are."""

import json
import time
from typing import Any, cast
from uuid import UUID

from prefect import task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE

from journeyman.recipe import Recipe
from journeyman.training import launch
from tasks.policies import stage
from tasks.reports import CURVE, publish_metrics
from tasks.resources import artifact, as_json, found, open_resources, read_recipe, ref

TRAINING_SECONDS = 7 * 24 * 3600.0
BUILD_SECONDS = 3600.0
SHOWN_EVERY_SECONDS = 10.0
"""Time between two updates of the run's page."""


@stage(
    "build-untuned",
    version=launch.VERSION,
    reads=("training",),
    timeout_seconds=BUILD_SECONDS,
    run_name="build untuned model",
)
def build_untuned(dataset: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """The model that training starts from, exported as it is."""
    resources = open_resources()
    return as_json(
        launch.build_untuned(
            ref(dataset), read_recipe(recipe), store=resources.store, settings=resources.settings, home=resources.home
        )
    )


@stage(
    "train-model",
    version=launch.VERSION,
    reads=("training",),
    timeout_seconds=TRAINING_SECONDS,
    run_name="train {recipe[name]}",
    tags=("training",),
)
def train_model(dataset: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """A tuned model in the store; its loss as it falls on the run's page."""
    return _trained(dataset, read_recipe(recipe), key="training-progress")


@stage(
    "train-blind-twin",
    version=launch.VERSION,
    reads=("training",),
    timeout_seconds=TRAINING_SECONDS,
    run_name="train blind twin of {recipe[name]}",
    tags=("training",),
)
def train_blind_twin(dataset: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """The model that the same run gives when every picture, sound and video is left out of the dataset."""
    seeing = read_recipe(recipe)
    training = seeing.training.model_copy(update={"media": "none"})
    return _trained(dataset, seeing.model_copy(update={"training": training}), key="blind-twin-progress")


@task(name="find-model", task_run_name="find model {digest}", cache_policy=NO_CACHE, persist_result=False)
def find_model(digest: str) -> dict[str, Any]:
    """A model that was trained or built before.

    Raises:
        ArtifactError: No model of that digest is in the store.
    """
    return found(artifact(open_resources().store, launch.KIND, digest))


def _trained(dataset: dict[str, Any], recipe: Recipe, *, key: str) -> dict[str, Any]:
    """Train, with the progress under ``key`` on the run's page."""
    resources = open_resources()
    curve: list[dict[str, Any]] = []
    progress = cast("UUID", create_progress_artifact(0.0, key=key, description="Optimizer steps"))
    shown = 0.0

    def on_metrics(metrics: dict[str, Any]) -> None:
        nonlocal shown
        curve.append(metrics)
        last = metrics["step"] == metrics["steps"]
        # Each is a request: while one is made, the launcher does not read what ranks say.
        if last or time.monotonic() - shown >= SHOWN_EVERY_SECONDS:
            shown = time.monotonic()
            update_progress_artifact(progress, 100.0 * metrics["step"] / metrics["steps"])
            publish_metrics(curve)

    result = launch.train(
        ref(dataset),
        recipe,
        store=resources.store,
        settings=resources.settings,
        home=resources.home,
        on_metrics=on_metrics,
    )
    line = [{**metrics, "step": metrics["run_step"]} for metrics in curve]
    return as_json(result.model_copy(update={"facts": {**result.facts, CURVE: json.dumps(line)}}))
