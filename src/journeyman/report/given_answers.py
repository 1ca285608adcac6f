"""The answers that an agent gave in a run, as texts: what a judge or a person reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.benchmark import load_benchmark
from journeyman.errors import ConfigError
from journeyman.judging.answers import answer_words
from journeyman.report.run_note import RunNote, find_note
from journeyman.report.systems import System
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.score import Score
from journeyman.settings import Settings
from journeyman.storage import layout
from journeyman.storage.store import Store


@dataclass(frozen=True, slots=True)
class GivenAnswers:
    """One agent's answers to the problems of one benchmark."""

    texts: dict[str, str]
    """Problem -> answer, sorted by problem; empty where the agent gave none."""
    num_empty: int


def given_answers(runs: Sequence[str], settings: Settings, *, benchmark: str, agent: str) -> GivenAnswers:
    """The answers of ``agent`` in ``runs``.

    Args:
        runs: Names of runs, or paths of their notes; no problem is in two of them.
        settings: Say where notes and scores are.
        benchmark: As :meth:`RunNote.on` takes it.
        agent: Whose answers.

    Raises:
        ConfigError: No such run, it was not evaluated on the benchmark, it did not score the agent, or two runs answer
            one problem.
    """
    notes_in = Store(settings.require_store(), settings.storage_options())
    notes = tuple(find_note(run, notes_in) for run in runs)
    store = _store_of(notes[0], benchmark, settings, notes_in)
    texts: dict[str, str] = {}
    answered_in: dict[str, str] = {}
    for run, refs in System("", agent, notes, benchmark).runs:
        for score in _scores(refs, store):
            if score.problem_id in texts:
                raise ConfigError(
                    f"runs {answered_in[score.problem_id]} and {run} both answer {score.problem_id}; name one of them"
                )
            texts[score.problem_id] = answer_words(score.status, score.answer_json)
            answered_in[score.problem_id] = run
    ordered = {problem_id: texts[problem_id] for problem_id in sorted(texts)}
    return GivenAnswers(ordered, sum(not text.strip() for text in ordered.values()))


def _scores(refs: Sequence[ArtifactRef], store: Store) -> list[Score]:
    return [score for ref in refs for score in store.records(ref, Score)]


def _store_of(note: RunNote, benchmark: str, settings: Settings, store: Store) -> Store:
    """Where the scores are: those of a gated benchmark never left this machine."""
    if not load_benchmark(note.on(benchmark).benchmark).gated:
        return store
    return Store((settings.home.resolve() / layout.GATED_FOLDER).as_uri())
