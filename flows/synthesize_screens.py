"""Pages to dataset: screens with boxes, instructions about them, episodes with a monologue."""

from typing import Any

from prefect import flow

from flows.names import run_name
from tasks.policies import PLAIN_JSON, shard_runner
from tasks.premises import check_inputs
from tasks.reports import publish_dataset, publish_yield, show_screens
from tasks.resources import results_of
from tasks.screens import (
    build_screens,
    capture_screens,
    play_episodes,
    shards_of_screens,
    write_groundings,
    write_monologues,
)


@flow(
    name="synthesize-screens",
    flow_run_name=run_name,
    task_runner=shard_runner(),
    persist_result=False,
    result_serializer=PLAIN_JSON,
)
def synthesize_screens(recipe: str = "aguvis", overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """Synthesise a dataset of grounding pairs and of GUI episodes that were really played.

    Args:
        recipe: Name of a recipe on the recipes shelf.
        overrides: Laid over the recipe, section by section, e.g. {"screens": {"pages": 500}}.
    """
    return screens(check_inputs(recipe, overrides or {}))


def screens(premises: dict[str, Any]) -> dict[str, Any]:
    """The stages from briefs to dataset, in order; a shard waits for its own earlier stage only."""
    recipe, teacher = premises["recipe"], premises["teacher"]
    shards = {item["name"]: item for item in shards_of_screens(recipe)}
    # Values are futures: Prefect waits for them where a task takes one.
    captured: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    played: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name, item in shards.items():
        if item["of"] == "pages":
            captured[name] = capture_screens.submit(item["shard"], recipe, name)
        else:
            played[name] = play_episodes.submit(item["shard"], recipe, name)
    for name, pages in captured.items():
        asked[name] = write_groundings.submit(pages, recipe, teacher, name)
    train = {name for name, item in shards.items() if item["split"] == "train"}
    for name, episodes in played.items():
        if name in train:
            told[name] = write_monologues.submit(episodes, recipe, teacher, name)
    stages = {
        "capture-screens": results_of(captured),
        "write-groundings": results_of(asked),
        "play-episodes": results_of(played),
        "write-monologues": results_of(told),
    }
    for stage, results in stages.items():
        publish_yield(stage, results)
    show_screens(stages["capture-screens"], stages["play-episodes"])
    apart = [name for name in shards if name not in train]
    problems = results_of(asked, [name for name in apart if name in asked])
    problem_files = results_of(captured, [name for name in apart if name in captured])
    held_out_episodes = results_of(played, [name for name in apart if name in played])
    pages = [name for name in asked if name in train]
    dataset = build_screens(
        results_of(asked, pages),
        results_of(told),
        [*results_of(captured, pages), *results_of(played, list(told))],
        problems,
        problem_files,
        held_out_episodes,
        recipe,
    )
    publish_dataset(dataset)
    return {
        "dataset": dataset,
        "problems": problems,
        "problem_files": problem_files,
        "held_out_episodes": held_out_episodes,
        "stages": stages,
    }
