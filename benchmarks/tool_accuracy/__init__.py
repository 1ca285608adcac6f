"""How well each tool works: one module a tool, named as it is, each with ``measure(call) -> tuple[Accuracy, ...]``.

Test sets are rendered here from seeds, so that the truth is known and nothing is downloaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One figure of one tool."""

    measure: str
    """What was measured, e.g. ``word recall, clean pages``."""
    score: float
    """0 to 1; for an error rate, say so in ``measure`` and set ``lower_is_better``."""
    cases: int
    reach: float | None = None
    """The figure to reach, where there is one."""
    lower_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave."""

    value: Any
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Files the tool wrote, by the names in ``value``."""


class Call(Protocol):
    """Calls the module's tool; its CPU seconds are counted. A refusal is raised as ToolError."""

    def __call__(self, files: Mapping[str, bytes], **arguments: Any) -> Answer:
        """The answer over ``files`` and nothing else."""
        ...
