"""Agents side by side on the same problems: figures with intervals, by group, and what went wrong."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev

import numpy as np

from journeyman.benchmark import Benchmark, Figure, FloatArray, load_benchmark
from journeyman.errors import SchemaError
from journeyman.evaluation.comparison import Comparison, Contrast, FigureNote, Result
from journeyman.evaluation.config import EvaluationConfig
from journeyman.evaluation.injections import count_injected
from journeyman.evaluation.statistics import Difference, Estimate, figure_difference, figure_interval
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.score import Score
from journeyman.storage.store import Store

VERSION = 3

TUNED_PAIRS = (
    ("tuned", "untuned"),
    ("tuned", "blind"),
    ("tuned", "text_only"),
    ("tuned", "tfidf"),
    ("tuned", "blind_bound"),
    ("tuned", "format_only"),
    ("tuned", "chance"),
    ("tuned", "random_element"),
    ("tuned", "random_pixel"),
    ("tuned", "centre"),
    ("oracle", "tuned"),
    ("teacher", "tuned"),
)
"""What an evaluation contrasts; the first pair is the gain."""
_ALL = ("", "")

Rows = Mapping[str, Score]
"""Scores of one run of one agent, by problem."""


def compare(
    scores: Mapping[str, Sequence[ArtifactRef]],
    config: EvaluationConfig,
    *,
    store: Store,
    pairs: Sequence[tuple[str, str]] = TUNED_PAIRS,
    facts: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare agents that attempted the same problems.

    Args:
        scores: Agent -> its Score artifacts: shards of one run, or runs with other seeds; of these each problem
            counts with the mean.
        config: Bootstrap samples, confidence and seed.
        store: Where artifacts live.
        pairs: (agent, against) to contrast; those that were not run are passed over, and the first that was is the
            gain.
        facts: What the benchmark said of its data.

    Raises:
        SchemaError: Two agents were not scored on the same problems of one benchmark.
    """
    runs: dict[str, list[Rows]] = {
        agent: _runs_of(store.records(ref, Score) for ref in refs) for agent, refs in scores.items()
    }
    ids = _same_problems(runs)
    benchmark = _only_benchmark(runs)
    if benchmark.across is not None:
        runs = {agent: [_measured_across(run, benchmark) for run in rows] for agent, rows in runs.items()}
    first = next(iter(runs.values()))[0]
    measured = _Measured(runs, ids, benchmark, config)
    by_group = _groups(first, ids, benchmark.groupings)
    kept_pairs = [pair for pair in pairs if set(pair) <= runs.keys()]
    judged = kept_pairs[0][0] if kept_pairs else next(iter(runs))
    return Comparison(
        benchmark=benchmark.name,
        agents=tuple(runs),
        problems=len(ids),
        confidence=config.confidence,
        headline=benchmark.headline,
        metrics=tuple(figure.name for figure in benchmark.figures),
        results=tuple(measured.results(by_group)),
        contrasts=tuple(measured.contrasts(kept_pairs, by_group)),
        causes={agent: _causes(rows) for agent, rows in runs.items()},
        causes_by_tool=_causes_by_tool(runs[judged]),
        injected=count_injected(runs),
        notes=tuple(measured.notes()),
        facts=dict(facts or {}),
        scores={agent: tuple(refs) for agent, refs in scores.items()},
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """What each problem adds to one figure, over all seeds, and each seed alone."""

    values: FloatArray
    """[P, M]"""
    weights: FloatArray
    by_seed: tuple[tuple[FloatArray, FloatArray], ...]


class _Measured:
    """Estimates over chosen problems, with one configuration's bootstrap settings."""

    def __init__(
        self, runs: Mapping[str, Sequence[Rows]], ids: Sequence[str], benchmark: Benchmark, config: EvaluationConfig
    ) -> None:
        self._runs = runs
        self._place = {problem: i for i, problem in enumerate(ids)}
        self._figures = benchmark.figures
        self._config = config
        self._sums = {
            (agent, figure.name): _sums(rows, ids, figure) for agent, rows in runs.items() for figure in self._figures
        }

    def results(self, groups: Mapping[tuple[str, str], Sequence[str]]) -> Iterable[Result]:
        """Every figure of every agent on all problems and on each group."""
        for (grouping, group), chosen in groups.items():
            at = self._at(chosen)
            for agent, rows in self._runs.items():
                for figure in self._figures:
                    sums = self._sums[agent, figure.name]
                    estimate = self._interval(sums.values[at], sums.weights[at], figure)
                    if estimate is not None:
                        yield Result(
                            agent=agent,
                            metric=figure.name,
                            grouping=grouping,
                            group=group,
                            estimate=estimate,
                            seeds=len(rows),
                            seed_spread=_spread(sums, at, figure),
                        )

    def contrasts(
        self, pairs: Sequence[tuple[str, str]], groups: Mapping[tuple[str, str], Sequence[str]]
    ) -> Iterable[Contrast]:
        """Every figure of every pair."""
        for agent, against in pairs:
            for (grouping, group), chosen in groups.items():
                for figure in self._figures:
                    difference = self._difference(agent, against, figure, self._at(chosen))
                    if difference is not None:
                        yield Contrast(
                            agent=agent,
                            against=against,
                            metric=figure.name,
                            grouping=grouping,
                            group=group,
                            difference=difference,
                        )

    def notes(self) -> Iterable[FigureNote]:
        """What must be known to read each figure that was computed."""
        for figure in self._figures:
            denominator = max(self._sums[agent, figure.name].weights[:, -1].sum() for agent in self._runs)
            yield FigureNote(
                metric=figure.name,
                note=figure.note,
                published_denominator=figure.published_denominator,
                denominator=float(denominator),
            )

    def _interval(self, values: FloatArray, weights: FloatArray, figure: Figure) -> Estimate | None:
        c = self._config
        return figure_interval(
            values, weights, figure.combine, samples=c.bootstrap_samples, confidence=c.confidence, seed=c.seed
        )

    def _difference(self, agent: str, against: str, figure: Figure, at: Sequence[int]) -> Difference | None:
        left, right = self._sums[agent, figure.name], self._sums[against, figure.name]
        c = self._config
        return figure_difference(
            (left.values[at], left.weights[at]),
            (right.values[at], right.weights[at]),
            figure.combine,
            samples=c.bootstrap_samples,
            confidence=c.confidence,
            seed=c.seed,
        )

    def _at(self, chosen: Sequence[str]) -> list[int]:
        return [self._place[problem] for problem in chosen]


def _runs_of(artifacts: Iterable[Sequence[Score]]) -> list[Rows]:
    """Shards put together into runs: a problem that was scored before begins, or goes on in, the next run."""
    runs: list[dict[str, Score]] = []
    for rows in artifacts:
        run = next((run for run in runs if not any(row.problem_id in run for row in rows)), None)
        if run is None:
            run = {}
            runs.append(run)
        run |= {row.problem_id: row for row in rows}
    return list(runs)


def _measured_across(run: Rows, benchmark: Benchmark) -> Rows:
    """``run`` with what its problems are worth together."""
    assert benchmark.across is not None
    more = benchmark.across(list(run.values()))
    return {
        problem: score.model_copy(update={"measures": (*score.measures, *more[problem])}) if problem in more else score
        for problem, score in run.items()
    }


def _sums(rows: Sequence[Rows], ids: Sequence[str], figure: Figure) -> _Sums:
    by_seed = tuple(_arrays(run, ids, figure) for run in rows)
    return _Sums(
        # A mean over seeds, so that a problem counts as much as with one.
        values=np.mean([values for values, _ in by_seed], axis=0),
        weights=np.mean([weights for _, weights in by_seed], axis=0),
        by_seed=by_seed,
    )


def _arrays(run: Rows, ids: Sequence[str], figure: Figure) -> tuple[FloatArray, FloatArray]:
    values, weights = np.zeros((len(ids), len(figure.parts))), np.zeros((len(ids), len(figure.parts)))
    columns = {name: column for column, name in enumerate(figure.parts)}
    for row, problem in enumerate(ids):
        for measure in run[problem].measures:
            if measure.name in columns:
                values[row, columns[measure.name]] = measure.value
                weights[row, columns[measure.name]] = measure.weight
    return values, weights


def _spread(sums: _Sums, at: Sequence[int], figure: Figure) -> float | None:
    figures = [
        float(figure.combine(values[at].sum(axis=0, keepdims=True), weights[at].sum(axis=0, keepdims=True))[0])
        for values, weights in sums.by_seed
    ]
    finite = [value for value in figures if np.isfinite(value)]
    return stdev(finite) if len(finite) > 1 else None


def _groups(run: Rows, ids: Sequence[str], groupings: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """(grouping, group) -> its problems; all of them first."""
    groups: dict[tuple[str, str], list[str]] = {_ALL: list(ids)}
    for grouping in groupings:
        found: dict[str, list[str]] = {}
        for problem in ids:
            group = run[problem].groups.get(grouping)
            if group is not None:
                found.setdefault(group, []).append(problem)
        groups |= {(grouping, group): found[group] for group in sorted(found)}
    return groups


def _causes(runs: Sequence[Rows]) -> dict[str, int]:
    return dict(Counter(score.cause for rows in runs for score in rows.values()).most_common())


def _causes_by_tool(runs: Sequence[Rows]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for rows in runs:
        for score in rows.values():
            counted.setdefault(score.groups.get("tools", "all"), Counter())[score.cause] += 1
    return {tools: dict(counted[tools].most_common()) for tools in sorted(counted)}


def _only_benchmark(runs: Mapping[str, Sequence[Rows]]) -> Benchmark:
    names = sorted({score.benchmark for rows in runs.values() for run in rows for score in run.values()})
    if len(names) != 1:
        raise SchemaError(f"scores are of several benchmarks ({', '.join(names)}); compare those of one")
    return load_benchmark(names[0])


def _same_problems(runs: Mapping[str, Sequence[Rows]]) -> list[str]:
    everything = sorted({problem for rows in runs.values() for run in rows for problem in run})
    if not everything:
        raise SchemaError("there is no score to compare")
    for agent, rows in runs.items():
        for run in rows:
            missing = [problem for problem in everything if problem not in run]
            if missing:
                raise SchemaError(
                    f"agent {agent!r} has no score for {len(missing)} of {len(everything)} problems, first {missing[0]}"
                )
    return everything
