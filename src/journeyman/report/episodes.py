"""Screen tasks side by side: what two agents did on the same pages, as film strips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.benchmark import load_benchmark
from journeyman.benchmarks.screen_tasks import NAME as SCREEN_TASKS
from journeyman.evaluation.comparison import Comparison
from journeyman.report.figures import agent_title, first_pair
from journeyman.report.film_strip import Strip, shown_steps, strip_of_attempt
from journeyman.report.transcripts import attempts_of, choose_problems, posed_on, shelf_title
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory
from journeyman.storage.media import load_media
from journeyman.storage.store import Store

SHOWN: Mapping[str, int] = {"better": 4, "worse": 2, "both wrong": 4}
"""Tasks shown of each verdict, at most: with two agents twenty strips."""


@dataclass(frozen=True, slots=True)
class Film:
    """One task with both attempts."""

    problem_id: str
    goal: str
    task: str
    condition: str
    strips: tuple[Strip, ...]


@dataclass(frozen=True, slots=True)
class Reel:
    """Films of one verdict."""

    verdict: str
    """``better``, ``worse`` or ``both wrong``, of the agent that is judged."""
    title: str
    total: int
    """Tasks of that verdict, shown or not."""
    films: tuple[Film, ...]


def read_reels(
    comparison: Comparison, problems: Sequence[ArtifactRef], media: Sequence[ArtifactRef], store: Store
) -> list[Reel]:
    """The first pair's attempts at screen tasks; none of another benchmark, and none without problems.

    Args:
        comparison: Its first pair is shown; of several seeds the first one's attempt.
        problems: Problem rows, of other benchmarks too.
        media: Screenshots of the attempts.
        store: Where artifacts live.
    """
    pair = first_pair(comparison)
    if comparison.benchmark != SCREEN_TASKS or pair is None:
        return []
    posed = posed_on(SCREEN_TASKS, problems, store)
    judged, against = (attempts_of(comparison.scores[agent], store) for agent in pair)
    chosen = choose_problems(judged, against, posed, load_benchmark(SCREEN_TASKS), each=SHOWN)
    sides = ((pair[1], against), (pair[0], judged))
    shown = [rows[i] for _, ids in chosen.values() for i in ids for _, rows in sides]
    files = load_media(store, media, {digest for score in shown for digest in _screenshots_of(score)})
    return [
        Reel(
            verdict=verdict,
            title=shelf_title(verdict, pair),
            total=total,
            films=tuple(
                _film(posed[i], [strip_of_attempt(posed[i], rows[i], files, agent_title(a)) for a, rows in sides])
                for i in ids
            ),
        )
        for verdict, (total, ids) in chosen.items()
        if ids
    ]


def _film(problem: Problem, strips: Sequence[Strip]) -> Film:
    groups = problem.groups
    return Film(
        problem_id=problem.problem_id,
        goal=problem.query.text,
        task=groups.get("task", ""),
        condition=groups.get("condition", ""),
        strips=tuple(strips),
    )


def _screenshots_of(score: Score) -> set[str]:
    """sha256 of what the strip of an attempt shows."""
    steps = Trajectory.model_validate_json(score.trajectory_json).steps
    return {digest for number in shown_steps(len(steps)) for digest in steps[number].images[:1]}
