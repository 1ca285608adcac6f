"""One training rank: ``python -m journeyman.training.worker CONFIG.json``, started by torchrun.

The same program runs on the CPU over gloo and on GPUs over NCCL. It reads a local folder and writes
one; the launcher moves things between that folder and the store.
"""

import json
import logging
import math
import os
import select
import signal
import sys
import threading
import time
import traceback
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyman.errors import TrainingError
from journeyman.model_family import Encoded, ModelFamily, load_model_family
from journeyman.training.conversations import Conversations, corpus, of_split, read_examples
from journeyman.training.packing import MicroBatch, Plan, Step, total_steps
from journeyman.training.rank_protocol import (
    CHECKPOINT,
    FINISHED,
    STEP,
    STOPPED,
    Failure,
    RankConfig,
    checkpoint_name,
    say,
)
from journeyman.training.schedule import learning_rate

if TYPE_CHECKING:
    from journeyman.training.engine import StepReport

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

    def train(self) -> None:
        """From the first step, or the checkpoint to resume from, to the exported model."""
        from journeyman.training.engine import Engine
        from journeyman.training.initial import initial_model, prepare_for_training

        examples = read_examples(self.config.dataset)
        training_rows = of_split(examples, "train")
        model, self.processor = initial_model(self.training, self.family, corpus(training_rows))
        data = Conversations(training_rows, self.family, self.processor, self.training)
        validation = Conversations(of_split(examples, "validation"), self.family, self.processor, self.training)
        model = prepare_for_training(model, self.training, self.family)
        plan = self._plan(data)
        self.prefix = plan.shared
        steps = total_steps(plan, max_steps=self.training.max_steps, epochs=self.training.epochs)
        self.engine = Engine(model, self.training, micro_batches=plan.micro_batches, world_size=_world_size())
        if self.config.resume_step:
            self.engine.load_checkpoint(self.config.checkpoints, checkpoint_name(self.config.resume_step))
        finished = self._run_steps(data, plan, steps)
        if not finished:
            return
        loss = self._validation_loss(validation)
        self._export(model)
        if self.engine.rank == 0:
            say(
                FINISHED,
                step=steps,
                steps=steps,
                loss=self.last_loss,
                validation_loss=loss,
                trained_tokens=self.tokens_seen,
                parameters=self.engine.parameters,
                trained_parameters=self.engine.trained_parameters,
            )

    def _plan(self, data: Conversations) -> Plan:
        share = self._shares_prefix()
        return Plan(
            lengths=data.lengths,
            shared=data.shared_tokens() if share else 0,
            tokens_per_step=self.training.tokens_per_step,
            pack_tokens=self.training.pack_tokens,
            ranks=_world_size(),
            share_prefix=share,
            seed=self.training.seed,
        )

    def _shares_prefix(self) -> bool:
        # ZeRO-3 gathers each module's weights around its one call; recomputation repeats calls without the cache.
        return self.training.share_prefix and self.training.zero_stage < 3 and not self.training.gradient_checkpointing

    def _run_steps(self, data: Conversations, plan: Plan, steps: int) -> bool:
        trained = data.trained_tokens
        start = self.config.resume_step
        stream = plan.steps()
        every = max(1, steps // REPORTS)
        window = _Window()
        self.last_loss = 0.0
        self.tokens_seen = sum(_tokens(micros, trained) for micros in islice(stream, start))
        for step, micros in zip(range(start, steps), stream, strict=False):
            tokens = _tokens(micros, trained)
            rate = learning_rate(step, steps, peak=self.training.learning_rate, warmup_share=self.training.warmup_share)
            mine = micros[self.engine.rank :: _world_size()]
            batches = (self._batch(data, micro, window) for micro in mine)
            seed = self.training.seed * 1_000_003 + step * _world_size() + self.engine.rank
            report = self.engine.step(batches, tokens=max(1, tokens), rate=rate, seed=seed, stop=self.stop.is_set())
            if math.isnan(report.loss):
                raise TrainingError(
                    f"the loss is not a number at step {step + 1}; lower learning_rate = {self.training.learning_rate}"
                )
            self.last_loss = report.loss
            self.tokens_seen += tokens
            window.add(report)
            done = step + 1
            if self.engine.rank == 0 and (done % every == 0 or done == steps):
                say(STEP, step=done, steps=steps, learning_rate=rate, **window.close(_world_size()))
            if report.stopping or (done % self.training.checkpoint_every == 0 and done < steps):
                self._checkpoint(done)
            if report.stopping:
                if self.engine.rank == 0:
                    say(STOPPED, step=done, steps=steps)
                return False
        return True

    def _batch(self, data: Conversations, micro: MicroBatch, window: "_Window | None") -> dict[str, Any]:
        rows: list[list[Encoded]] = [[data[i] for i in row] for row in micro]
        # One prefix for the whole run: ranks must build the same graph, or ZeRO reduces one's gradients of a
        # parameter with another's of a different one.
        batch = self.family.collate(rows, self.processor, prefix=self.prefix if window is not None else 0)
        if window is not None:
            window.count(rows, batch)
        return batch

    def _validation_loss(self, data: Conversations) -> float | None:
        if not sum(data.trained_tokens):
            return None
        micros = self._plan(data).once()
        world = _world_size()
        # ZeRO-3 needs every rank in every forward pass: the surplus is computed and counted as nothing.
        rounds = -(-len(micros) // world)
        total = 0.0
        for number in range(rounds):
            index = number * world + self.engine.rank
            loss = self.engine.evaluate(self._batch(data, micros[min(index, len(micros) - 1)], None))
            total += loss if index < len(micros) else 0.0
        return self.engine.summed(total) / sum(data.trained_tokens)

    def _checkpoint(self, step: int) -> None:
        self.engine.save_checkpoint(self.config.checkpoints, checkpoint_name(step))
        if self.engine.rank == 0:
            say(CHECKPOINT, step=step)

    def _export(self, model: Any) -> None:
        from journeyman.training.export import export_model

        state = self.engine.full_state()
        if self.engine.rank == 0:
            export_model(model, self.processor, self.config.model, self.family, state)


class _Window:
    """Metrics since the last report."""

    def __init__(self) -> None:
        self.gradient_norm: float | None = None
        self._reset()

    def add(self, report: "StepReport") -> None:
        """Count one step."""
        self.losses.append(report.loss)
        self.gradient_norm = report.gradient_norm

    def count(self, rows: list[list[Encoded]], batch: dict[str, Any]) -> None:
        """Count the tokens of one forward pass of this rank."""
        prefix = batch["prefix"]
        self.real += sum(len(e) for row in rows for e in row)
        computed = batch["input_ids"].numel() - prefix * (len(rows) - 1)
        self.computed += computed
        self.needed += sum(len(e) for row in rows for e in row) - prefix * (len(rows) - 1)

    def close(self, world_size: int) -> dict[str, float | None]:
        """Metrics of the window; the next one begins."""
        seconds = time.monotonic() - self.began
        values = {
            "loss": sum(self.losses) / len(self.losses),
            "gradient_norm": self.gradient_norm,
            "tokens_per_second": round(self.real * world_size / seconds, 1),
            "padding_share": round(1 - self.needed / max(1, self.computed), 4),
            "seconds": round(seconds, 3),
        }
        self._reset()
        return values

    def _reset(self) -> None:
        self.losses: list[float] = []
        self.real = self.computed = self.needed = 0
        self.began = time.monotonic()


def _tokens(micros: Step, trained: tuple[int, ...]) -> int:
    """Trained tokens of a step."""
    return sum(trained[i] for micro in micros for row in micro for i in row)


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
