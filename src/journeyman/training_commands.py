"""Commands before and after training: ``journeyman plan-training`` and ``journeyman push-model``."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyman.errors import ConfigError

if TYPE_CHECKING:
    from journeyman.training._shape import ModelShape
    from journeyman.training.card import ModelFacts
    from journeyman.training.config import TrainingConfig

ROW_TOKENS = 2_000
"""Assumed tokens of a row where nothing is said."""
_BUILT_HERE = ("tiny", "small")
"""Base models that are made on this machine: so small that they are simply built."""


def plan_training(
    recipe: str = "t3_agent",
    *,
    published: str = "",
    overrides: str = "{}",
    model: str = "",
    gpu: str = "H100-80GB",
    gpus: int = 8,
    nodes: int = 1,
    dollars_per_hour: float | None = None,
    rows: int | None = None,
    row_tokens: float | None = None,
    picture_share: float | None = None,
    trained_share: float | None = None,
    utilisation: float = 0.4,
    settings: bool = False,
) -> int:
    """Say what a training run needs before it is started: memory by ZeRO stage, steps, hours and dollars.

    Nothing is downloaded and no weight is read.

    Parameters
    ----------
    recipe
        Recipe whose training section is planned for.
    published
        A paper's training settings and data in its place, as `aguvis/qwen2_vl_7b`; an unknown name lists those there
        are.
    overrides
        JSON laid over both, as `{"training": {"zero_stage": 3}}`.
    model
        A known model (`qwen2_vl_7b`), or a folder or hub name with a config.json; else the base model.
    gpu
        A kind of GPU; an unknown name lists those there are.
    gpus
        GPUs on each node.
    nodes
        Machines.
    dollars_per_hour
        Price of one GPU.
    rows
        Rows of the dataset; else what the recipe generates, or the paper's.
    row_tokens
        Mean tokens of a row, pictures included.
    picture_share
        Share of the tokens that stand for pictures.
    trained_share
        Share of the tokens that enter the loss.
    utilisation
        Share of the GPU's peak that what is executed reaches.
    settings
        Print the training settings as overrides, and plan nothing.
    """
    from journeyman.recipe import load_recipe
    from journeyman.training._plan_table import plan_text
    from journeyman.training.planner import Cluster, Workload, find_gpu, plan
    from journeyman.training.published import published_run

    laid_over = _json(overrides)
    if published:
        run = published_run(published)
        section = laid_over.get("training", {})
        if not isinstance(section, dict):
            raise ConfigError(f"overrides = {overrides}: training is no JSON object")
        # Through the recipe, so that overrides are checked and named as everywhere.
        laid_over = laid_over | {"training": run.settings.model_dump(mode="json") | section}
        config = load_recipe(recipe, laid_over).training
        loads = tuple(Workload(r.count, r.tokens, r.picture_share, r.trained_share) for r in run.rows)
        model = model or run.architecture
    else:
        chosen = load_recipe(recipe, laid_over)
        config = chosen.training
        loads = (Workload(chosen.generation.queries, ROW_TOKENS),)
    if settings:
        sys.stdout.write(
            json.dumps({"training": config.model_dump(mode="json", exclude_defaults=True)}, indent=2) + "\n"
        )
        return 0
    given: dict[str, Any] = {
        "rows": rows,
        "row_tokens": row_tokens,
        "picture_share": picture_share,
        "trained_share": trained_share,
    }
    loads = tuple(replace(load, **{key: value for key, value in given.items() if value is not None}) for load in loads)
    found = plan(
        _shape(config, model),
        config,
        Cluster(find_gpu(gpu), gpus, nodes, dollars_per_hour),
        loads,
        utilisation=utilisation,
    )
    sys.stdout.write(plan_text(found))
    return int(found.settings is None)


def push_model(
    model: str,
    target: str,
    *,
    evaluation: Path | None = None,
    cost: str = "{}",
    to_hub: bool = False,
    public: bool = False,
) -> int:
    """Write the card of a finished model and copy the model to a bucket, or to the hub.

    Parameters
    ----------
    model
        Digest of a model in the store, or the beginning of one.
    target
        `s3://bucket/prefix`, `file:///path`, or `hf://owner/name`.
    evaluation
        JSON of a comparison, for the card's table of scores.
    cost
        JSON of what was paid for and how much, as `{"teacher": "12.40 USD"}`.
    to_hub
        Hand the model to the hub; `hf://` is refused without it.
    public
        Make a new repository of the hub public.
    """
    from journeyman.settings import load_settings
    from journeyman.storage.store import Store
    from journeyman.training.publish import find_model, push_folder, write_card

    settings = load_settings()
    options = settings.storage_options()
    store = Store(settings.require_store(), options)
    facts = _facts(evaluation, _json(cost, "cost"))
    ref, row = find_model(store, model)
    folder = write_card(store, ref, settings.home.resolve(), facts)
    names = push_folder(
        folder,
        target,
        storage_options=options if target.startswith("s3://") else {},
        to_hub=to_hub,
        public=public,
    )
    sys.stdout.write(f"{len(names)} files of model {row.model_digest[:12]} in {target}\n")
    return 0


def _facts(evaluation: Path | None, cost: dict[str, Any]) -> "ModelFacts":
    from pydantic import ValidationError

    from journeyman.evaluation.comparison import Comparison
    from journeyman.training.card import Measured, ModelFacts

    costs = {str(name): str(amount) for name, amount in cost.items()}
    if evaluation is None:
        return ModelFacts(cost=costs)
    try:
        comparison = Comparison.model_validate_json(evaluation.read_text())
    except (OSError, ValidationError) as exc:
        raise ConfigError(f"evaluation {str(evaluation)!r} is no comparison that can be read: {exc}") from exc
    measured = tuple(
        Measured(r.agent, r.metric, r.estimate.value, r.estimate.low, r.estimate.high, r.estimate.n)
        for r in comparison.results
        if not r.grouping
    )
    return ModelFacts(evaluation=measured, confidence=comparison.confidence, cost=costs)


def _json(text: str, what: str = "overrides") -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as exc:
        raise ConfigError(f"{what} = {text!r} is no JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise ConfigError(f'overrides = {text!r} is no JSON object; give {{"training": {{...}}}}')
    return value


def _shape(config: "TrainingConfig", model: str) -> "ModelShape":
    from journeyman.model_family import load_model_family
    from journeyman.training._architectures import ARCHITECTURES, BASE_MODELS
    from journeyman.training._shape import shape_of_folder, shape_of_model
    from journeyman.training.initial import initial_model

    name = model or config.base_model
    known = BASE_MODELS.get(name, name)
    if known in ARCHITECTURES:
        return ARCHITECTURES[known]
    family = load_model_family(config.model_family)
    if name.startswith(_BUILT_HERE):
        built, _ = initial_model(config.model_copy(update={"base_model": name}), family, ["a word"])
        return shape_of_model(name, built, family)
    return shape_of_folder(name, family)
