"""The stages of a run in order: each trained by ranks, resumed from its checkpoints, and handed on as a model."""

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeyman.errors import ArtifactError, TrainingError, TransientError
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.model import Model
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.storage import layout
from journeyman.storage.model_files import download_model, upload_model
from journeyman.storage.store import Store
from journeyman.training.checkpoint import download_checkpoint, newest_checkpoint
from journeyman.training.config import TrainingConfig
from journeyman.training.rank_protocol import CHECKPOINT, FINISHED, ROWS, STEP, STOPPED, RankConfig, checkpoint_name
from journeyman.training.ranks import run_ranks
from journeyman.training.universal import make_universal
from journeyman.training.uploads import CheckpointUploads

logger = logging.getLogger(__name__)

HANDED_ON = "stage-models"
"""Kind of the artifacts that lie between two stages."""
_HOW = {
    "ranks",
    "nodes",
    "launcher",
    "rendezvous",
    "hostfile",
    "nvme_path",
    "loader_processes",
    "checkpoint_every",
    "keep_checkpoints",
    "validate_at_checkpoints",
    "spike_factor",
    "trackers",
    "stages",
}
"""Settings that do not decide the outcome: a run goes on from its checkpoints though they were changed."""

OnMetrics = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as it is run."""

    name: str
    """Empty where it is the only one."""
    run: str
    """Fingerprint of all that decides its outcome, the stages before it included; its checkpoints are found by it."""
    training: TrainingConfig
    families: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last stage left behind."""

    model: Path
    """Folder of the exported model."""
    end: dict[str, Any]
    """What rank 0 said at its end: ``loss``, ``validation_loss``, ``trained_tokens`` and numbers of parameters."""
    steps: int
    """Of all stages."""
    resumed_at: int
    """Step of the last stage from which this run went on; 0 when it began anew."""


def plan_stages(dataset: str, config: TrainingConfig, version: int) -> tuple[Stage, ...]:
    """The stages of ``config`` on the dataset of that digest; one without a name where it lists none.

    Args:
        dataset: Digest of the dataset.
        config: The recipe's training section.
        version: Of the training code.
    """
    if not config.stages:
        return (Stage("", _fingerprint(dataset, config, version), config, (), 1.0),)
    planned: list[Stage] = []
    for stage in config.stages:
        own = config.of_stage(stage)
        before = planned[-1].run if planned else ""
        run = _fingerprint(dataset, own, version, families=stage.families, share=stage.share, before=before)
        planned.append(Stage(stage.name, run, own, stage.families, stage.share))
    return tuple(planned)


def run_stages(
    stages: tuple[Stage, ...],
    *,
    folder: Path,
    urls: tuple[str, ...],
    features: str = "",
    store: Store,
    home: Path,
    on_metrics: OnMetrics,
) -> Outcome:
    """Train stage after stage; what an earlier run finished is not trained again.

    Args:
        stages: In order.
        folder: The run's, which all ranks see.
        urls: Files that ranks stream; empty where the dataset lies in ``folder``.
        features: Identity of the encoders whose features lie in ``folder``; empty where there are none.
        store: Holds checkpoints and the models between stages.
        home: Where models are downloaded to.
        on_metrics: Called with the metrics of every report; ``stage`` is among them where there are several.

    Raises:
        JourneymanError: As :func:`journeyman.training.launch.train` says.
    """
    base: Path | None = None
    steps = 0
    for number, stage in enumerate(stages):
        last = number == len(stages) - 1
        if not last and (handed := _handed_on(store, stage, home)) is not None:
            base, done = handed
            steps += done
            continue
        before = steps

        def report(metrics: dict[str, Any], stage: Stage = stage, before: int = before) -> None:
            # Steps count on over stages: a tracker draws one line.
            on_metrics({**metrics, "stage": stage.name, "run_step": before + metrics["step"]})

        own = stage.training if base is None else stage.training.model_copy(update={"base_model": str(base.resolve())})
        ranks = RankConfig(
            folder=folder.resolve(),
            training=own,
            urls=urls,
            features=features,
            families=stage.families,
            share=stage.share,
        )
        end, resumed_at = _run_stage(ranks, stage.run, store, report)
        steps += end["steps"]
        if last:
            return Outcome(ranks.model, end, steps, resumed_at)
        base = _hand_on(store, stage, ranks.model, end, home)
    raise AssertionError("a run has at least one stage")


