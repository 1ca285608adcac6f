"""Our trainer on one case: ``python -m training_throughput.journeyman_side CASE.json``.

The product's own path at one rank: measured rows, steps by :class:`Packing`, conversations encoded when due, the
family's collation, and the DeepSpeed engine at stage 0.
"""

import os
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import torch

from journeyman.model_family import load_model_family
from journeyman.training.config import TrainingConfig
from journeyman.training.conversations import Conversation, Encoder, Limits, Measure
from journeyman.training.engine import Engine
from journeyman.training.initial import initial_model, prepare_for_training
from journeyman.training.packing import Packing, Step
from training_throughput.case import MAX_PIXELS, MIN_PIXELS, Case, Measured
from training_throughput.rows import conversations


class Row:
    """A row that is measured once and encoded each time it is due."""

    def __init__(self, conversation: Conversation, measure: Measure) -> None:
        self.conversation = conversation
        self.measure = measure
        self.tokens = measure.tokens
        self.patches = measure.patches
        self.shared = measure.shared


class Run:
    """Model, engine and rows of one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        config = _config(case)
        self.family = load_model_family(case.family)
        model, self.processor = initial_model(config, self.family, ())
        encoder = Encoder(self.family, self.processor, Limits(MAX_PIXELS, MIN_PIXELS))
        stored = conversations(Path(case.rows))
        self.encoder = encoder.with_reference(encoder.opening(stored[0].messages_json))
        self.rows = [Row(c, self.encoder.measure(c.row_id, c.messages_json, c.sizes())) for c in stored]
        self.packing = Packing(case.tokens_per_step, case.pack_tokens, ranks=1, share_prefix=case.share_prefix)
        model = prepare_for_training(model, config, self.family)
        self.text = model.get_base_model() if hasattr(model, "get_base_model") else model
        self.engine = Engine(model, config, micro_batches=self.packing.micro_batches, world_size=1)

    def fixed_loss(self) -> tuple[float, int]:
        """Mean loss of the fixed rows, each alone in a row, and their trained tokens."""
        rows = self.rows[: self.case.fixed_rows]
        batch = self.family.collate([[self._encoded(row)] for row in rows], self.processor)
        trained = sum(row.measure.trained for row in rows)
        return self.engine.evaluate(batch) / trained, trained

    def train(self) -> Measured:
        """Warm up, then measure."""
        steps = self.packing.steps(cycle(self.rows))
        loss, trained = self.fixed_loss()
        for _ in range(self.case.warm_up):
            self._step(next(steps))
        peak = matmul_peak(self.case.precision)
        counted = [0, 0, 0, 0, 0]
        start = time.process_time()
        for _ in range(self.case.steps):
            for i, count in enumerate(self._step(next(steps))):
                counted[i] += count
        seconds = time.process_time() - start
        peak = max(peak, matmul_peak(self.case.precision))
        flops, executed = self._flops(counted[0], counted[2], counted[3], counted[4])
        return Measured(
            cpu_seconds=seconds,
            real_tokens=counted[0],
            computed_tokens=counted[1],
            needed_tokens=counted[2],
            trained_tokens=counted[3],
            fixed_loss=loss,
            fixed_trained=trained,
            peak_flops=peak,
            flops=flops,
            executed_flops=executed,
        )

    def _step(self, step: Step[Row]) -> tuple[int, int, int, int, int]:
        """One step; real, computed, needed and trained tokens, and pairs of a token with one it attends to."""
        tokens = sum(row.measure.trained for row in step.conversations)
        computed = 0

        def batches() -> Iterator[dict[str, Any]]:
            nonlocal computed
            for micro in step.micro_batches:
                rows = [[self._encoded(row) for row in line] for line in micro]
                batch = self.family.collate(rows, self.processor, prefix=step.prefix)
                computed += batch["input_ids"].numel() - step.prefix * (len(rows) - 1)
                yield batch

        self.engine.step(batches(), tokens=tokens, rate=self.case.learning_rate, seed=0, stop=False)
        real = sum(row.tokens for row in step.conversations)
        repeated = sum(step.prefix * (len(micro) - 1) for micro in step.micro_batches)
        again = sum(step.prefix**2 * (len(micro) - 1) for micro in step.micro_batches)
        pairs = (sum(row.tokens**2 for row in step.conversations) - again) // 2
        return real, computed, real - repeated, tokens, pairs

    def _encoded(self, row: Row) -> Any:
        return self.encoder.encode(row.conversation, row.measure)

    def _flops(self, real: int, needed: int, trained: int, pairs: int) -> tuple[float, float]:
        """(6N of the real tokens, products in fact computed); all of the language model is trained."""
        language = self.text.model.language_model
        head = self.text.get_output_embeddings().weight.numel()
        layers = sum(p.numel() for p in language.layers.parameters() if p.ndim == 2)
        # Queries by keys and weights by values, forward once and backward twice, two operations each.
        attention = 12.0 * language.config.num_hidden_layers * language.config.hidden_size * pairs
        return 6.0 * (layers + head) * real, 6.0 * (layers * needed + head * trained) + attention


def matmul_peak(precision: str, size: int = 1024, repeats: int = 10) -> float:
    """Operations a CPU-second of the fastest of some square matrix products on one thread.

    CPU-seconds like all else here: the product's own figure is of wall time, in which others on the machine count.
    """
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.rand(size, size).to(dtype) for _ in range(2))
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        left @ right
        taken.append(time.process_time() - start)
    return 2 * size**3 / min(taken)


def _config(case: Case) -> TrainingConfig:
    return TrainingConfig(
        model_family=case.family,
        base_model=case.model,
        # A text has no picture to learn from; of the multimodal model everything is trained.
        freeze=() if case.pictures else ("vision", "merger"),
        zero_stage=0,
        precision="bf16" if case.precision == "bf16" else "fp32",
        attention=case.attention,
        tokens_per_step=case.tokens_per_step,
        pack_tokens=case.pack_tokens,
        share_prefix=case.share_prefix,
        max_pixels=MAX_PIXELS,
        min_pixels=MIN_PIXELS,
        weight_decay=0.0,
        beta2=0.999,
    )


def main() -> None:
    """Run the case and say what was measured."""
    os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    case = Case.read(Path(sys.argv[1]))
    run = Run(case)
    if not case.profile:
        run.train().say()
        return
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        run.train().say()
    Path(case.profile).write_text(profiler.key_averages().table(sort_by="self_cpu_time_total", row_limit=40))


if __name__ == "__main__":
    main()
