"""Models to comparison: every agent of the recipe on the same held-out problems."""

from typing import Any

from prefect import flow

from flows.names import run_name
from tasks.build import find_dataset
from tasks.evaluate import compare_agents, evaluate_agent_on_problems, model_for
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
) -> dict[str, Any]:
    """Score agents on the problems that a dataset was kept apart from.

    Args:
        dataset: Digest of the dataset, as the synthesis and its card name it.
        tuned: Digest of the tuned model's artifact.
        untuned: Digest of the untuned model's artifact.
        recipe: Name of a recipe on the recipes shelf; its evaluation section names the agents.
        overrides: Laid over the recipe, section by section, e.g. {"evaluation": {"agents": ["tuned"]}}.
        tools: Your own tools: an mcpServers JSON or a Python file of typed functions; empty for none.
    """
    premises = check_inputs(recipe, overrides or {}, tools, teacher=False)
    models = {"tuned": find_model(tuned), "untuned": find_model(untuned)}
    return evaluate(find_dataset(dataset), models, premises["recipe"])


def evaluate(synthesis: dict[str, Any], models: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """One agent after the other, since they share the accelerator; then the comparison."""
    scores = {
        agent: evaluate_agent_on_problems(
            agent,
            synthesis["problems"],
            synthesis["problem_files"],
            synthesis["dataset"],
            model_for(agent, models),
            recipe,
        )
        for agent in recipe["evaluation"]["agents"]
    }
    comparison = compare_agents(scores, synthesis["problems"], recipe)
    publish_comparison(comparison)
    return {"scores": scores, "comparison": comparison}
