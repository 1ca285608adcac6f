"""Evaluation as tasks: one run an agent, then one comparison."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from journeyman.evaluation import run as evaluation
from journeyman.evaluation.compare import Comparison, compare
from tasks.policies import PLAIN_JSON, is_transient, stage
from tasks.resources import as_json, finish, media_of, open_resources, read_recipe, ref, refs

EVALUATION_SECONDS = 24 * 3600.0
COMPARISON_SECONDS = 1800.0


@stage(
    "evaluate-agent",
    version=evaluation.VERSION,
    reads=("tools", "evaluation.max_new_tokens", "evaluation.seed", "generation.max_steps", "training.max_pixels"),
    run_name="evaluate {agent}",
)
def evaluate_agent_on_problems(
    agent: str,
    problems: list[dict[str, Any]],
    files: list[dict[str, Any]],
    dataset: dict[str, Any],
    model: dict[str, Any] | None,
    recipe: dict[str, Any],
) -> dict[str, Any]:
    """One score for every problem; a failed run is a wrong answer."""
    resources = open_resources()
    scored = evaluation.evaluate(
        agent,
        refs(problems),
        tuple(media_of(item) for item in files),
        ref(dataset),
        ref(model) if model else None,
        read_recipe(recipe),
        store=resources.store,
        home=resources.home,
    )
    return as_json(finish(scored, timeout_seconds=EVALUATION_SECONDS))


@task(
    name="compare-agents",
    cache_policy=NO_CACHE,
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=COMPARISON_SECONDS,
)
def compare_agents(
    scores: dict[str, dict[str, Any]], problems: list[dict[str, Any]], recipe: dict[str, Any]
) -> dict[str, Any]:
    """Agents side by side, with intervals."""
    by_agent = {agent: ref(result) for agent, result in scores.items()}
    store = open_resources().store
    comparison: Comparison = compare(by_agent, read_recipe(recipe), store=store, problems=refs(problems))
    return comparison.model_dump(mode="json")


def model_for(agent: str, models: dict[str, Any]) -> dict[str, Any] | None:
    """The model an agent acts with: ``blind`` is the tuned one, and the baselines have none."""
    return models.get({"blind": "tuned"}.get(agent, agent))
