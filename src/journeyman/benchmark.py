"""What a benchmark is. ``benchmarks/`` holds them, one file each, each with one constant ``BENCHMARK``.

A benchmark poses problems and says what an attempt is worth. It knows neither who acts nor how runs
are made, cached and cut short: that is the stage ``evaluation``.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from journeyman.agent.controller import Controller
from journeyman.plugins import load_plugin
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.query import Query
from journeyman.schema.record import Record, canonical_json, sha256_hex
from journeyman.schema.score import Measure, Score
from journeyman.schema.trajectory import Trajectory
from journeyman.tool import ToolCard

FloatArray = npt.NDArray[np.float64]

SHELF = "journeyman.benchmarks"


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """What a benchmark read."""

    problems: tuple[Problem, ...]
    """In the benchmark's own order."""
    media: tuple[MediaFile, ...]
    """Files of the problems, each once."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What reports say of the data: counts beside the published ones, what was left out and why."""


class Taught(Record):
    """What was asked in training, and what was right to reply."""

    text: str
    """The user's words."""
    reply: str
    """The assistant's first turn."""


class Background(Record):
    """What all problems of a benchmark share; a media row beside them, so that no problem holds it itself."""

    catalogue: tuple[str, ...] = ()
    """Names that exist, where what is chosen is one of them."""
    taught: tuple[Taught, ...] = ()
    """The benchmark's own training data, where it has some."""

    def file(self, *, source: str, licence: str) -> MediaFile:
        """It as a media row; equal backgrounds give equal rows."""
        data = canonical_json(self).encode()
        return MediaFile(
            sha256=sha256_hex(data),
            media_type="application/json",
            size_bytes=len(data),
            source=source,
            licence=licence,
            data=data,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What a baseline is made of."""

    problems: Sequence[Problem]
    """All of the benchmark, whichever portion of them is attempted."""
    catalogue: Collection[str]
    """As :attr:`Background.catalogue`."""
    taught: Sequence[Taught]
    """The benchmark's own training data; where it has none, those of the run's dataset."""
    seed: int


@dataclass(frozen=True, slots=True)
class Attempted:
    """What one attempt of a benchmark's own came to."""

    trajectory: Trajectory
    media: tuple[MediaFile, ...] = ()
    """Pictures that its steps name."""


AttemptOne = Callable[[Problem, Controller], Awaitable[Attempted]]
Baseline = Callable[[Known], Callable[[Query], Controller]]
"""What is known -> who attempts each query."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """What a benchmark may use to score besides the attempt."""

    cards: Sequence[ToolCard] = ()
    """The agent's tools."""
    covers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Our tool -> the benchmark's own tools whose work it does (``Tool.covers``)."""
    embed: Callable[[Sequence[str]], FloatArray] | None = None
    """Sentences [S] -> unit vectors [S, D]; None where no model is configured: what needs one stays unscored."""
    catalogue: Collection[str] = frozenset()
    """Names that exist (:attr:`Background.catalogue`); empty where there is no catalogue."""


def quotient(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean of one measure: [R, 1] sums of values over [R, 1] sums of weights -> [R]; NaN over nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(values[:, 0] / weights[:, 0])


def f1_of_counts(values: FloatArray, weights: FloatArray) -> FloatArray:  # noqa: ARG001 - one signature
    """F1 from the sums [R, 3] of hits, predicted and gold; 0 where nothing was hit, NaN where nothing was there."""
    hits, predicted, gold = values[:, 0], values[:, 1], values[:, 2]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * hits / (predicted + gold))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a benchmark's table."""

    name: str
    measures: tuple[str, ...] = ()
    """Whose sums it is made of; empty takes the measure of its own name."""
    combine: Callable[[FloatArray, FloatArray], FloatArray] = quotient
    """(sums of values [R, M], sums of weights [R, M]) -> the figure [R], for R resamples at once."""
    published_denominator: int | None = None
    """What the full official data add up to; a report that has another says so."""
    note: str = ""
    """Source, and what is defective in it, for the report."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of its measures."""
        return self.measures or (self.name,)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark."""

    name: str
    version: int
    """Raise it when equal attempts may get other scores: it is part of cache keys."""
    summary: str
    """For people: what it measures, and where its data come from."""
    read: Callable[[str], ProblemSet]
    """Folder or zip that the user names -> problems; raises ConfigError when it is not there or not this benchmark's,
    and says what was looked for. Another version of the data is a fact of the result."""
    score: Callable[[Problem, Trajectory, Scoring], tuple[Measure, ...]]
    """Never raises for what an agent wrote; a measure that does not apply is left out."""
    right: str
    """The measure that says whether an attempt was right."""
    figures: tuple[Figure, ...]
    headline: tuple[str, ...]
    """Figures in which a gain must show."""
    groupings: tuple[str, ...] = ()
    """Names in ``Problem.groups`` that tables are broken down by."""
    tools: tuple[str, ...] = ()
    """Tools of ours that its problems want besides the recipe's; those that are not configured are left out."""
    takes_plans: bool = False
    """Whether its replies are turns on a screen, which may say a plan before the command: ``evaluation.plan`` and
    ``evaluation.planner`` hold here."""
    gated: bool = False
    """Its data may not be republished: problems, transcripts and recordings stay on this machine, and only figures
    leave it."""
    attempt: Callable[[Problem, Controller, Sequence[ToolCard], Mapping[str, bytes]], Awaitable[Trajectory]] | None = (
        None
    )
    """(problem, who acts, tools, media by sha256) -> what was done, in place of the agent loop; no tool runs."""
    open_attempts: Callable[[int], AbstractAsyncContextManager[AttemptOne]] | None = None
    """So many at once -> how a problem is attempted, for a block; in place of ``attempt`` where attempts share
    something that is opened once, such as browsers."""
    background: Callable[[Problem], str] | None = None
    """Problem -> sha256 of the media row with its :class:`Background`, the same for all; None where there is none."""
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    """Agents of the benchmark's own, by name, that attempt its problems beside all others."""
    across: Callable[[Sequence[Score]], Mapping[str, tuple[Measure, ...]]] | None = None
    """All scores of one run -> problem -> measures that no problem has alone, e.g. of pairs."""
    why: Callable[[Problem, Trajectory, Scoring], str] | None = None
    """Why an attempt is not right, as a cause of ``evaluation/causes.py``, where no tool calls tell it."""


def is_attempted_alone(benchmark: Benchmark) -> bool:
    """Whether its problems are attempted in a way of its own, without the agent loop and its tools."""
    return benchmark.attempt is not None or benchmark.open_attempts is not None


def load_benchmark(name: str) -> Benchmark:
    """The benchmark ``name``.

    Raises:
        UnknownPluginError: No such benchmark.
    """
    return load_plugin(SHELF, name, "BENCHMARK", Benchmark)
