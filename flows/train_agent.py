"""Dataset to model: the untuned model that training starts from, and the tuned one."""

from typing import Any

from prefect import flow

from flows.names import run_name
from tasks.build import find_dataset
from tasks.policies import PLAIN_JSON
from tasks.premises import check_inputs
from tasks.reports import publish_training
from tasks.train import build_untuned, train_blind_twin, train_model


@flow(name="train-agent", flow_run_name=run_name, persist_result=False, result_serializer=PLAIN_JSON)
def train_agent(dataset: str, recipe: str = "t3_agent", overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """Tune a model on a dataset that exists.

    Args:
        dataset: Digest of the dataset, as the synthesis and its card name it.
        recipe: Name of a recipe on the recipes shelf.
        overrides: Laid over the recipe, section by section, e.g. {"training": {"max_steps": 50}}.
    """
    premises = check_inputs(recipe, overrides or {}, teacher=False)
    return train(find_dataset(dataset), premises["recipe"])


def train(synthesis: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """The stages from dataset to models, in order; a twin of words alone where the evaluation asks for it."""
    untuned = build_untuned(synthesis["dataset"], recipe)
    tuned = train_model(synthesis["dataset"], recipe)
    publish_training(tuned)
    models = {"untuned": untuned, "tuned": tuned}
    if "text_only" in recipe["evaluation"]["agents"]:
        models["text_only"] = train_blind_twin(synthesis["dataset"], recipe)
    return models
