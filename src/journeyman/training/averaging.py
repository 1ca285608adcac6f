"""An exponential moving average of the trained weights, in fp32, that validation and export use in their place.

Averaging iterates is Polyak's and Ruppert's (Polyak and Juditsky, 1992, doi:10.1137/0330046). Stochastic weight
averaging (arXiv:1803.05407) weighs late iterates equally; here their weight falls exponentially with their age, and
the decay is warmed up, so that the first iterates do not stay in a short run's average. What is averaged are the
weights that the model computes with, under bf16 the rounded ones.

Each rank keeps the piece of every parameter that ZeRO-3 gives it, and below ZeRO-3 one of the same size, so the average
takes 4 bytes a trained weight over all ranks together. Pieces are flat and in the order of ranks; the last are padded.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from journeyman.errors import TrainingError

FILES = "average-*.safetensors"
"""In a checkpoint, one for each rank that wrote it."""

Pieces = dict[str, torch.Tensor]


class WeightAverage:
    """The average of this rank's pieces."""

    def __init__(
        self,
        parameters: Mapping[str, Any],
        decay: float,
        *,
        rank: int,
        world_size: int,
        partition: Callable[[], None] | None = None,
        gather: Callable[[], None] | None = None,
    ) -> None:
        """Begin with nothing; the first update is a copy of the weights.

        Args:
            parameters: The trained ones by name; of ZeRO-3, each with its ``ds_tensor``.
            decay: Weight of the average in each update, 0 to 1, once it is warmed up.
            rank: Of this process.
            world_size: Ranks.
            partition: Of ZeRO-3: has all ranks give up what they gathered.
            gather: Of ZeRO-3: gathers anew what stays gathered.
        """
        self._parameters = dict(parameters)
        self._decay = decay
        self._rank = rank
        self._world_size = world_size
        self._partition = partition
        self._gather = gather
        self._updates = 0
        self._average: Pieces = {}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after one more step; of n updates the n-th decays by min(decay, n / (9 + n))."""
        self._updates += 1
        # n / (9 + n) is (1 + m) / (10 + m) with m updates before this one, as TensorFlow's ExponentialMovingAverage has
        # it; the first, which would weigh an average that is not there yet, is the copy.
        decay = min(self._decay, self._updates / (9 + self._updates))
        for name, parameter in self._parameters.items():
            own = self._piece(parameter).float()
            if self._updates == 1:
                self._average[name] = own.clone()
            else:
                self._average[name].lerp_(own, 1 - decay)

    def put(self) -> None:
        """Overwrite the weights by their average, on all ranks; nothing happens before the first update."""
        if self._updates:
            self._write_weights(self._average)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the average in the weights' place, on all ranks, and the very weights again afterwards."""
        kept = {name: self._piece(parameter).clone() for name, parameter in self._parameters.items()}
        self.put()
        try:
            yield
        finally:
            self._write_weights(kept)

    def write(self, checkpoint: Path) -> None:
        """Write this rank's pieces into the folder ``checkpoint``, which exists."""
        from safetensors.torch import save_file

        facts = {"updates": str(self._updates), "ranks": str(self._world_size)}
        save_file(self._average, checkpoint / FILES.replace("*", f"{self._rank:05d}"), metadata=facts)

    def read(self, checkpoint: Path) -> None:
        """Take this rank's pieces from what any number of ranks wrote.

        Raises:
            TrainingError: A file is missing.
        """
        from safetensors import safe_open

        paths = sorted(checkpoint.glob(FILES))
        with ExitStack() as opened:
            files = [opened.enter_context(safe_open(path, "pt")) for path in paths]
            facts = files[0].metadata() if files else {"ranks": "?"}
            if str(len(files)) != facts["ranks"]:
                raise TrainingError(
                    f"checkpoint {checkpoint.name} has {len(files)} of {facts['ranks']} files of averaged weights; "
                    "delete it, and the run goes on from an older one"
                )
            self._updates = int(facts["updates"])
            for name, parameter in self._parameters.items():
                whole = torch.cat([file.get_tensor(name) for file in files])[: _size(parameter)]
                self._average[name] = self._cut(whole).to(self._piece(parameter).device, copy=True)

    def _piece(self, parameter: Any) -> torch.Tensor:
        shard = getattr(parameter, "ds_tensor", None)
        return self._cut(parameter.detach().reshape(-1)) if shard is None else shard.detach()

    def _cut(self, whole: torch.Tensor) -> torch.Tensor:
        """This rank's piece of flat weights, padded; cut as ZeRO-3 cuts."""
        size = -(-len(whole) // self._world_size)
        own = whole[self._rank * size : (self._rank + 1) * size]
        return torch.nn.functional.pad(own, (0, size - len(own)))

    @torch.no_grad()
    def _write_weights(self, pieces: Pieces) -> None:
        if self._partition is not None:
            self._partition()  # what stays gathered would go on being used
        for name, parameter in self._parameters.items():
            shard = getattr(parameter, "ds_tensor", None)
            if shard is not None:
                shard.copy_(pieces[name])
                continue
            own = pieces[name].to(parameter.dtype)
            whole = own.new_empty(len(own) * self._world_size)
            dist.all_gather_into_tensor(whole, own)
            parameter.copy_(whole[: _size(parameter)].view_as(parameter))
        if self._gather is not None:
            self._gather()


def _size(parameter: Any) -> int:
    """Elements of the whole; a parameter that ZeRO-3 has cut is itself empty."""
    return int(getattr(parameter, "ds_numel", parameter.numel()))
