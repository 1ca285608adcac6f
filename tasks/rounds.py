"""Rounds as tasks: what a round got wrong becomes the quotas of the next one, or a reason to stop."""

from decimal import Decimal
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from journeyman.errors import ConfigError
from journeyman.evaluation.rounds import RoundPlan, plan_round
from journeyman.generator import load_generator
from journeyman.report.figures import difference_text
from journeyman.schema.query import condition_of
from tasks.policies import PLAIN_JSON, is_transient
from tasks.premises import shards_of
from tasks.resources import open_resources, read_recipe, refs

PLANNING_SECONDS = 600.0


def refuse_rounds(rounds: int, premises: dict[str, Any]) -> None:
    """Say what is missing before the first round is paid for.

    Raises:
        ConfigError: Not a number of rounds, or none of the problems that decide about the next round.
    """
    if rounds < 1:
        raise ConfigError(f"rounds = {rounds} is no number of rounds; give 1 or more")
    if rounds > 1 and premises["recipe"]["task"] != "use tools":
        raise ConfigError(f"rounds = {rounds}: a model that chooses APIs is made in one round; leave it at 1")
    if rounds > 1 and not premises["recipe"]["generation"]["development_problems"]:
        raise ConfigError(
            f"rounds = {rounds} needs generation.development_problems, e.g. 80: held-out problems that decided what is "
            "asked for next would no longer be unseen"
        )


@task(
    name="plan-next-round",
    task_run_name="plan the next round",
    cache_policy=NO_CACHE,
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=PLANNING_SECONDS,
)
def plan_next_round(done: list[dict[str, Any]], premises: dict[str, Any]) -> dict[str, Any]:
    """Clusters of failures, quotas for the next round, and why there is none."""
    recipe = read_recipe(premises["recipe"])
    scores = [refs(one["development"]["scores"]["tuned"]) for one in done[-2:]]
    held_out = recipe.generation.held_out_tools
    trainable = {
        " + ".join(kind.tools) or "none"
        for kind in load_generator(recipe.generation.generator).kinds
        if condition_of(kind.tools, held_out) != "unseen tools"
    }
    plan = plan_round(
        scores[-1],
        scores[0] if len(scores) > 1 else (),
        recipe.evaluation,
        store=open_resources().store,
        trainable=sorted(trainable),
    )
    if not plan.stop:
        plan = plan.model_copy(update={"stop": _out_of_budget(done, Decimal(recipe.budget_usd))})
    return plan.model_dump(mode="json")


def next_premises(premises: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    """The premises of the next round: other training queries, more of what failed."""
    recipe = read_recipe(premises["recipe"])
    generation = recipe.generation.model_copy(
        update={"round": recipe.generation.round + 1, "quotas": dict(plan["quotas"])}
    )
    return premises | {
        "recipe": recipe.model_copy(update={"generation": generation}).model_dump(mode="json"),
        "shards": shards_of(generation),
    }


def only_tuned(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe with the tuned model as its only agent."""
    return recipe | {"evaluation": recipe["evaluation"] | {"agents": ["tuned"]}}


def whole_run(done: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Synthesis, models and evaluation of the last round, with the stages of all rounds.

    Problems are posed anew in every round and come out the same; they are counted once.
    """
    last = done[-1]
    stages: dict[str, list[dict[str, Any]]] = {}
    for one in done:
        for name, results in one["synthesis"]["stages"].items():
            told = stages.setdefault(name, [])
            known = [(result["artifacts"], result["counts"]) for result in told]
            told += [result for result in results if (result["artifacts"], result["counts"]) not in known]
    return last["synthesis"] | {"stages": stages}, last["models"], last["evaluation"]


def publish_round(number: int, plan: dict[str, Any]) -> None:
    """What a round got wrong, and what follows."""
    found = RoundPlan.model_validate(plan)
    rows = [
        {
            "tools": c.tools,
            "cause": c.cause,
            "failures": c.failures,
            "of": c.attempts,
            "asked for": found.quotas.get(c.tools, 1),
        }
        for c in found.clusters
    ]
    create_table_artifact(rows, key=f"round-{number}", description="Failures on development problems, and next quotas")
    gains = "\n".join(f"- {name}: {difference_text(gain)} points" for name, gain in found.gains.items())
    text = f"{gains}\n\n{found.stop or 'The next round asks for more of what failed.'}"
    create_markdown_artifact(text, key=f"round-{number}-outcome", description="Against the round before")


def _out_of_budget(done: list[dict[str, Any]], budget: Decimal) -> str:
    """Why a further round cannot be paid: it is taken to cost what the last one did."""
    spent = [
        sum(
            (Decimal(result["spend"]["usd"]) for results in one["synthesis"]["stages"].values() for result in results),
            Decimal(0),
        )
        for one in done
    ]
    if sum(spent) + spent[-1] <= budget:
        return ""
    return (
        f"a further round would pass budget_usd = {budget}: {sum(spent)} is spent, and the last round took {spent[-1]}"
    )
