"""What a check is: it keeps a record, or drops it with a reason. ``checks/`` holds them, one file each.

Programs come first and judges last, so that nothing is paid for a record that a program can refuse.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from journeyman.agent.loop import Workbench
from journeyman.schema.media import MediaFile
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Trajectory
from journeyman.teacher.client import Teacher


class Finding(NamedTuple):
    """Why a record is dropped."""

    reason: str
    """Short and countable: no values."""
    evidence: str
    """The values looked at."""


@dataclass(frozen=True, slots=True)
class QueryContext:
    """What a query's check may look at."""

    media: Mapping[str, MediaFile]
    judge: Teacher


@dataclass(frozen=True, slots=True)
class TrajectoryContext:
    """What a trajectory's check may look at."""

    query: Query
    media: Mapping[str, MediaFile]
    judge: Teacher
    bench: Workbench
    """Replays the cassette of the rollout; runs no tool anew."""


@dataclass(frozen=True, slots=True)
class QueryCheck:
    """A check of a query against its files. ``run`` gives None to keep."""

    name: str
    version: int
    """Part of the cache key: raise it when decisions may change."""
    run: Callable[[Query, QueryContext], Awaitable[Finding | None]]


@dataclass(frozen=True, slots=True)
class TrajectoryCheck:
    """A check of a trajectory. ``run`` gives None to keep."""

    name: str
    version: int
    run: Callable[[Trajectory, TrajectoryContext], Awaitable[Finding | None]]
