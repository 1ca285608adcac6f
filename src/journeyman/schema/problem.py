"""A problem of a benchmark: what an agent is asked, and all that its scoring needs."""

import json
from collections.abc import Mapping
from typing import ClassVar

from journeyman.schema.query import Query
from journeyman.schema.record import Record, canonical_json


class Renamed(Record):
    """A tool that goes by another name."""

    tool: str
    name: str


class ToolChange(Record):
    """How an agent's tools differ in one problem; nothing, where all is empty."""

    withheld: tuple[str, ...] = ()
    """Tools that are not offered."""
    renamed: tuple[Renamed, ...] = ()
    broken: tuple[str, ...] = ()
    """Tools whose first call in a run fails as if it had timed out; a second one answers."""


AS_IN_THE_RECIPE = ToolChange()


class Problem(Record):
    """One problem. Its files are media rows beside it."""

    SCHEMA_VERSION: ClassVar[int] = 2

    problem_id: str
    """Unique within the benchmark."""
    benchmark: str
    """Plugin on the ``benchmarks`` shelf that scores it."""
    query: Query
    """What the agent is asked; ``query.tools`` are those that a right solution uses, where they are known."""
    gold_json: str
    """What the benchmark scores against, in its own form; empty where ``query.gold_json`` says it all."""
    groups_json: str
    """JSON object of texts: what figures are broken down by, e.g. ``{"level": "2"}``."""
    tools: ToolChange
    """How the agent's tools differ from the recipe's in this problem."""

    @property
    def groups(self) -> dict[str, str]:
        """Name of a grouping -> this problem's group."""
        groups: dict[str, str] = json.loads(self.groups_json)
        return groups


def groups_json(groups: Mapping[str, str]) -> str:
    """``Problem.groups_json`` of ``groups``."""
    return canonical_json(dict(groups))