def _run_stage(ranks: RankConfig, run: str, store: Store, report: OnMetrics) -> tuple[dict[str, Any], int]:
    """Train one stage; returns what rank 0 said at the end and the step that it went on from."""
    config = ranks.training
    # What a killed launcher left here may be half-written; the store alone knows what is whole.
    shutil.rmtree(ranks.checkpoints, ignore_errors=True)
    shutil.rmtree(ranks.model, ignore_errors=True)
    step = newest_checkpoint(store, run)
    if step:
        logger.info("run %s goes on from step %d", run[:12], step)
        manifest = download_checkpoint(store, run, ranks.checkpoints, step)
        if manifest.world_size != config.world_size:
            make_universal(ranks.checkpoints / checkpoint_name(step))
    end: dict[str, Any] = {}
    uploads = CheckpointUploads(
        store, run, ranks.checkpoints, keep=config.keep_checkpoints, world_size=config.world_size
    )

    steps = 0

    def on_event(event: str, values: dict[str, Any]) -> None:
        nonlocal steps
        if event == STEP:
            steps = values["steps"]
            report(values)
        elif event == CHECKPOINT:
            loss = values.get("validation_loss")
            uploads.add(values["step"], loss)
            if loss is not None and steps:
                report({"step": values["step"], "steps": steps, "validation_loss": loss})
        elif event == ROWS:
            logger.warning(
                "of %(rows)d rows, %(rows_too_long)d are left out for their length, %(rows_cut)d are cut, "
                "%(rows_untrained)d have nothing to learn",
                values,
            )
        elif event in (FINISHED, STOPPED):
            end.update(values, event=event)

    with uploads:
        run_ranks(ranks.model_copy(update={"resume_step": step}), on_event)
    if end.get("event") == STOPPED:
        raise TransientError(f"training was stopped at step {end['step']} of {end['steps']}; run again to resume")
    if end.get("event") != FINISHED:
        raise TrainingError("the ranks ended without a word; see the log of the run")
    return end, step


def _hand_on(store: Store, stage: Stage, model: Path, end: dict[str, Any], home: Path) -> Path:
    """Keep the stage's model for the next one, also for a run that starts again in between."""
    digest = upload_model(store, model)
    row = Model(
        model_digest=digest,
        prefix=layout.model_prefix(digest),
        family=stage.training.model_family,
        base_model=stage.training.base_model,
        dataset_digest="",
        config_json=canonical_json(stage.training),
        steps=end["steps"],
        final_loss=end["loss"],
        trained_tokens=end["trained_tokens"],
        parameters=end["parameters"],
        trained_parameters=end["trained_parameters"],
    )
    ref = store.write(HANDED_ON, [row], Model)
    store.put(_note(stage), canonical_json(ref).encode())
    return download_model(store, ref, home)[1]


def _handed_on(store: Store, stage: Stage, home: Path) -> tuple[Path, int] | None:
    """Model and steps of a stage that was finished before."""
    try:
        ref = ArtifactRef.model_validate(json.loads(store.get(_note(stage))))
    except ArtifactError:
        return None
    model, folder = download_model(store, ref, home)
    return folder, model.steps


def _note(stage: Stage) -> str:
    return f"{layout.checkpoint_prefix(stage.run)}finished.json"


def _fingerprint(dataset: str, config: TrainingConfig, version: int, **others: Any) -> str:
    training = config.model_dump(mode="json", exclude=_HOW)
    return fingerprint({"dataset": dataset, "training": training, "version": version, **others})
