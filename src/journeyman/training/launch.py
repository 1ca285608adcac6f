"""The training stage: dataset in, model out, both in the store."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from journeyman.model_family import load_model_family
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, Counts, StageResult
from journeyman.schema.model import Model
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.schema.verdict import Verdict
from journeyman.settings import Settings
from journeyman.storage import layout
from journeyman.storage.model_files import upload_model
from journeyman.storage.store import Store
from journeyman.tracker import load_tracker, numbers
from journeyman.training.config import TrainingConfig
from journeyman.training.preflight import refuse_what_cannot_train
from journeyman.training.rank_data import bring_data, training_texts
from journeyman.training.rank_protocol import feature_path
from journeyman.training.stages import OnMetrics, plan_stages, run_stages

KIND = "models"
VERSION = 6
"""Raise it when equal inputs would give another model: it is part of cache keys and of run fingerprints."""


def train(
    dataset: ArtifactRef,
    recipe: Recipe,
    *,
    store: Store,
    settings: Settings,
    home: Path,
    on_metrics: OnMetrics,
) -> StageResult:
    """Tune the recipe's base model on ``dataset``, or go on from the newest checkpoint of this very run.

    Args:
        dataset: Example rows with the splits ``train`` and ``validation``.
        recipe: Its ``training`` section is all that is read.
        store: Holds the dataset, the features of its files, the checkpoints and the finished model.
        settings: How datasets of a mixture are reached.
        home: Local state; the run works in ``training/`` below it, trackers in ``trackers/``. With several nodes
            all of them must see it under the same path.
        on_metrics: Called about a hundred times a stage with ``stage``, ``step``, ``steps``, ``run_step`` (counted
            over all stages), ``loss``, ``learning_rate``, ``tokens_per_second``, ``padding_share``, ``mfu`` and
            ``memory_bytes`` by rank; at a checkpoint that was validated with ``validation_loss`` instead.

    Raises:
        ConfigError: Refused before the first step: no row, no trained token, fewer rows than ranks, a file of a kind
            that the family does not take, no such model, processor, freeze group, adapter target, package or tracker.
        SchemaError: The dataset does not hold examples.
        StorageError: The store cannot be used.
        TransientError: A rank was killed or stopped; running again resumes.
        TrainingError: A rank failed, or the loss is not a number or a spike; names the rows.
    """
    config = recipe.training
    refuse_what_cannot_train(config, store)
    stages = plan_stages(dataset.digest, config, VERSION)
    run = stages[-1].run
    folder = _folder(home, run)
    data = bring_data(store, dataset, config, folder, settings, features=feature_path(folder))
    with _tracked(config, run, home, on_metrics) as report:
        done = run_stages(
            stages,
            folder=folder,
            urls=data.urls,
            features=data.features,
            store=store,
            home=home,
            on_metrics=report,
        )
    end = done.end
    digest = upload_model(store, done.model)
    row = _row(
        digest,
        config,
        dataset_digest=dataset.digest,
        steps=done.steps,
        final_loss=end["loss"],
        trained_tokens=end["trained_tokens"],
        parameters=end["parameters"],
        trained_parameters=end["trained_parameters"],
    )
    kept = store.write(KIND, [row], Model, parents=[dataset])
    shutil.rmtree(folder, ignore_errors=True)
    facts = {
        "model": digest,
        "steps": str(done.steps),
        "resumed_at": str(done.resumed_at),
        "final_loss": f"{end['loss']:.4f}",
        "trained_tokens": str(end["trained_tokens"]),
        "parameters": str(end["parameters"]),
        "trained_parameters": str(end["trained_parameters"]),
    }
    facts |= {name: str(end[name]) for name in ("rows", "rows_too_long", "rows_cut", "rows_untrained")}
    if end["validation_loss"] is not None:
        facts["validation_loss"] = f"{end['validation_loss']:.4f}"
    return _result("train", kept, dataset, store, facts)


def build_untuned(
    dataset: ArtifactRef,
    recipe: Recipe,
    *,
    store: Store,
    settings: Settings,  # noqa: ARG001 - every stage is called alike
    home: Path,
) -> StageResult:
    """Export the very model that :func:`train` starts from, untrained; loads torch into this process.

    Raises:
        ConfigError: No such base model, or of another family.
    """
    from journeyman.training.export import export_model
    from journeyman.training.initial import initial_model

    family = load_model_family(recipe.training.model_family)
    model, processor = initial_model(recipe.training, family, training_texts(store, dataset))
    folder = _folder(home, f"untuned-{plan_stages(dataset.digest, recipe.training, VERSION)[0].run}")
    export_model(model, processor, folder / "model", family)
    digest = upload_model(store, folder / "model")
    parameters = sum(p.numel() for p in model.parameters())
    kept = store.write(KIND, [_row(digest, recipe.training, parameters=parameters)], Model, parents=[dataset])
    shutil.rmtree(folder, ignore_errors=True)
    return _result("build-untuned", kept, dataset, store, {"model": digest, "parameters": str(parameters)})


@contextmanager
def _tracked(config: TrainingConfig, run: str, home: Path, on_metrics: OnMetrics) -> Iterator[OnMetrics]:
    """``on_metrics`` and every tracker that ``config`` names, as one."""
    settings = config.model_dump(mode="json")
    with ExitStack() as opened:
        trackings = []
        for name in config.trackers:
            tracking = load_tracker(name).start(run[:16], home / "trackers" / name, settings)
            opened.callback(tracking.close)
            trackings.append(tracking)

        def report(metrics: dict[str, Any]) -> None:
            on_metrics(metrics)
            for tracking in trackings:
                tracking.log(numbers(metrics), metrics["run_step"])

        yield report


def _folder(home: Path, name: str) -> Path:
    folder = home / "training" / sha256_hex(name.encode())[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _row(
    digest: str,
    config: TrainingConfig,
    *,
    parameters: int,
    dataset_digest: str = "",
    steps: int = 0,
    final_loss: float = 0.0,
    trained_tokens: int = 0,
    trained_parameters: int = 0,
) -> Model:
    return Model(
        model_digest=digest,
        prefix=layout.model_prefix(digest),
        family=config.model_family,
        base_model=config.base_model,
        dataset_digest=dataset_digest,
        config_json=canonical_json(config),
        steps=steps,
        final_loss=final_loss,
        trained_tokens=trained_tokens,
        parameters=parameters,
        trained_parameters=trained_parameters,
    )


def _result(stage: str, kept: ArtifactRef, dataset: ArtifactRef, store: Store, facts: dict[str, str]) -> StageResult:
    dropped = store.write(f"{stage}-dropped", [], Verdict, parents=[dataset])
    return StageResult(
        stage=stage,
        artifacts={"kept": kept, "dropped": dropped},
        counts=Counts(taken=1, kept=1, dropped=0),
        facts=facts,
    )
