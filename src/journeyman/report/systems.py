"""Two systems of earlier runs, paired on the problems that both attempted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from journeyman.errors import ConfigError
from journeyman.evaluation.compare import compare
from journeyman.evaluation.comparison import Comparison
from journeyman.evaluation.config import EvaluationConfig
from journeyman.report.run_note import RunNote
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.storage.store import Store

LONG_FORM = pa.schema(
    [
        ("problem", pa.string()),
        ("agent", pa.string()),
        ("run", pa.string()),
        ("measure", pa.string()),
        ("value", pa.float64()),
        ("weight", pa.float64()),
        ("cause", pa.string()),
        ("groups", pa.string()),
    ]
)
"""One row a problem, run and measure; an attempt without any measure has one row with an empty measure."""


@dataclass(frozen=True, slots=True)
class System:
    """An agent of a run, or of several runs that differ in nothing but a seed."""

    name: str
    agent: str
    notes: tuple[RunNote, ...]
    benchmark: str
    """As :meth:`RunNote.on` takes it."""

    @property
    def runs(self) -> list[tuple[str, tuple[ArtifactRef, ...]]]:
        """Each run's name and the agent's scores in it.

        Raises:
            ConfigError: A run did not score the agent.
        """
        return [(note.run_name, self._scores(note)) for note in self.notes]

    def _scores(self, note: RunNote) -> tuple[ArtifactRef, ...]:
        scores = note.on(self.benchmark).scores
        if self.agent not in scores:
            raise ConfigError(f"run {note.run_name} scored no agent {self.agent!r}; it has: {', '.join(scores)}")
        return scores[self.agent]


def named_systems(first: System, second: System) -> tuple[System, System]:
    """Both under the shortest names that tell them apart: by run, by agent too where the agents differ.

    Raises:
        ConfigError: Two runs of them are the same scores, which would be compared with themselves.
    """
    seen: dict[tuple[ArtifactRef, ...], str] = {}
    for run, refs in (*first.runs, *second.runs):
        if refs in seen:
            raise ConfigError(f"runs {seen[refs]} and {run} are the same scores; name each run once, or another agent")
        seen[refs] = run
    names = [_runs_text(system) for system in (first, second)]
    if first.agent != second.agent:
        names = [f"{system.agent} of {name}" for system, name in zip((first, second), names, strict=True)]
    if names[0] == names[1]:
        names = [f"{name} ({place})" for name, place in zip(names, ("first", "second"), strict=True)]
    return replace(first, name=names[0]), replace(second, name=names[1])


def compare_systems(first: System, second: System, store: Store) -> Comparison:
    """``first`` minus ``second``, problem by problem.

    Raises:
        ConfigError: They were evaluated on different benchmarks or problems, or a run did not score its agent.
    """
    systems = (first, second)
    runs = [(system, note.run_name, note.on(system.benchmark)) for system in systems for note in system.notes]
    for _, run, shown in runs[1:]:
        if shown.benchmark != runs[0][2].benchmark:
            raise ConfigError(
                f"run {runs[0][1]} was evaluated on {runs[0][2].benchmark} and run {run} on {shown.benchmark}; "
                "runs are compared on the same problems"
            )
    _refuse_other_problems(systems, store)
    _refuse_other_content([note for system in systems for note in system.notes], first.benchmark, store)
    return compare(
        {system.name: [ref for _, refs in system.runs for ref in refs] for system in systems},
        EvaluationConfig(confidence=runs[0][2].confidence),
        store=store,
        pairs=((first.name, second.name),),
        facts=runs[0][2].facts,
    )


def long_form(systems: Sequence[System], store: Store) -> pa.Table:
    """Every measure of every attempt as :data:`LONG_FORM`, for pandas."""
    rows = [
        {
            "problem": score.problem_id,
            "agent": system.agent,
            "run": run,
            "measure": measure.name if measure else None,
            "value": measure.value if measure else None,
            "weight": measure.weight if measure else None,
            "cause": score.cause,
            "groups": score.groups_json,
        }
        for system in systems
        for run, refs in system.runs
        for ref in refs
        for score in store.records(ref, Score)
        for measure in (score.measures or (None,))
    ]
    return pa.Table.from_pylist(rows, schema=LONG_FORM)


def _runs_text(system: System) -> str:
    name, more = system.notes[0].run_name, len(system.notes) - 1
    return f"{name} + {more} seed{'s' if more > 1 else ''}" if more else name


def _refuse_other_problems(systems: Sequence[System], store: Store) -> None:
    attempted = [
        (run, {score.problem_id for ref in refs for score in store.records(ref, Score)})
        for system in systems
        for run, refs in system.runs
    ]
    (first, problems), *rest = attempted
    for run, others in rest:
        apart = sorted(problems ^ others)
        if apart:
            raise ConfigError(
                f"runs {first} and {run} were evaluated on different problems: {len(problems & others)} are the same, "
                f"{len(apart)} are in one alone, first {apart[0]}; evaluate both on the problems of one dataset"
            )


def _refuse_other_content(notes: Sequence[RunNote], benchmark: str, store: Store) -> None:
    """Refuse problems that share an id and ask something else; a note that names no problems is trusted."""
    if benchmark not in ("", notes[0].comparison.benchmark):
        return
    asked: dict[str, tuple[str, object]] = {}
    for problems, run in {note.problems: note.run_name for note in reversed(notes)}.items():
        for problem_id, content in _contents(problems, store).items():
            other, known = asked.setdefault(problem_id, (run, content))
            if known != content:
                raise ConfigError(
                    f"runs {run} and {other} mean different problems by {problem_id}; evaluate both on the problems of "
                    "one dataset"
                )


def _contents(problems: Sequence[ArtifactRef], store: Store) -> Mapping[str, object]:
    posed = (problem for ref in problems for problem in store.records(ref, Problem))
    return {p.problem_id: (p.query.text, p.query.files, p.query.gold_json, p.gold_json, p.tools) for p in posed}
