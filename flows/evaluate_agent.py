"""Models to comparison: every agent of the recipe on the same problems, of one benchmark after the other."""

from typing import Any

from prefect import flow

from flows.names import run_name
from tasks.build import find_dataset
from tasks.evaluate import (
    agents_on,
    compare_agents,
    evaluate_agent_on_problems,
    model_for,
    portions_of,
    pose_choices,
    pose_groundings,
    pose_problems,
    pose_screen_tasks,
    read_benchmark,
    scoring_of,
)
from tasks.policies import PLAIN_JSON
from tasks.premises import check_inputs
from tasks.reports import publish_comparison
from tasks.train import find_model


@flow(name="evaluate-agent", flow_run_name=run_name, persist_result=False, result_serializer=PLAIN_JSON)
def evaluate_agent(
    dataset: str,
    tuned: str,
    untuned: str,
    recipe: str = "t3_agent",
    overrides: dict[str, Any] | None = None,
    tools: str = "",
    benchmarks: dict[str, str] | None = None,
    text_only: str = "",
) -> dict[str, Any]:
    """Score agents on the problems that a dataset was kept apart from, and on official benchmarks.

    Args:
        dataset: Digest of the dataset, as the synthesis and its card name it.
        tuned: Digest of the tuned model's artifact.
        untuned: Digest of the untuned model's artifact.
        recipe: Name of a recipe on the recipes shelf; its evaluation section names the agents.
        overrides: Laid over the recipe, section by section, e.g. {"evaluation": {"agents": ["tuned"]}}.
        tools: Your own tools: an mcpServers JSON or a Python file of typed functions; empty for none.
        benchmarks: Official benchmarks and where their data lie, e.g. {"gta": "/data/gta_dataset"}.
        text_only: Digest of a twin that was trained on words alone; empty leaves that agent out.
    """
    premises = check_inputs(recipe, overrides or {}, tools, benchmarks, teacher=None)
    models = {"tuned": find_model(tuned), "untuned": find_model(untuned)}
    if text_only:
        models["text_only"] = find_model(text_only)
    return evaluate(find_dataset(dataset), models, premises["recipe"], benchmarks or {})


def evaluate(
    synthesis: dict[str, Any], models: dict[str, Any], recipe: dict[str, Any], benchmarks: dict[str, str]
) -> dict[str, Any]:
    """The held-out problems, then each official benchmark."""
    dataset, files = synthesis["dataset"], synthesis["problem_files"]
    own = evaluate_on(posed(synthesis, recipe), files, dataset, models, recipe)
    beside = [evaluate_on(problems, [], dataset, models, recipe) for problems in also_posed(synthesis, recipe)]
    official = [
        evaluate_on(read_benchmark(name, source), [], dataset, models, recipe) for name, source in benchmarks.items()
    ]
    return own | {
        "others": [other["comparison"] for other in (*beside, *official)],
        # Official benchmarks stay out: a gated one's rows are in a store of this machine.
        "beside": [{"problems": other["problems"], "scores": other["scores"]} for other in beside],
    }


def posed(synthesis: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """The problems that the dataset was kept apart from."""
    if recipe["task"] == "choose apis":
        return pose_choices(
            synthesis["problems"], synthesis["instructions"], synthesis["catalogue"], synthesis["taxonomy"], recipe
        )
    if recipe["task"] == "act on screens":
        return pose_groundings(synthesis["problems"], synthesis["problem_files"])
    return pose_problems(synthesis["problems"], recipe)


def also_posed(synthesis: dict[str, Any], recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """Further problems that the dataset was kept apart from."""
    if recipe["task"] == "act on screens" and synthesis["held_out_episodes"]:
        return [pose_screen_tasks(synthesis["held_out_episodes"], recipe)]
    return []


def evaluate_on(
    problems: dict[str, Any],
    files: list[dict[str, Any]],
    dataset: dict[str, Any],
    models: dict[str, Any],
    recipe: dict[str, Any],
) -> dict[str, Any]:
    """One agent after the other, since they share the accelerator; then the comparison."""
    scores = {
        agent: [
            evaluate_agent_on_problems(
                agent, problems, files, dataset, model_for(agent, models), recipe, scoring_of(problems), portion
            )
            for portion in portions_of(problems, recipe)
        ]
        for agent in agents_on(problems, recipe, models)
    }
    comparison = compare_agents(scores, problems, recipe)
    publish_comparison(comparison)
    return {"problems": problems, "scores": scores, "comparison": comparison}
