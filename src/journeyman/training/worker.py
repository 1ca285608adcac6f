"""One training rank: ``python -m journeyman.training.worker CONFIG.json``, started by torchrun.

The same program runs on the CPU over gloo and on GPUs over NCCL. It reads a local folder and writes
one; the launcher moves things between that folder and the store.
"""

import json
import logging
import os
import re
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyman.errors import TrainingError
from journeyman.model_family import Encoded, ModelFamily, load_model_family
from journeyman.training.conversations import Encoder, limits
from journeyman.training.feature_file import FeatureFile
from journeyman.training.guard import LossGuard
from journeyman.training.loader import Batch, Loader
from journeyman.training.media_source import media_source
from journeyman.training.order import Mixture, Rows
from journeyman.training.packing import Packing
from journeyman.training.position import Position, read_position
from journeyman.training.rank_protocol import (
    CHECKPOINT,
    FINISHED,
    ROWS,
    STEP,
    STOPPED,
    Failure,
    RankConfig,
    checkpoint_name,
    say,
)
from journeyman.training.schedule import learning_rate
from journeyman.training.views import row_view

if TYPE_CHECKING:
    from journeyman.training.engine import Engine, StepReport

logger = logging.getLogger(__name__)

REPORTS = 100
"""Metric lines of a run, about."""


def main(path: Path) -> None:
    """Train as the configuration at ``path`` says; what goes wrong is also written to its failures folder."""
    config = RankConfig.model_validate_json(path.read_text())
    _die_with_launcher()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        Rank(config, stop).train()
    except BaseException as exc:
        _write_failure(config, exc)
        raise


