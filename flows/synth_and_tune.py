"""The whole way in one run: data from a recipe, a model from the data, whether it is better, and what to ask next."""

from typing import Any

from prefect import flow

from flows.evaluate_agent import evaluate, evaluate_on
from flows.names import run_name
from flows.synthesize_choices import choices
from flows.synthesize_data import synthesize
from flows.synthesize_screens import screens
from flows.train_agent import train
from tasks.evaluate import pose_problems
from tasks.policies import PLAIN_JSON, shard_runner
from tasks.premises import check_inputs
from tasks.reports import report_run
from tasks.rounds import next_premises, only_tuned, plan_next_round, publish_round, refuse_rounds, whole_run


@flow(
    name="synth-and-tune",
    flow_run_name=run_name,
    task_runner=shard_runner(),
    persist_result=False,
    result_serializer=PLAIN_JSON,
)
def synth_and_tune(
    recipe: str = "t3_agent",
    overrides: dict[str, Any] | None = None,
    files: str = "",
    tools: str = "",
    benchmarks: dict[str, str] | None = None,
    rounds: int = 1,
) -> dict[str, Any]:
    """Synthesise a dataset, tune a model on it, and compare it with the untuned one.

    Args:
        recipe: Name of a recipe on the recipes shelf.
        overrides: Laid over the recipe, section by section, e.g. {"generation": {"queries": 200}}.
        files: Folder or s3:// prefix of your own pictures, PDFs, office files and tables; empty for none.
        tools: Your own tools: an mcpServers JSON or a Python file of typed functions; empty for none.
        benchmarks: Official benchmarks and where their data lie, e.g. {"gta": "/data/gta_dataset"}.
        rounds: Rounds of synthesis, training and evaluation at most; each asks for more of what the one before got
            wrong on the development problems. Stops early without a significant gain, or when a further round
            would pass the budget.
    """
    premises = check_inputs(recipe, overrides or {}, tools, benchmarks)
    refuse_rounds(rounds, premises)
    done: list[dict[str, Any]] = []
    while True:
        result = one_round(premises, files, benchmarks or {}, done)
        done.append(result)
        if len(done) == rounds:
            break
        tried = evaluate_development(result, premises["recipe"])
        result["development"] = tried
        result["plan"] = plan_next_round(done, premises)
        publish_round(len(done), result["plan"])
        if result["plan"]["stop"]:
            break
        premises = next_premises(premises, result["plan"])
    synthesis, models, evaluation = whole_run(done)
    told: dict[str, Any] = report_run(premises, synthesis, models, evaluation, done)
    return told


def one_round(
    premises: dict[str, Any], files: str, benchmarks: dict[str, str], earlier: list[dict[str, Any]]
) -> dict[str, Any]:
    """Data, model and comparison; official benchmarks are run on every round's model."""
    if premises["recipe"]["task"] == "choose apis":
        synthesis = choices(premises)
    elif premises["recipe"]["task"] == "act on screens":
        synthesis = screens(premises)
    else:
        # The user's own files do not change from round to round: the first one's queries about them are in every
        # dataset.
        synthesis = synthesize(premises, "" if earlier else files, tuple(one["synthesis"] for one in earlier))
    models = train(synthesis, premises["recipe"])
    evaluation = evaluate(synthesis, models, premises["recipe"], benchmarks)
    return {"synthesis": synthesis, "models": models, "evaluation": evaluation}


def evaluate_development(result: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """The tuned model on the development problems."""
    synthesis = result["synthesis"]
    problems = pose_problems(synthesis["development"], recipe, "development")
    return evaluate_on(
        problems, synthesis["development_files"], synthesis["dataset"], result["models"], only_tuned(recipe)
    )
