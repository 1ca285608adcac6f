"""The one module that talks to DeepSpeed."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from journeyman.training.averaging import WeightAverage
from journeyman.training.config import TrainingConfig
from journeyman.training.deepspeed_config import deepspeed_config
from journeyman.training.loss import TokenLoss
from journeyman.training.utilisation import flops_per_token, peak_flops

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
UNIVERSAL = "zero"
"""Folder in a checkpoint that was converted for another number of ranks (universal.py)."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one optimizer step tells, equal on every rank."""

    loss: float
    """Mean over the step's trained tokens of all ranks, in nats."""
    gradient_norm: float | None
    """Before clipping; None where DeepSpeed does not compute it (stage 0)."""
    stopping: bool
    """Some rank was asked to stop."""
    passes: tuple[float, ...] = ()
    """Summed loss of each forward pass of the step over all ranks, in the plan's order: the i-th of rank r is at
    ``i * world_size + r``."""
    memory: tuple[int, ...] = ()
    """Bytes in use by each rank: peak of the allocator on a GPU, resident set of the process on the CPU."""


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
        self._flops = flops_per_token(model)
        self._base = _optimizer(trained, config, on_gpu=on_gpu)
        self._engine, self._optimizer, _, _ = deepspeed.initialize(
            model=TokenLoss(model),
            optimizer=self._base,
            config=deepspeed_config(
                config,
                micro_batches=micro_batches,
                world_size=world_size,
                trained_parameters=self.trained_parameters,
                on_gpu=on_gpu,
            ),
        )
        self.rank: int = dist.get_rank()
        self._world_size = world_size
        self._average = self._new_average() if config.ema_decay else None
        # Only rank 0 reports; measured by all at once, ranks that share cores would make the peak look low.
        self._peak = peak_flops(config.precision) if self.rank == 0 else None

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
        # One vector of the whole step, in which each rank fills its own places: [stop, memory by rank, loss by pass].
        world = self._world_size
        report = torch.zeros(1 + world + self._micro_batches, dtype=torch.float64, device=self._engine.device)
        report[0] = float(stop)
        for number, batch in enumerate(batches):
            loss = self._engine(self._moved(batch))
            # DeepSpeed takes the mean over forward passes and ranks; a token must weigh the same in each of them.
            self._engine.backward(loss * (self._micro_batches / tokens))
            self._engine.step()
            report[1 + world + number * world + self.rank] = loss.detach()
        if self._average is not None:
            self._average.update()
        report[1 + self.rank] = _memory()
        dist.all_reduce(report)
        stopping, *rest = report.tolist()
        norm = self._engine.get_global_grad_norm()
        return StepReport(
            loss=sum(rest[world:]) / tokens,
            gradient_norm=None if norm is None else float(norm),
            stopping=stopping > 0,
            passes=tuple(rest[world:]),
            memory=tuple(int(used) for used in rest[:world]),
        )

    def utilisation(self, tokens: float, seconds: float) -> float | None:
        """Model FLOPs utilisation: what ``tokens`` over all ranks need, over what the ranks could do in that time.

        Rank 0 calls it for the metrics of a window, with the tokens that went through the model (a shared
        prefix counts once a forward pass).

        Returns:
            A share of 0 to 1, or None on other ranks and on a GPU whose peak is not known.
        """
        if self._peak is None or seconds <= 0:
            return None
        return tokens * self._flops / (seconds * self._peak * self._world_size)

    def evaluate(self, batch: dict[str, Any]) -> float:
        """Summed loss of this rank's ``batch``, without training on it."""
        self._engine.eval()
        with torch.no_grad():
            return float(self._engine(self._moved(batch)))

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Have the model hold the averaged weights, where there are any; afterwards the very ones it had before."""
        with nullcontext() if self._average is None else self._average.in_place():
            yield

    def take_average(self) -> None:
        """Have the model hold the averaged weights, where there are any, from here on; training is over."""
        if self._average is not None:
            self._average.put()
            self._average = None

    def summed(self, value: float) -> float:
        """``value`` added up over all ranks."""
        total = torch.tensor(value, dtype=torch.float64, device=self._engine.device)
        dist.all_reduce(total)
        return float(total)

    def save_checkpoint(self, folder: Path, name: str) -> None:
        """Write ``folder/name``; returns when every rank has written its part."""
        self._engine.save_checkpoint(str(folder), tag=name, exclude_frozen_parameters=self._config.lora is not None)
        if self._average is not None:
            self._average.write(folder / name)
        dist.barrier()

    def load_checkpoint(self, folder: Path, name: str) -> None:
        """Weights and optimizer state of ``folder/name``, in its own form or converted for this number of ranks.

        Raises:
            pickle.UnpicklingError: The checkpoint holds anything but tensors, plain values and
                ``CHECKPOINT_CLASSES``.
            TrainingError: It lacks averaged weights.
        """
        # DeepSpeed asks for this setting before any checkpoint is seen; what lies there decides.
        self._engine._config.load_universal_checkpoint = (folder / name / UNIVERSAL).is_dir()  # noqa: SLF001
        with only_data():
            self._engine.load_checkpoint(str(folder), tag=name, load_module_strict=self._config.lora is None)
        _settle_steps(self._base)
        if self._average is not None:
            self._average.read(folder / name)

    def full_state(self) -> dict[str, Any] | None:
        """All weights, gathered from ZeRO-3 ranks, on rank 0; None where each rank holds them all anyway."""
        if self._config.zero_stage < 3:
            return None
        state = self._engine._zero3_consolidated_16bit_state_dict()  # noqa: SLF001 - no public name gathers in memory
        return {name.removeprefix("model."): value for name, value in (state or {}).items()}

    def _new_average(self) -> WeightAverage:
        cut = self._config.zero_stage == 3
        return WeightAverage(
            {name: p for name, p in self._engine.module.named_parameters() if p.requires_grad},
            self._config.ema_decay,
            rank=self.rank,
            world_size=self._world_size,
            partition=self._optimizer.checkpoint_event_prologue if cut else None,
            gather=self._optimizer.checkpoint_event_epilogue if cut else None,
        )

    def _moved(self, batch: dict[str, Any]) -> dict[str, Any]:
        dtype = torch.bfloat16 if self._config.precision == "bf16" else torch.float32
        return {
            name: value.to(self._engine.device, dtype if name == "pixel_values" else value.dtype)
            if isinstance(value, torch.Tensor)
            else value
            for name, value in batch.items()
        }


@contextmanager
def only_data() -> Iterator[None]:
    """Have torch unpickle tensors, plain values and ``CHECKPOINT_CLASSES`` only.

    DeepSpeed asks torch for whatever lies in a checkpoint; the variable overrules it.
    """
    before = os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD")
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    try:
        with torch.serialization.safe_globals(list(CHECKPOINT_CLASSES)):
            yield
    finally:
        if before is None:
            del os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"]
        else:
            os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = before


def _optimizer(trained: list[Any], config: TrainingConfig, *, on_gpu: bool) -> Any:
    settings: dict[str, Any] = {
        "lr": config.learning_rate,
        "betas": (0.9, config.beta2),
        "weight_decay": config.weight_decay,
    }
    if on_gpu and config.offload_optimizer != "none":
        # Adam over weights in the host's memory: torch's would take longer than the rest of the step.
        from deepspeed.ops.adam import DeepSpeedCPUAdam

        return DeepSpeedCPUAdam(trained, **settings)
    return torch.optim.AdamW(trained, fused=True, **settings)


def _settle_steps(optimizer: Any) -> None:
    """Give each state a step count of its own, on its weights' device, where the fused kernel reads it.

    From a checkpoint that was converted for another number of ranks DeepSpeed puts one of the host's memory into all.
    """
    for weights, state in optimizer.state.items():
        if isinstance(state.get("step"), torch.Tensor):
            state["step"] = state["step"].to(weights.device, torch.float32, copy=True)


def _memory() -> int:
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def switch_off_shm_comm() -> None:
    """Keep DeepSpeed from compiling, for minutes, a communication op that training never calls.

    Raises:
        KeyError: DeepSpeed no longer has the switch under this name.
    """
    if SHM_COMM not in deepspeed.ops.__compatible_ops__:
        raise KeyError(f"deepspeed has no op {SHM_COMM!r} any more; see whether init_distributed still compiles it")
    deepspeed.ops.__compatible_ops__[SHM_COMM] = False
