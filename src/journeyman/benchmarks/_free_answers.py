"""Benchmarks of free text about a picture: they pose the problems and record the answers, and no program decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeyman.benchmark import Figure, Scoring
from journeyman.judging.answers import answer_words
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import FileRef, Query
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory

ANSWERED = "Answered"
NOTHING_DECIDES = ""
"""``Benchmark.right`` where no measure says that an attempt was right: its cause is ``not scored``."""


@dataclass(frozen=True, slots=True)
class FreeQuestion:
    """What is asked, and what a judge has besides."""

    question_id: str
    text: str
    files: tuple[FileRef, ...]
    family: str
    """What the question is about, for the query; also its group."""
    grouping: str
    """What ``family`` is called in tables."""
    gold: Mapping[str, Any]
    """Reference and context; the agent is not shown it."""


def free_problem(benchmark: str, question: FreeQuestion) -> Problem:
    """The problem of ``question``; its id is the question's own, by which judges know it."""
    query = Query(
        query_id=f"{benchmark}-{question.question_id}",
        split="held_out",
        family=f"{benchmark}/{question.family}",
        text=question.text,
        tools=(),
        needs_picture=bool(question.files),
        seed=0,
        files=question.files,
        gold_json="",
        origin="benchmark",
        teacher="",
    )
    return Problem(
        problem_id=question.question_id,
        benchmark=benchmark,
        query=query,
        gold_json=canonical_json(dict(question.gold)),
        groups_json=groups_json({question.grouping: question.family}),
        tools=AS_IN_THE_RECIPE,
    )


def score_answered(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """Whether the run gave an answer that is not empty; how good it is, a judge says."""
    said = answer_words(trajectory.status, trajectory.answer_json)
    return (Measure(name=ANSWERED, value=float(bool(said.strip())), weight=1),)


def answered_figure(command: str, *, published: int | None = None) -> Figure:
    """The only figure of such a benchmark.

    Args:
        command: That of ``journeyman judge`` which gives the benchmark's own figures.
        published: Questions of the full official data.
    """
    return Figure(
        ANSWERED,
        published_denominator=published,
        note="runs that gave an answer, good or bad: no program can decide; `journeyman judge answers` writes them "
        f"out and `journeyman judge {command}` grades them",
    )
