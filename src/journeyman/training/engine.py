"""The one module that talks to DeepSpeed."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from journeyman.training.config import TrainingConfig
from journeyman.training.deepspeed_config import deepspeed_config
from journeyman.training.loss import TokenLoss

if not torch.cuda.is_available():
    os.environ.setdefault("DS_ACCELERATOR", "cpu")

import deepspeed
import deepspeed.ops
from deepspeed.runtime.fp16.loss_scaler import LossScaler
from deepspeed.runtime.zero.config import ZeroStageEnum
from deepspeed.utils.tensor_fragment import fragment_address

SHM_COMM = "deepspeed_shm_comm"
CHECKPOINT_CLASSES = (LossScaler, ZeroStageEnum, fragment_address)
"""DeepSpeed's own classes in a ZeRO checkpoint; nothing else is unpickled."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one optimizer step tells, equal on every rank."""

    loss: float
    """Mean over the step's trained tokens of all ranks, in nats."""
    gradient_norm: float | None
    """Before clipping; None where DeepSpeed does not compute it (stage 0)."""
    stopping: bool
    """Some rank was asked to stop."""


class Engine:
    """A model under DeepSpeed ZeRO, with a loss that is weighted by tokens, not by ranks."""

    def __init__(self, model: Any, config: TrainingConfig, *, micro_batches: int, world_size: int) -> None:
        """Join the other ranks and shard the optimizer; the usual rendezvous variables must be set."""
        on_gpu = torch.cuda.is_available()
        if not on_gpu:
            switch_off_shm_comm()
            torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
        else:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        deepspeed.init_distributed(dist_backend="nccl" if on_gpu else "gloo", verbose=False)
        self._config = config
        self._micro_batches = micro_batches
        self.parameters = sum(p.numel() for p in model.parameters())
        trained = [p for p in model.parameters() if p.requires_grad]
        self.trained_parameters = sum(p.numel() for p in trained)
        optimizer = torch.optim.AdamW(
            trained, lr=config.learning_rate, betas=(0.9, config.beta2), weight_decay=config.weight_decay
        )
        self._engine, self._optimizer, _, _ = deepspeed.initialize(
            model=TokenLoss(model),
            optimizer=optimizer,
            config=deepspeed_config(config, micro_batches=micro_batches, world_size=world_size),
        )
        self.rank: int = dist.get_rank()

    def step(self, batches: Iterable[dict[str, Any]], *, tokens: int, rate: float, seed: int, stop: bool) -> StepReport:
        """One optimizer step.

        Args:
            batches: This rank's share of the step's forward passes.
            tokens: Trained tokens of the whole step, over all ranks.
            rate: Learning rate.
            seed: Of dropout, so that a resumed run draws what a straight one would.
            stop: This rank was asked to stop.
        """
        torch.manual_seed(seed)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._engine.train()
        total = torch.zeros((), device=self._engine.device)
        for batch in batches:
            loss = self._engine(self._moved(batch))
            # DeepSpeed takes the mean over forward passes and ranks; a token must weigh the same in each of them.
            self._engine.backward(loss * (self._micro_batches / tokens))
            self._engine.step()
            total += loss.detach()
        report = torch.stack((total.double(), torch.tensor(float(stop), dtype=torch.float64, device=total.device)))
        dist.all_reduce(report)
        norm = self._engine.get_global_grad_norm()
        return StepReport(
            loss=float(report[0]) / tokens,
            gradient_norm=None if norm is None else float(norm),
            stopping=bool(report[1] > 0),
        )

    def evaluate(self, batch: dict[str, Any]) -> float:
        """Summed loss of this rank's ``batch``, without training on it."""
        self._engine.eval()
        with torch.no_grad():
            return float(self._engine(self._moved(batch)))

    def summed(self, value: float) -> float:
        """``value`` added up over all ranks."""
        total = torch.tensor(value, dtype=torch.float64, device=self._engine.device)
        dist.all_reduce(total)
        return float(total)

    def save_checkpoint(self, folder: Path, name: str) -> None:
        """Write ``folder/name``; returns when every rank has written its part."""
        self._engine.save_checkpoint(str(folder), tag=name, exclude_frozen_parameters=self._config.lora is not None)
        dist.barrier()

    def load_checkpoint(self, folder: Path, name: str) -> None:
        """Weights and optimizer state of ``folder/name``.

        Raises:
            pickle.UnpicklingError: The checkpoint holds anything but tensors, plain values and
                ``CHECKPOINT_CLASSES``. The launcher sets TORCH_FORCE_WEIGHTS_ONLY_LOAD for that,
                since DeepSpeed itself asks torch to unpickle whatever is there.
        """
        with torch.serialization.safe_globals(list(CHECKPOINT_CLASSES)):
            self._engine.load_checkpoint(str(folder), tag=name, load_module_strict=self._config.lora is None)

    def full_state(self) -> dict[str, Any] | None:
        """All weights, gathered from ZeRO-3 ranks, on rank 0; None where each rank holds them all anyway."""
        if self._config.zero_stage < 3:
            return None
        state = self._engine._zero3_consolidated_16bit_state_dict()  # noqa: SLF001 - no public name gathers in memory
        return {name.removeprefix("model."): value for name, value in (state or {}).items()}

    def _moved(self, batch: dict[str, Any]) -> dict[str, Any]:
        dtype = torch.bfloat16 if self._config.precision == "bf16" else torch.float32
        return {
            name: value.to(self._engine.device, dtype if name == "pixel_values" else value.dtype)
            if isinstance(value, torch.Tensor)
            else value
            for name, value in batch.items()
        }


def switch_off_shm_comm() -> None:
    """Keep DeepSpeed from compiling, for minutes, a communication op that training never calls.

    Raises:
        KeyError: DeepSpeed no longer has the switch under this name.
    """
    if SHM_COMM not in deepspeed.ops.__compatible_ops__:
        raise KeyError(f"deepspeed has no op {SHM_COMM!r} any more; see whether init_distributed still compiles it")
    deepspeed.ops.__compatible_ops__[SHM_COMM] = False