class Rank:
    """One process of the run."""

    def __init__(self, config: RankConfig, stop: threading.Event) -> None:
        self.config = config
        self.training = config.training
        self.stop = stop
        self.family: ModelFamily = load_model_family(self.training.model_family)
        features = FeatureFile(config.feature_file) if config.features else None
        self.media = media_source(self.family, self.training.media, features)

    def train(self) -> None:
        """From the first step, or the checkpoint to resume from, to the exported model."""
        from journeyman.training.engine import Engine
        from journeyman.training.initial import initial_model, prepare_for_training

        own = self._rows(self.config.sources, "train")
        self.validation = self._rows(self.config.sources, "validation")
        model, self.processor = initial_model(self.training, self.family, own.texts())
        self._refuse_other_encoders()
        model = prepare_for_training(model, self.training, self.family)
        self.loader = self._loader(own, patch_weight(model, self.family))
        try:
            steps = self.training.max_steps or max(1, round(self.training.epochs * self.loader.epoch_steps()))
            self.engine = Engine(
                model, self.training, micro_batches=self.packing.micro_batches, world_size=_world_size()
            )
            if not self._run_steps(steps):
                return
            self.engine.take_average()
            loss = self._validation_loss()
        finally:
            self.loader.close()
            self.validation.close()
        self._export(model)
        if self.engine.rank == 0:
            say(
                FINISHED,
                step=steps,
                steps=steps,
                loss=self.last_loss,
                validation_loss=loss,
                trained_tokens=self.position.trained_tokens,
                parameters=self.engine.parameters,
                trained_parameters=self.engine.trained_parameters,
                **self._rows_told(),
            )

    def _refuse_other_encoders(self) -> None:
        encoders = self.family.frozen_encoders
        if not self.config.features or encoders is None:
            return
        identity = encoders.identity(self.processor)
        if identity != self.config.features:
            raise TrainingError(
                f"features were computed by encoders {self.config.features}, but {self.training.base_model} has "
                f"{identity}: {self.family.name} must tell them by the processor alone"
            )

    def _rows(self, urls: Sequence[str], split: str) -> Rows:
        return Rows(
            urls,
            split=split,
            seed=self.training.seed,
            families=self.config.families,
            share=self.config.share,
            buffer_rows=self.training.shuffle_rows,
            media=self.media,
            view=row_view(self.training),
        )

    def _loader(self, own: Rows, weight: float) -> Loader:
        others = self.training.mixture
        mixture = Mixture(
            [own, *(self._rows((other.url,), "train") for other in others)], [1.0, *(other.weight for other in others)]
        )
        self.packing = Packing(
            tokens_per_step=self.training.tokens_per_step,
            pack_tokens=self.training.pack_tokens,
            ranks=_world_size(),
            share_prefix=self._shares_prefix(),
            patch_weight=weight,
            packs=self.family.packs,
        )
        return Loader(
            mixture,
            Encoder(
                self.family,
                self.processor,
                limits(self.training),
                content_weight=self.training.content_weight,
            ),
            self.packing,
            self._collate,
            rank=int(os.environ["RANK"]),
            processes=self.training.loader_processes,
        )

    def _shares_prefix(self) -> bool:
        # ZeRO-3 gathers each module's weights around its one call; recomputation repeats calls without the cache.
        return self.training.share_prefix and self.training.zero_stage < 3 and not self.training.gradient_checkpointing

    def _collate(self, rows: Sequence[Sequence[Encoded]], prefix: int) -> dict[str, Any]:
        return self.family.collate(rows, self.processor, prefix=prefix)

    def _resumed(self) -> Position:
        """Weights and optimizer as they were, and the position in the data that belongs to them."""
        step = self.config.resume_step
        if not step:
            return self.loader.start
        self.engine.load_checkpoint(self.config.checkpoints, checkpoint_name(step))
        position = read_position(self.config.checkpoints / checkpoint_name(step))
        if position is None:
            raise TrainingError(
                f"checkpoint {checkpoint_name(step)} does not say which rows came before it; delete it, and the run "
                "goes on from an older one"
            )
        return position

    def _run_steps(self, steps: int) -> bool:
        start = self.config.resume_step
        every = max(1, steps // REPORTS)
        self.position = self._resumed()
        self.last_loss = 0.0
        guard = LossGuard(self.training.spike_factor)
        window = _Window(self.loader)
        told = self.position.left_out
        for step, loaded in zip(range(start, steps), self.loader.steps(self.position), strict=False):
            rate = self._rate(step, steps)
            seed = self.training.seed * 1_000_003 + step * _world_size() + self.engine.rank
            report = self.engine.step(
                (window.counted(batch) for batch in loaded.batches),
                tokens=max(1, loaded.tokens),
                rate=rate,
                seed=seed,
                stop=self.stop.is_set(),
            )
            guard.check(step + 1, report, loaded.passes, loaded.pass_tokens, rate=rate)
            self.last_loss = report.loss
            self.position = loaded.position
            window.add(report)
            done = step + 1
            if self.engine.rank == 0 and (done % every == 0 or done == steps):
                say(STEP, step=done, steps=steps, learning_rate=rate, **window.close(self.engine, _world_size()))
                if self.position.left_out != told:
                    told = self.position.left_out
                    say(ROWS, step=done, **self._rows_told())
            if report.stopping or (done % self.training.checkpoint_every == 0 and done < steps):
                self._checkpoint(done, stopping=report.stopping)
            if report.stopping:
                if self.engine.rank == 0:
                    say(STOPPED, step=done, steps=steps)
                return False
        return True

    def _rate(self, step: int, steps: int) -> float:
        return learning_rate(
            step,
            steps,
            peak=self.training.learning_rate,
            warmup_share=self.training.warmup_share,
            warmup_steps=self.training.warmup_steps,
            schedule=self.training.schedule,
            floor_share=self.training.floor_share,
        )

    def _rows_told(self) -> dict[str, int]:
        """What of the rows met so far was not trained on, or not whole."""
        at = self.position
        return {"rows": at.rows, "rows_too_long": at.too_long, "rows_cut": at.cut, "rows_untrained": at.untrained}

    def _validation_loss(self) -> float | None:
        """Nats a trained token over the validation split; None where it has none."""
        losses = tokens = 0.0
        for batch, trained in self.loader.once(self.validation):
            # ZeRO-3 needs every rank in every forward pass: the surplus is computed and counted as nothing.
            loss = self.engine.evaluate(batch.inputs)
            losses += loss if trained else 0.0
            tokens += trained
        losses, tokens = self.engine.summed(losses), self.engine.summed(tokens)
        return losses / tokens if tokens else None

    def _checkpoint(self, step: int, *, stopping: bool) -> None:
        validate = self.training.validate_at_checkpoints and not stopping
        known = {}
        if validate:
            with self.engine.averaged():
                known["validation_loss"] = self._validation_loss()
        if self.engine.rank == 0:
            self.position.write(self.config.checkpoints / checkpoint_name(step))
        self.engine.save_checkpoint(self.config.checkpoints, checkpoint_name(step))
        if self.engine.rank == 0:
            say(CHECKPOINT, step=step, **known)

    def _export(self, model: Any) -> None:
        from journeyman.training.export import export_model

        state = self.engine.full_state()
        if self.engine.rank == 0:
            whole = self._whole_base if self.training.quantize != "none" else None
            export_model(model, self.processor, self.config.model, self.family, state, whole_base=whole)

    def _whole_base(self) -> Any:
        """The base model as it was before its weights were quantized."""
        from journeyman.training.initial import initial_model

        return initial_model(self.training.model_copy(update={"quantize": "none"}), self.family, ())[0]


class _Window:
    """Metrics since the last report."""

    def __init__(self, loader: Loader) -> None:
        self.gradient_norm: float | None = None
        self.memory: list[int] = []
        self._loader = loader
        self._reset()

    def add(self, report: "StepReport") -> None:
        """Count one step."""
        self.losses.append(report.loss)
        self.gradient_norm = report.gradient_norm
        self.memory = list(report.memory)

    def counted(self, batch: Batch) -> dict[str, Any]:
        """Count the tokens of one forward pass of this rank, and give its inputs."""
        real = sum(sum(row) for row in batch.lengths)
        once = batch.inputs["prefix"] * (len(batch.lengths) - 1)
        self.real += real
        self.needed += real - once
        self.computed += batch.inputs["input_ids"].numel() - once
        return batch.inputs

    def close(self, engine: "Engine", world_size: int) -> dict[str, Any]:
        """Metrics of the window; the next one begins."""
        seconds = time.monotonic() - self.began
        values = {
            "loss": sum(self.losses) / len(self.losses),
            "gradient_norm": self.gradient_norm,
            "tokens_per_second": round(self.real * world_size / seconds, 1),
            "padding_share": round(1 - self.needed / max(1, self.computed), 4),
            "wait_share": round((self._loader.waited - self.waited) / seconds, 4),
            "mfu": engine.utilisation(self.computed * world_size, seconds),
            "memory_bytes": self.memory,
            "seconds": round(seconds, 3),
        }
        self._reset()
        return values

    def _reset(self) -> None:
        self.losses: list[float] = []
        self.real = self.computed = self.needed = 0
        self.began = time.monotonic()
        self.waited = self._loader.waited


def patch_weight(model: Any, family: ModelFamily) -> float:
    """What a picture's patch costs over what a token costs, from the parameters that each of them passes.

    A weight costs two operations a token in the forward pass, two more where gradients flow on through
    it, and two more where it is trained (arXiv:2001.08361, section 2.1). Gradients flow through the whole
    language model to what lies before it, but not through a frozen vision encoder.
    """
    cost = {"vision": 0.0, "language": 0.0}
    for name, parameter in model.named_parameters():
        for group, frozen in (("vision", 1), ("language", 2)):
            if group in family.groups and re.search(family.groups[group], name):
                cost[group] += parameter.numel() * (3 if parameter.requires_grad else frozen)
    return cost["vision"] / cost["language"] if cost["language"] else 0.0


def _world_size() -> int:
    return int(os.environ["WORLD_SIZE"])


def _write_failure(config: RankConfig, exc: BaseException) -> None:
    rank = int(os.environ.get("RANK", "0"))
    failure = Failure(rank=rank, kind=type(exc).__name__, message=str(exc), traceback=traceback.format_exc())
    config.failures.mkdir(parents=True, exist_ok=True)
    (config.failures / f"rank-{rank}.json").write_text(json.dumps(failure.model_dump()))


def _die_with_launcher() -> None:
    """End this rank when its launcher or torchrun is gone, which a killed parent cannot ask for."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            # stdin is a pipe that only the launcher holds: readable and empty means that it is gone.
            if select.select([sys.stdin], [], [], 1.0)[0] and not os.read(sys.stdin.fileno(), 1):
                break
        os._exit(70)

    threading.Thread(target=watch, daemon=True, name="launcher-watch").start()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    main(Path(sys.argv[1]))
