"""Recipe to verified dataset: queries, files, checks, trajectories, checks, dataset."""

from typing import Any

from prefect import flow

from flows.names import run_name
from tasks.build import build_dataset
from tasks.generate import (
    adopt_files,
    adopt_plain_talks,
    queries_of,
    read_annotations,
    refuse_annotations,
    roll_out,
    write_files,
    write_queries,
    write_user_queries,
)
from tasks.policies import PLAIN_JSON, shard_runner
from tasks.premises import check_inputs
from tasks.reports import publish_dataset, publish_yield
from tasks.resources import results_of
from tasks.verify import verify_queries, verify_trajectories

USER = "user"
"""Name of the shard that holds the user's own files."""


@flow(
    name="synthesize-data",
    flow_run_name=run_name,
    task_runner=shard_runner(),
    persist_result=False,
    result_serializer=PLAIN_JSON,
)
def synthesize_data(
    recipe: str = "t3_agent", overrides: dict[str, Any] | None = None, files: str = "", tools: str = ""
) -> dict[str, Any]:
    """Synthesise a dataset of verified multimodal tool-use trajectories.

    Args:
        recipe: Name of a recipe on the recipes shelf.
        overrides: Laid over the recipe, section by section, e.g. {"generation": {"queries": 200}}.
        files: Folder or s3:// prefix of your own pictures, PDFs, office files and tables; empty for none.
        tools: Your own tools: an mcpServers JSON or a Python file of typed functions; empty for none.
    """
    return synthesize(check_inputs(recipe, overrides or {}, tools), files)


def synthesize(premises: dict[str, Any], files: str, earlier: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """The stages from briefs to dataset, in order; a shard waits for its own earlier stage only.

    Args:
        premises: As ``check_inputs`` gives them.
        files: The user's own.
        earlier: What rounds before this one gave; their trajectories are in the dataset too.
    """
    recipe, teacher, judge = premises["recipe"], premises["teacher"], premises["judge"]
    briefs = {item["name"]: item["shard"] for item in premises["shards"]}
    kept_apart = {item["name"]: item["split"] for item in premises["shards"] if item["split"] != "train"}
    # Values are futures: Prefect waits for them where a task takes one.
    media: dict[str, Any] = {}
    drafts: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    verified: dict[str, Any] = {}
    tried: dict[str, Any] = {}
    judged: dict[str, Any] = {}

    generation, is_first = recipe["generation"], not earlier
    # The user's own inputs are taken in by the first round; what it made of them is in every later dataset.
    if is_first:
        refuse_annotations(recipe, files)
    adopted = {USER: adopt_files(files)} if files else {}
    told = {name: read_annotations(taken, recipe) for name, taken in adopted.items() if generation["annotations"]}
    talks = [adopt_plain_talks(recipe)] if generation["plain_talks"] and is_first else []
    for name, brief in briefs.items():
        drafts[name] = write_queries.submit(brief, recipe, teacher, name)
    for name, draft in drafts.items():
        asked[name] = media[name] = write_files.submit(draft, teacher, name)
    for name, taken in adopted.items():
        media[name] = taken
        asked[name] = write_user_queries.submit(taken, told.get(name), recipe, teacher, name)
    for name, queries in asked.items():
        verified[name] = verify_queries.submit(queries, media[name], recipe, judge, name)
    train = [name for name in verified if name not in kept_apart]
    for name in train:
        tried[name] = roll_out.submit(verified[name], media[name], recipe, teacher, name)
    for name in train:
        judged[name] = verify_trajectories.submit(tried[name], verified[name], media[name], recipe, judge, name)

    stages = {
        "user-files": list(adopted.values()),
        "annotations": list(told.values()),
        "plain-talks": talks,
        "write-queries": results_of(drafts),
        "write-files": results_of(asked, drafts),
        "user-queries": results_of(asked, adopted),
        "verify-queries": results_of(verified),
        "roll-out": results_of(tried),
        "verify-trajectories": results_of(judged),
    }
    for stage, results in stages.items():
        publish_yield(stage, results)
    posed = {split: [name for name, its in kept_apart.items() if its == split] for split in ("held_out", "development")}
    problems, problem_files = results_of(verified, kept_apart), results_of(media, kept_apart)
    parts = {
        "trajectories": [*stages["verify-trajectories"], *talks],
        "queries": [*results_of(verified, train), *map(queries_of, talks)],
        "media": [*results_of(media, train), *stages["roll-out"], *talks],
    }
    whole = {kind: [result for one in (*earlier, {"parts": parts}) for result in one["parts"][kind]] for kind in parts}
    dataset = build_dataset(whole["trajectories"], whole["queries"], whole["media"], problems, problem_files, recipe)
    publish_dataset(dataset)
    return {
        "dataset": dataset,
        "problems": results_of(verified, posed["held_out"]),
        "problem_files": results_of(media, posed["held_out"]),
        "development": results_of(verified, posed["development"]),
        "development_files": results_of(media, posed["development"]),
        "parts": parts,
        "stages": stages,
    }
