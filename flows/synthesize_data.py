"""Recipe to verified dataset: queries, files, checks, trajectories, checks, dataset."""

from typing import Any

from prefect import flow

from flows.names import run_name
from tasks.build import build_dataset
from tasks.generate import adopt_files, roll_out, write_files, write_queries, write_user_queries
from tasks.policies import shard_runner
from tasks.premises import check_inputs
from tasks.reports import publish_dataset, publish_yield
from tasks.verify import verify_queries, verify_trajectories


@flow(
    name="synthesize-data",
    flow_run_name=run_name,
    task_runner=shard_runner(),
    persist_result=False,
)
def synthesize_data(
    recipe: str = "t3_agent", overrides: dict[str, Any] | None = None, files: str = ""
) -> dict[str, Any]:
    """Synthesise a dataset of verified multimodal tool-use trajectories.

    Args:
        recipe: Name of a recipe on the recipes shelf.
        overrides: Laid over the recipe, section by section, e.g. {"generation": {"queries": 200}}.
        files: Folder or s3:// prefix of your own pictures, PDFs, office files and tables; empty for none.
    """
    return synthesize(check_inputs(recipe, overrides or {}), files)


def synthesize(premises: dict[str, Any], files: str) -> dict[str, Any]:
    """The stages from briefs to dataset, in order; a shard waits for its own earlier stage only."""
    recipe, teacher, judge = premises["recipe"], premises["teacher"], premises["judge"]
    shards = {item["name"]: item["shard"] for item in premises["shards"]}
    splits = {item["name"]: item["split"] for item in premises["shards"]}
    stages: dict[str, list[dict[str, Any]]] = {}

    drafts: dict[str, Any] = {
        name: write_queries.submit(shard, recipe, teacher, name) for name, shard in shards.items()
    }
    written: dict[str, Any] = {name: write_files.submit(draft, teacher, name) for name, draft in drafts.items()}
    asked: dict[str, Any] = dict(written)
    media: dict[str, Any] = dict(written)
    if files:
        media["user"] = adopted = adopt_files(files)
        asked["user"] = write_user_queries.submit(adopted, recipe, teacher, "user")
        splits["user"] = "train"
        stages["user-files"] = [adopted]
    verified: dict[str, Any] = {
        name: verify_queries.submit(asked[name], media[name], recipe, judge, name) for name in asked
    }
    train = [name for name in verified if splits[name] == "train"]
    tried: dict[str, Any] = {
        name: roll_out.submit(verified[name], media[name], recipe, teacher, name) for name in train
    }
    judged: dict[str, Any] = {
        name: verify_trajectories.submit(tried[name], verified[name], media[name], recipe, judge, name)
        for name in train
    }

    for stage, runs in {
        "write-queries": drafts,
        "write-files": written,
        "user-queries": {name: run for name, run in asked.items() if name == "user"},
        "verify-queries": verified,
        "roll-out": tried,
        "verify-trajectories": judged,
    }.items():
        stages[stage] = [run.result() for run in runs.values()]
        publish_yield(stage, stages[stage])
    by_name = dict(zip(verified, stages["verify-queries"], strict=True))
    problems = [by_name[name] for name in verified if splits[name] == "held_out"]
    problem_files = [media[name].result() for name in verified if splits[name] == "held_out"]
    dataset = build_dataset(
        stages["verify-trajectories"],
        [by_name[name] for name in train],
        [*stages["write-files"], *stages.get("user-files", []), *stages["roll-out"]],
        problems,
        problem_files,
        recipe,
    )
    publish_dataset(dataset)
    return {"dataset": dataset, "problems": problems, "problem_files": problem_files, "stages": stages}
