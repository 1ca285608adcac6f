"""The whole way in one run: data from a recipe, a model from the data, and whether it is better."""

from typing import Any

from prefect import flow

from flows.evaluate_agent import evaluate
from flows.names import run_name
from flows.synthesize_data import synthesize
from flows.train_agent import train
from tasks.policies import PLAIN_JSON, shard_runner
from tasks.premises import check_inputs
from tasks.reports import report_run


@flow(
    name="synth-and-tune",
    flow_run_name=run_name,
    task_runner=shard_runner(),
    persist_result=False,
    result_serializer=PLAIN_JSON,
)
def synth_and_tune(
    recipe: str = "t3_agent", overrides: dict[str, Any] | None = None, files: str = "", tools: str = ""
) -> dict[str, Any]:
    """Synthesise a dataset, tune a model on it, and compare it with the untuned one.

    Args:
        recipe: Name of a recipe on the recipes shelf.
        overrides: Laid over the recipe, section by section, e.g. {"generation": {"queries": 200}}.
        files: Folder or s3:// prefix of your own pictures, PDFs, office files and tables; empty for none.
        tools: Your own tools: an mcpServers JSON or a Python file of typed functions; empty for none.
    """
    premises = check_inputs(recipe, overrides or {}, tools)
    synthesis = synthesize(premises, files)
    models = train(synthesis, premises["recipe"])
    evaluation = evaluate(synthesis, models, premises["recipe"])
    return report_run(premises, synthesis, models, evaluation)
