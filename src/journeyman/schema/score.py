"""One agent's outcome on one problem; unscored is not zero."""

import json
from typing import ClassVar

from journeyman.schema.record import Record


class Measure(Record):
    """What one problem adds to a figure of its benchmark: a figure is a quotient of sums over problems."""

    name: str
    """E.g. ``AnsAcc``, or ``F1 P hits``."""
    value: float
    """Added to the numerator; 0 to ``weight`` for a share."""
    weight: float
    """Added to the denominator: 1 for a mean over problems, the number of steps for a mean over steps."""


class Score(Record):
    """What an agent did on a problem, and what that is worth. A measure that does not apply is absent."""

    SCHEMA_VERSION: ClassVar[int] = 2

    problem_id: str
    benchmark: str
    agent: str
    """``untuned``, ``tuned``, ``blind``, ``text_only``, ``chance``, ``format_only``, a baseline of the benchmark like
    ``tfidf``, ``teacher``, ``oracle``, or the name of an endpoint."""
    groups_json: str
    """As the problem's."""
    measures: tuple[Measure, ...]
    status: str
    """How the run ended: the trajectory's status, or ``crashed: ...``."""
    cause: str
    """``right``, or what went wrong first (evaluation/causes.py)."""
    answer_json: str
    trajectory_json: str
    """Full transcript (schema/trajectory.py)."""

    def measure(self, name: str) -> Measure | None:
        """The measure ``name``; None where it does not apply."""
        return next((measure for measure in self.measures if measure.name == name), None)

    def value(self, name: str) -> float | None:
        """Its value over its weight; None where it does not apply."""
        found = self.measure(name)
        return found.value / found.weight if found is not None and found.weight else None

    @property
    def groups(self) -> dict[str, str]:
        """Name of a grouping -> the problem's group."""
        groups: dict[str, str] = json.loads(self.groups_json)
        return groups
