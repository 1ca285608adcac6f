"""What a comparison of agents says: plain data, which travels as JSON from task to report."""

from pydantic import BaseModel, ConfigDict

from journeyman.evaluation.statistics import Difference, Estimate
from journeyman.schema.artifact import ArtifactRef


class Result(BaseModel):
    """One figure of one agent, on all problems or on those of one group."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    agent: str
    metric: str
    """Name of the benchmark's figure."""
    grouping: str = ""
    """Name in ``Problem.groups``; empty for all problems."""
    group: str = ""
    estimate: Estimate
    seeds: int = 1
    """Runs of the agent that differ in nothing but a seed; each problem counts with the mean over them."""
    seed_spread: float | None = None
    """Standard deviation of the figure between seeds; None with one."""


class Contrast(BaseModel):
    """One agent minus another on the problems both were scored on."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    agent: str
    against: str
    metric: str
    grouping: str = ""
    group: str = ""
    difference: Difference


class FigureNote(BaseModel):
    """What must be known to read a figure."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    metric: str
    note: str
    published_denominator: int | None
    denominator: float
    """Of the agents here; another than the published one means other data, or unscored problems."""


class Comparison(BaseModel):
    """Everything a table or a verdict needs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    benchmark: str
    agents: tuple[str, ...]
    problems: int
    confidence: float
    headline: tuple[str, ...]
    """Figures in which a gain must show."""
    metrics: tuple[str, ...]
    """All figures, in the benchmark's order."""
    results: tuple[Result, ...]
    contrasts: tuple[Contrast, ...]
    causes: dict[str, dict[str, int]]
    """Agent -> what went wrong first -> runs; ``right`` is among them, and they add up to the runs."""
    causes_by_tool: dict[str, dict[str, int]]
    """Tools of a right solution -> what went wrong first -> runs of the agent that is judged."""
    injected: dict[str, tuple[int, int]] = {}
    """Agent -> its runs that called what a text in a result asked for, of how many; without agents that call no
    skills."""
    notes: tuple[FigureNote, ...]
    facts: dict[str, str]
    """What the benchmark said of its data."""
    scores: dict[str, tuple[ArtifactRef, ...]]

    def result(self, agent: str, metric: str, grouping: str = "", group: str = "") -> Estimate | None:
        """The estimate, None when no problem of the group was scored by the figure."""
        wanted = (agent, metric, grouping, group)
        found = (r.estimate for r in self.results if (r.agent, r.metric, r.grouping, r.group) == wanted)
        return next(found, None)

    def contrast(self, agent: str, against: str, metric: str, grouping: str = "", group: str = "") -> Difference | None:
        """The difference, None when one of the two was not run."""
        wanted = (agent, against, metric, grouping, group)
        found = (c.difference for c in self.contrasts if (c.agent, c.against, c.metric, c.grouping, c.group) == wanted)
        return next(found, None)

    def groups(self, grouping: str) -> tuple[str, ...]:
        """Groups of ``grouping``, sorted."""
        return tuple(sorted({r.group for r in self.results if r.grouping == grouping}))

    @property
    def groupings(self) -> tuple[str, ...]:
        """Names of what results are broken down by, in order."""
        return tuple(dict.fromkeys(r.grouping for r in self.results if r.grouping))

    @property
    def gain(self) -> Contrast | None:
        """First agent against second in a headline figure, whichever has the highest lower bound."""
        gains = [c for c in self.contrasts if self._is_gain(c)]
        return max(gains, key=lambda c: (c.difference.low, c.difference.value), default=None)

    @property
    def gain_points(self) -> float:
        """Percentage points of :attr:`gain`; NaN when the two were not both run."""
        return 100 * self.gain.difference.value if self.gain else float("nan")

    @property
    def gain_clear_of_zero(self) -> bool:
        """Whether the whole interval of :attr:`gain` lies above zero."""
        return self.gain is not None and self.gain.difference.low > 0

    def _is_gain(self, contrast: Contrast) -> bool:
        first = self.contrasts[0] if self.contrasts else None
        return (
            first is not None
            and (contrast.agent, contrast.against) == (first.agent, first.against)
            and not contrast.grouping
            and contrast.metric in self.headline
        )
