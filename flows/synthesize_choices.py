"""Catalogue to dataset of instructions and the APIs that satisfy them: catalogue, taxonomy, words, files, matches."""

from typing import Any

from prefect import flow

from flows.names import run_name
from tasks.choices import (
    build_choices,
    match_instructions,
    place_apis,
    plan_instructions,
    read_catalogue,
    write_instruction_files,
    write_instructions,
)
from tasks.policies import PLAIN_JSON, shard_runner
from tasks.premises import check_inputs
from tasks.reports import publish_dataset, publish_yield
from tasks.resources import results_of


@flow(
    name="synthesize-choices",
    flow_run_name=run_name,
    task_runner=shard_runner(),
    persist_result=False,
    result_serializer=PLAIN_JSON,
)
def synthesize_choices(recipe: str = "mllm_tool", overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """Synthesise a dataset of instructions, their files, and the APIs of a catalogue that satisfy them.

    Args:
        recipe: Name of a recipe on the recipes shelf.
        overrides: Laid over the recipe, section by section, e.g. {"catalogue": {"source": "apis.jsonl"}}.
    """
    return choices(check_inputs(recipe, overrides or {}))


def choices(premises: dict[str, Any]) -> dict[str, Any]:
    """The stages from catalogue to dataset, in order; a shard waits for its own earlier stage only."""
    recipe, teacher, judge = premises["recipe"], premises["teacher"], premises["judge"]
    catalogue = read_catalogue(recipe)
    taxonomy = place_apis(catalogue, premises["taxonomy"], recipe, teacher)
    shards = plan_instructions(catalogue, taxonomy, recipe)
    # Values are futures: Prefect waits for them where a task takes one.
    drafts: dict[str, Any] = {}
    written: dict[str, Any] = {}
    matched: dict[str, Any] = {}
    for item in shards:
        name = item["name"]
        drafts[name] = write_instructions.submit(item["shard"], catalogue, taxonomy, recipe, teacher, name)
    for name, draft in drafts.items():
        written[name] = write_instruction_files.submit(draft, name)
    for name, files in written.items():
        matched[name] = match_instructions.submit(files, catalogue, taxonomy, recipe, judge, name)
    stages = {
        "read-catalogue": [catalogue],
        "place-apis": [taxonomy],
        "write-instructions": results_of(drafts),
        "write-files": results_of(written),
        "match-instructions": results_of(matched),
    }
    for stage, results in stages.items():
        publish_yield(stage, results)
    train, held_out = ([item["name"] for item in shards if item["split"] == split] for split in ("train", "held_out"))
    problems, problem_files = results_of(matched, held_out), results_of(written, held_out)
    instructions = results_of(matched, train)
    dataset = build_choices(
        instructions, results_of(written, train), problems, problem_files, catalogue, taxonomy, recipe
    )
    publish_dataset(dataset)
    return {
        "dataset": dataset,
        "problems": problems,
        "problem_files": problem_files,
        "catalogue": catalogue,
        "taxonomy": taxonomy,
        "instructions": instructions,
        "stages": stages,
    }
