"""What both trainers are given, and what each reports."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

MAX_PIXELS, MIN_PIXELS = 112 * 112, 56 * 56
"""Areas that pictures are scaled to."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run of one trainer."""

    rows: str
    """Parquet of Example rows."""
    model: str
    """Folder that the trainer loads the model from, or a name that our side builds it by."""
    family: str
    """Of our side; ``llava`` holds a plain language model too."""
    pictures: bool
    precision: str
    """``fp32`` or ``bf16``."""
    tokens_per_step: int
    """Real tokens of one optimizer step, about."""
    pack_tokens: int
    """Tokens of one forward pass, about."""
    rows_per_pass: int
    """TRL's, where it cannot pack: so many rows of mean length make up ``pack_tokens``."""
    warm_up: int
    """Steps before the clock starts."""
    steps: int
    """Steps that are measured."""
    fixed_rows: int
    """The first rows, whose loss before training both sides report."""
    attention: Literal["sdpa", "eager"] = "sdpa"
    """Both sides: torch's fused attention is slower than plain matrix products in bf16 on a CPU, not in fp32."""
    share_prefix: bool = False
    """Ours: compute the turns that all conversations begin with once."""
    learning_rate: float = 1e-4
    profile: str = ""
    """Ours: file for a table of where the time goes; empty for none."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """The case written by :meth:`write`."""
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """Write the case for another process."""
        path.write_text(json.dumps(asdict(self)))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run took; tokens of the measured steps."""

    cpu_seconds: float
    """Of the process, all threads: data, forward, backward, optimizer."""
    real_tokens: int
    """Tokens of conversations, pictures included, padding left out."""
    computed_tokens: int
    """Places that went through the model."""
    needed_tokens: int
    """Of these, all but padding; below ``real_tokens`` where a shared prefix is computed once."""
    trained_tokens: int
    fixed_loss: float
    """Mean over the trained tokens of the fixed rows before the first step, in nats."""
    fixed_trained: int
    """Trained tokens of the fixed rows."""
    peak_flops: float = 0.0
    """Operations a second that a matrix product of the case's precision reached in this process; 0 if not taken."""
    flops: float = 0.0
    """Operations of ``real_tokens`` at 6 a parameter of the language model."""
    executed_flops: float = 0.0
    """Operations of the products that were in fact computed: the head on trained tokens only, attention included."""

    @property
    def tokens_per_second(self) -> float:
        """Real tokens a CPU-second."""
        return self.real_tokens / self.cpu_seconds

    @property
    def padding(self) -> float:
        """Share of the computed places that is padding."""
        return 1 - self.needed_tokens / self.computed_tokens

    @property
    def peak_share(self) -> float:
        """Share of the measured matmul peak, at 6 operations a parameter and token."""
        return self.flops / self.cpu_seconds / self.peak_flops

    @property
    def executed_share(self) -> float:
        """Share of the measured matmul peak that products in fact computed reach."""
        return self.executed_flops / self.cpu_seconds / self.peak_flops

    def say(self) -> None:
        """Print for the process that waits; everything else a library prints is passed over."""
        print(_MARK + json.dumps(asdict(self)), flush=True)

    @classmethod
    def heard(cls, output: str) -> Self:
        """What :meth:`say` printed.

        Raises:
            StopIteration: Nothing was said.
        """
        line = next(text for text in output.splitlines() if text.startswith(_MARK))
        return cls(**json.loads(line.removeprefix(_MARK)))


_MARK = "@@measured "
