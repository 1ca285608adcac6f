"""Agents side by side on the same problems: metrics with intervals, and what the gain owes to pictures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from journeyman.errors import SchemaError
from journeyman.evaluation.statistics import Difference, Estimate, bootstrap_interval, paired_difference
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.query import Query
from journeyman.schema.score import Score
from journeyman.storage.store import Store

VERSION = 1

Metric = Literal["AnsAcc", "ToolAcc", "CodeExec"]
Subset = Literal["all", "picture"]

METRICS: tuple[Metric, ...] = ("AnsAcc", "ToolAcc", "CodeExec")
GAIN_METRICS: tuple[Metric, ...] = ("AnsAcc", "ToolAcc")
"""A gain must show in one of these; code that runs is no skill by itself."""

_VALUE: Mapping[Metric, Callable[[Score], float | None]] = {
    "AnsAcc": lambda s: s.answer_accuracy,
    "ToolAcc": lambda s: s.tool_accuracy,
    "CodeExec": lambda s: s.code_executes,
}
_PAIRS = (("tuned", "untuned"), ("tuned", "blind"), ("tuned", "format_only"), ("tuned", "chance"))


class Result(BaseModel):
    """One metric of one agent on one subset of the problems."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    agent: str
    metric: Metric
    subset: Subset
    """``picture``: problems whose words alone do not tell which tool to use."""
    estimate: Estimate


class GroupResult(BaseModel):
    """One metric of one agent on the problems of one group."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    group: str
    agent: str
    metric: Metric
    estimate: Estimate


class Contrast(BaseModel):
    """One agent minus another on the problems both were scored on."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    agent: str
    against: str
    metric: Metric
    subset: Subset
    difference: Difference


class Comparison(BaseModel):
    """Everything a table or a verdict needs; plain data, so that it travels as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    agents: tuple[str, ...]
    problems: int
    picture_problems: int
    confidence: float
    results: tuple[Result, ...]
    contrasts: tuple[Contrast, ...]
    by_family: tuple[GroupResult, ...]
    """Grouped by the first part of the family's name."""
    by_tool: tuple[GroupResult, ...]
    """Grouped by the tools of a right solution; empty when the problems were not given."""
    scores: dict[str, ArtifactRef]

    def result(self, agent: str, metric: Metric, subset: Subset = "all") -> Estimate | None:
        """The estimate, None when no problem of the subset was scored by the metric."""
        found = (r.estimate for r in self.results if (r.agent, r.metric, r.subset) == (agent, metric, subset))
        return next(found, None)

    def contrast(self, agent: str, against: str, metric: Metric, subset: Subset = "all") -> Difference | None:
        """The difference, None when one of the two was not run."""
        wanted = (agent, against, metric, subset)
        found = (c.difference for c in self.contrasts if (c.agent, c.against, c.metric, c.subset) == wanted)
        return next(found, None)

    @property
    def gain(self) -> Contrast | None:
        """Tuned against untuned in AnsAcc or ToolAcc, whichever has the higher lower bound."""
        gains = [c for c in self.contrasts if _is_gain(c)]
        return max(gains, key=lambda c: (c.difference.low, c.difference.value), default=None)

    @property
    def gain_points(self) -> float:
        """Percentage points of :attr:`gain`; NaN when tuned and untuned were not both run."""
        return 100 * self.gain.difference.value if self.gain else float("nan")

    @property
    def gain_clear_of_zero(self) -> bool:
        """Whether the whole interval of :attr:`gain` lies above zero."""
        return self.gain is not None and self.gain.difference.low > 0


def compare(
    scores: Mapping[str, ArtifactRef], recipe: Recipe, *, store: Store, problems: Sequence[ArtifactRef] = ()
) -> Comparison:
    """Compare agents that attempted the same problems.

    Args:
        scores: Agent -> its Score rows.
        recipe: Bootstrap samples, confidence and seed.
        store: Where artifacts live.
        problems: Their Query rows, for the table by tool.

    Raises:
        SchemaError: Two agents were not scored on the same problems.
    """
    rows = {agent: {s.problem_id: s for s in store.records(ref, Score)} for agent, ref in scores.items()}
    ids = _same_problems(rows)
    tools = {q.query_id: " + ".join(q.tools) or "none" for ref in problems for q in store.records(ref, Query)}
    measure = _Measure(rows, recipe)
    first = next(iter(rows.values()), {})
    pictured = [i for i in ids if first[i].needs_picture]
    subsets: tuple[tuple[Subset, list[str]], ...] = (("all", ids), ("picture", pictured))
    return Comparison(
        agents=tuple(rows),
        problems=len(ids),
        picture_problems=len(pictured),
        confidence=recipe.evaluation.confidence,
        results=tuple(
            Result(agent=agent, metric=metric, subset=subset, estimate=estimate)
            for subset, chosen in subsets
            for agent in rows
            for metric in METRICS
            if (estimate := measure.estimate(agent, metric, chosen))
        ),
        contrasts=tuple(
            Contrast(agent=agent, against=against, metric=metric, subset=subset, difference=difference)
            for subset, chosen in subsets
            for agent, against in _PAIRS
            for metric in METRICS
            if (difference := measure.difference(agent, against, metric, chosen))
        ),
        by_family=measure.by_group({i: first[i].family.partition("/")[0] for i in ids}),
        by_tool=measure.by_group({i: tools[i] for i in ids if i in tools}),
        scores=dict(scores),
    )


class _Measure:
    """Estimates over chosen problems, with one recipe's bootstrap settings."""

    def __init__(self, rows: Mapping[str, Mapping[str, Score]], recipe: Recipe) -> None:
        self._rows = rows
        self._config = recipe.evaluation

    def estimate(self, agent: str, metric: Metric, ids: Sequence[str]) -> Estimate | None:
        values = [v for i in ids if (v := _VALUE[metric](self._rows[agent][i])) is not None]
        if not values:
            return None
        c = self._config
        return bootstrap_interval(values, samples=c.bootstrap_samples, confidence=c.confidence, seed=c.seed)

    def difference(self, agent: str, against: str, metric: Metric, ids: Sequence[str]) -> Difference | None:
        if agent not in self._rows or against not in self._rows:
            return None
        value = _VALUE[metric]
        pairs = [(value(self._rows[agent][i]), value(self._rows[against][i])) for i in ids]
        scored = [(left, right) for left, right in pairs if left is not None and right is not None]
        if not scored:
            return None
        first, second = zip(*scored, strict=True)
        c = self._config
        return paired_difference(first, second, samples=c.bootstrap_samples, confidence=c.confidence, seed=c.seed)

    def by_group(self, groups: Mapping[str, str]) -> tuple[GroupResult, ...]:
        return tuple(
            GroupResult(group=group, agent=agent, metric=metric, estimate=estimate)
            for group in sorted(set(groups.values()))
            for agent in self._rows
            for metric in GAIN_METRICS
            if (estimate := self.estimate(agent, metric, [i for i, g in groups.items() if g == group]))
        )


def _is_gain(contrast: Contrast) -> bool:
    return (
        (contrast.agent, contrast.against) == ("tuned", "untuned")
        and contrast.subset == "all"
        and contrast.metric in GAIN_METRICS
    )


def _same_problems(rows: Mapping[str, Mapping[str, Score]]) -> list[str]:
    everything = sorted({i for scores in rows.values() for i in scores})
    for agent, scores in rows.items():
        missing = [i for i in everything if i not in scores]
        if missing:
            raise SchemaError(
                f"agent {agent!r} has no score for {len(missing)} of {len(everything)} problems, first {missing[0]}"
            )
    return everything
