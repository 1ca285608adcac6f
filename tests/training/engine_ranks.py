"""What the ranks of test_engine.py run: every ZeRO stage over a toy network with uneven forward passes.

``python engine_ranks.py FOLDER straight`` trains and writes a checkpoint on the way; ``python engine_ranks.py FOLDER
resumed`` goes on from the checkpoints that are there, whoever wrote them. Several pairs run one after the other.
Rank 0 prints one JSON object: pair -> case -> what each step told.
"""

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import torch

from journeyman.training import engine as engine_module
from journeyman.training.config import TrainingConfig

STEPS, RESUME, PASSES, RATE = 6, 3, 4, 0.05
STOP_ASKED = 4
"""Step before which the last rank alone is asked to stop."""
CASES = {
    **{f"stage {stage}": {"zero_stage": stage} for stage in range(4)},
    "stage 2, bf16": {"zero_stage": 2, "precision": "bf16"},
    "stage 0, bf16": {"zero_stage": 0, "precision": "bf16"},
    "stage 2, adapters": {"zero_stage": 2, "lora": {}},
    "stage 3, adapters": {"zero_stage": 3, "lora": {}},
    "stage 0, averaged": {"zero_stage": 0, "ema_decay": 0.5},
    "stage 2, averaged": {"zero_stage": 2, "ema_decay": 0.5},
    "stage 3, averaged": {"zero_stage": 3, "ema_decay": 0.5},
    "stage 2, bf16, averaged": {"zero_stage": 2, "precision": "bf16", "ema_decay": 0.5},
}


class Toy(torch.nn.Module):
    """Inputs in, summed cross-entropy out, as TokenLoss gives it; part of it is frozen."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = torch.nn.Linear(8, 15)
        self.frozen = torch.nn.Linear(15, 15)
        self.last = torch.nn.Linear(15, 5)
        self.frozen.requires_grad_(False)

    def forward(self, batch):
        inputs = batch["inputs"].to(self.first.weight.dtype)
        hidden = self.frozen(torch.tanh(self.first(inputs)))
        return torch.nn.functional.cross_entropy(self.last(hidden).float(), batch["targets"], reduction="sum")


def passes(step):
    """The forward passes of a step: 1 to 24 tokens each, so that a mean over passes would weigh tokens wrongly."""
    drawn = torch.Generator().manual_seed(step)
    sizes = torch.randint(1, 25, (PASSES,), generator=drawn).tolist()
    return [
        {
            "inputs": torch.randn(size, 8, generator=drawn),
            "targets": torch.randint(0, 5, (size,), generator=drawn),
        }
        for size in sizes
    ]


def weights(engine):
    """The trained weights by name, on rank 0; None on others where they are cut."""
    state = engine.full_state()
    if state is None:
        state = dict(engine._engine.module.named_parameters())
    return {name: p.detach().float().clone() for name, p in state.items() if "frozen" not in name} or None


def averages(engine, batch):
    """Weights and losses of the average, and before and after it stood in the weights' place."""
    told = {}
    for when in ("before", "averaged", "after"):
        with engine.averaged() if when == "averaged" else nullcontext():
            state = weights(engine)
            told[when] = {"loss": engine.evaluate(batch), "weights": {n: w.tolist() for n, w in (state or {}).items()}}
    return told


def train(case, checkpoints, *, resume):
    """Steps of one case, from the first or from the checkpoint in ``checkpoints``."""
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    config = TrainingConfig.model_validate({"learning_rate": RATE, **CASES[case]})
    engine = engine_module.Engine(Toy(), config, micro_batches=PASSES, world_size=world)
    if resume:
        engine.load_checkpoint(checkpoints, f"step-{RESUME}")
    told = []
    averaged = config.ema_decay > 0
    for step in range(RESUME if resume else 0, STEPS):
        batches = passes(step)
        tokens = sum(len(batch["targets"]) for batch in batches)
        stop = step == STOP_ASKED and rank == world - 1
        report = engine.step(batches[rank::world], tokens=tokens, rate=RATE, seed=step, stop=stop)
        told.append(
            {
                "loss": report.loss,
                "passes": report.passes,
                "gradient_norm": report.gradient_norm,
                "stopping": report.stopping,
                "memory": report.memory,
                "utilisation": engine.utilisation(tokens, 1.0),
                **(averages(engine, batches[0]) if averaged else {}),
            }
        )
        if not resume and step + 1 == RESUME:
            engine.save_checkpoint(checkpoints, f"step-{RESUME}")
    if averaged:
        engine.take_average()
        told[-1]["at the end"] = engine.evaluate(passes(STEPS - 1)[0])
    return told


def main(*pairs):
    """Run ``pairs`` of folder and mode over the cases that have a checkpoint, or over all."""
    engine_module.TokenLoss = lambda model: model
    told = {}
    for folder, mode in zip(pairs[::2], pairs[1::2], strict=True):
        resume = mode == "resumed"
        cases = [case for case in CASES if not resume or (Path(folder) / case).is_dir()]
        told[f"{folder} {mode}"] = {case: train(case, Path(folder) / case, resume=resume) for case in cases}
    if os.environ["RANK"] == "0":
        print("@@" + json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
