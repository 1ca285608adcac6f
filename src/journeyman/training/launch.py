"""The training stage: dataset in, model out, both in the store."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from journeyman.errors import TrainingError, TransientError
from journeyman.model_family import load_model_family
from journeyman.recipe import Recipe
from journeyman.schema.arrow import table_to_records
from journeyman.schema.artifact import ArtifactRef, Counts, StageResult
from journeyman.schema.example import Example
from journeyman.schema.model import Model
from journeyman.schema.record import canonical_json, fingerprint, sha256_hex
from journeyman.schema.verdict import Verdict
from journeyman.settings import Settings
from journeyman.storage import layout
from journeyman.storage.model_files import upload_model
from journeyman.storage.store import Store, parquet_bytes
from journeyman.training.checkpoint import download_checkpoint, newest_checkpoint, prune_checkpoints, upload_checkpoint
from journeyman.training.config import TrainingConfig
from journeyman.training.conversations import corpus, of_split, refuse_untrainable
from journeyman.training.rank_protocol import CHECKPOINT, FINISHED, STEP, STOPPED, RankConfig
from journeyman.training.ranks import run_ranks

logger = logging.getLogger(__name__)

KIND = "models"
VERSION = 1
"""Raise it when equal inputs would give another model: it is part of cache keys and of run fingerprints."""

OnMetrics = Callable[[dict[str, Any]], None]


def train(
    dataset: ArtifactRef,
    recipe: Recipe,
    *,
    store: Store,
    settings: Settings,  # noqa: ARG001 - every stage is called alike
    home: Path,
    on_metrics: OnMetrics,
) -> StageResult:
    """Tune the recipe's base model on ``dataset``, or go on from the newest checkpoint of this very run.

    Args:
        dataset: Example rows with the splits ``train`` and ``validation``.
        recipe: Its ``training`` section is all that is read.
        store: Holds the dataset, the checkpoints and the finished model.
        settings: Where the parts of the run are.
        home: Local state; the run works in ``training/`` below it.
        on_metrics: Called about a hundred times with ``step``, ``steps``, ``loss``, ``learning_rate``,
            ``tokens_per_second`` and ``padding_share``.

    Raises:
        ConfigError: Refused before the first step: no row, no trained token, no such model, freeze
            group or adapter target.
        TransientError: A rank was killed or stopped; running again resumes.
        TrainingError: A rank failed, or the loss is not a number.
    """
    config = recipe.training
    table = store.table(dataset, Example)
    refuse_untrainable(table_to_records(table, Example))
    run = run_fingerprint(dataset, recipe)
    folder = _folder(home, run)
    (folder / "dataset.parquet").write_bytes(parquet_bytes(table))
    shutil.rmtree(folder / "model", ignore_errors=True)
    step = newest_checkpoint(store, run)
    ranks = RankConfig(folder=folder.resolve(), training=config, resume_step=step)
    if step:
        logger.info("run %s goes on from step %d", run[:12], step)
        download_checkpoint(store, run, ranks.checkpoints, step)
    end: dict[str, Any] = {}

    def on_event(event: str, values: dict[str, Any]) -> None:
        if event == STEP:
            on_metrics(values)
        elif event == CHECKPOINT:
            upload_checkpoint(store, run, ranks.checkpoints, values["step"])
            prune_checkpoints(store, run, ranks.checkpoints, config.keep_checkpoints)
        elif event in (FINISHED, STOPPED):
            end.update(values, event=event)

    run_ranks(ranks, on_event)
    if end.get("event") == STOPPED:
        raise TransientError(f"training was stopped at step {end['step']} of {end['steps']}; run again to resume")
    if end.get("event") != FINISHED:
        raise TrainingError("the ranks ended without a word; see the log of the run")
    digest = upload_model(store, ranks.model)
    row = _row(
        digest,
        config,
        dataset_digest=dataset.digest,
        steps=end["steps"],
        final_loss=end["loss"],
        trained_tokens=end["trained_tokens"],
        parameters=end["parameters"],
        trained_parameters=end["trained_parameters"],
    )
    kept = store.write(KIND, [row], Model, parents=[dataset])
    shutil.rmtree(folder, ignore_errors=True)
    facts = {
        "model": digest,
        "steps": str(end["steps"]),
        "resumed_at": str(step),
        "final_loss": f"{end['loss']:.4f}",
        "trained_tokens": str(end["trained_tokens"]),
        "parameters": str(end["parameters"]),
        "trained_parameters": str(end["trained_parameters"]),
    }
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
    rows = of_split(store.records(dataset, Example), "train")
    model, processor = initial_model(recipe.training, family, corpus(rows))
    folder = _folder(home, f"untuned-{run_fingerprint(dataset, recipe)}")
    export_model(model, processor, folder / "model", family)
    digest = upload_model(store, folder / "model")
    parameters = sum(p.numel() for p in model.parameters())
    kept = store.write(KIND, [_row(digest, recipe.training, parameters=parameters)], Model, parents=[dataset])
    shutil.rmtree(folder, ignore_errors=True)
    return _result("build-untuned", kept, dataset, store, {"model": digest, "parameters": str(parameters)})


def run_fingerprint(dataset: ArtifactRef, recipe: Recipe) -> str:
    """Names a training run by all that decides its outcome; its checkpoints are found by it."""
    return fingerprint(
        {"dataset": dataset.digest, "training": recipe.training.model_dump(mode="json"), "version": VERSION}
    )


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
