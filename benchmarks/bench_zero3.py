"""Memory of ZeRO-3 against ZeRO-0 on two ranks: parameters and optimizer of a random model of 109M weights, in bf16.

Figure to reach: under 0.65 of ZeRO-0's bytes a rank. Counted are the storages, each once, of weights or their
parts, of the optimizer's fp32 weights and of its moments, after two steps. By count ZeRO-0 holds 2 + 4 + 8 bytes a
weight and ZeRO-3 half of them; in fp32 it would be 4 + 8 against half of 4 + 4 + 8, for ZeRO-3 keeps a second
copy. Beside them: all tensors of the process, gradients and DeepSpeed's fixed buckets included, and its resident set.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

LAYERS, WIDTH = 8, 1024
RANKS = 2
MEBIBYTE = 1 << 20


def main() -> None:
    """Run ZeRO-0 and ZeRO-3 and print what their ranks hold."""
    whole, sharded = _run(0), _run(3)
    for stage, ranks in ((0, whole), (3, sharded)):
        for told in ranks:
            print(
                f"ZeRO-{stage} rank {told['rank']}: {told['states'] / MEBIBYTE:6.0f} MiB of parameters and optimizer, "
                f"{told['tensors'] / MEBIBYTE:6.0f} MiB of tensors, {told['resident'] / MEBIBYTE:6.0f} MiB resident"
            )
    worst = max(less["states"] / more["states"] for less, more in zip(sharded, whole, strict=True))
    print(f"{whole[0]['parameters'] / 1e6:.0f} M weights: ZeRO-3 over ZeRO-0 {worst:.3f} (to reach: under 0.65)")


def _run(stage: int) -> list[dict[str, int]]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={RANKS}"),
            *("--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"),
            *(str(Path(__file__).resolve()), str(stage)),
        ],
        env=os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("@@")]
    if len(lines) != RANKS:
        raise SystemExit(done.stderr[-3000:])
    return sorted(lines, key=lambda told: int(told["rank"]))


def _rank(stage: int) -> None:
    """One rank: two optimizer steps, then what it holds."""
    import torch

    from journeyman.training import engine as engine_module
    from journeyman.training.config import TrainingConfig

    engine_module.TokenLoss = lambda model: model
    rank = int(os.environ["RANK"])
    torch.manual_seed(0)
    config = TrainingConfig.model_validate({"zero_stage": stage, "precision": "bf16", "ranks": RANKS})
    engine = engine_module.Engine(_stack(), config, micro_batches=RANKS, world_size=RANKS)
    for step in range(2):
        inputs = [{"pixel_values": torch.randn(4, WIDTH)}]
        report = engine.step(inputs, tokens=4 * RANKS, rate=1e-4, seed=step, stop=False)
    gc.collect()
    told = {
        "rank": rank,
        "states": _bytes(_states(engine)),
        "tensors": _bytes(item for item in gc.get_objects() if isinstance(item, torch.Tensor)),
        "resident": report.memory[rank],
        "parameters": engine.parameters,
    }
    print("@@" + json.dumps(told), flush=True)


def _states(engine: Any) -> Iterator[Any]:
    """Tensors of parameters and optimizer."""
    import torch

    inner = engine._engine  # noqa: SLF001 - what it holds is what is measured
    for parameter in inner.module.parameters():
        yield parameter.data
        if hasattr(parameter, "ds_tensor"):
            yield parameter.ds_tensor
    optimizer = inner.optimizer
    yield from getattr(optimizer, "fp32_partitioned_groups_flat", ())
    optimizer = getattr(optimizer, "optimizer", optimizer)
    for group in optimizer.param_groups:
        yield from (parameter.data for parameter in group["params"])
    for state in optimizer.state.values():
        yield from (value for value in state.values() if isinstance(value, torch.Tensor))


def _bytes(tensors: Iterable[Any]) -> int:
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}
    return sum(storages.values())


def _stack() -> Any:
    """Feed-forward blocks of a transformer: what they compute does not matter, what they hold does."""
    import torch
    from torch import nn

    class Stack(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList(
                nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
                for _ in range(LAYERS)
            )
            self.head = nn.Linear(WIDTH, 40 * WIDTH)

        def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            hidden = batch["pixel_values"]
            for block in self.blocks:
                hidden = hidden + block(hidden)
            return self.head(hidden).float().logsumexp(-1).sum()

    return Stack()


if __name__ == "__main__":
    if "RANK" in os.environ:
        _rank(int(sys.argv[1]))
    else:
        main()
