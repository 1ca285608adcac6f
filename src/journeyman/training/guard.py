"""Stops a run whose loss has gone wrong, and names the rows that went through the model then."""

import math
from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from journeyman.errors import TrainingError

if TYPE_CHECKING:
    from journeyman.training.engine import StepReport

WINDOW = 50
"""Steps whose median a spike is measured against."""
SETTLED = 10
"""Steps before a spike is looked for: the first losses of a run fall fast."""
_NAMED = 20


class LossGuard:
    """Checks each step of one run; every rank keeps one and, as the numbers are equal, comes to the same end.

    The loop calls :meth:`check` right after ``Engine.step``, before the step is reported or checkpointed: the
    newest checkpoint is then one from before the harm.
    """

    def __init__(self, spike_factor: float = 0.0) -> None:
        """A loss above ``spike_factor`` times the running median is a spike; 0 looks for NaN and infinity only."""
        self._factor = spike_factor
        self._losses: deque[float] = deque(maxlen=WINDOW)

    def check(
        self, step: int, report: "StepReport", rows: Sequence[Sequence[str]], tokens: Sequence[int], *, rate: float
    ) -> None:
        """Let a sound step pass.

        Args:
            step: 1-based, for the message.
            report: Of the step.
            rows: Ids of the rows of each forward pass of the step, over all ranks, in the plan's order.
            tokens: Trained tokens of each of these passes.
            rate: Learning rate of the step, for the message.

        Raises:
            TrainingError: The loss or the gradient is not a number, or the loss is a spike; names the rows of the
                passes that show it, else those of the whole step.
        """
        wrong = [number for number, loss in enumerate(report.passes) if not math.isfinite(loss)]
        if wrong or not math.isfinite(report.loss):
            raise TrainingError(_message(f"the loss is {report.loss}", step, wrong, rows, rate))
        norm = report.gradient_norm
        # DeepSpeed gives -1 for a norm that is not finite.
        if norm is not None and (not math.isfinite(norm) or norm < 0):
            raise TrainingError(_message(f"the gradient is not finite (norm {norm})", step, [], rows, rate))
        if self._factor and len(self._losses) >= SETTLED and report.loss > self._factor * median(self._losses):
            means = [loss / max(1, count) for loss, count in zip(report.passes, tokens, strict=True)]
            usual = median(self._losses)
            worst = [number for number, mean in enumerate(means) if mean > self._factor * usual]
            what = (
                f"the loss is {report.loss:.4g}, over spike_factor = {self._factor:g} times "
                f"{usual:.4g}, the median of the last {len(self._losses)} steps"
            )
            raise TrainingError(_message(what, step, worst, rows, rate))
        self._losses.append(report.loss)


def _message(what: str, step: int, passes: list[int], rows: Sequence[Sequence[str]], rate: float) -> str:
    blamed = [row for number in (passes or range(len(rows))) for row in rows[number]]
    listed = ", ".join(blamed[:_NAMED]) + (f" and {len(blamed) - _NAMED} more" if len(blamed) > _NAMED else "")
    return (
        f"{what} at step {step}; rows of that {'forward pass' if len(passes) == 1 else 'step'}: {listed}; "
        f"look at them with `journeyman explain`, leave them out, or lower learning_rate (it was {rate:.3g})"
    )
