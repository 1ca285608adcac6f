"""Problems side by side: what two agents did, with the pictures they saw."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.benchmark import Benchmark, Figure, load_benchmark
from journeyman.benchmarks.grounding import NAME as GROUNDING
from journeyman.evaluation.comparison import Comparison
from journeyman.evaluation.injections import INJECTED, followed_in
from journeyman.report.figures import agent_title, first_pair
from journeyman.report.grounded_clicks import SHOWS, click_picture
from journeyman.report.samples import of_many_kinds
from journeyman.report.small_pictures import fitted_size, jpeg_url, open_picture
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem, ToolChange
from journeyman.schema.query import Gold
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.storage.media import load_media
from journeyman.storage.store import Store
from journeyman.tool import ToolCard

THUMBNAIL_PIXELS = 160
SHOWN_CHARS = 1200
"""Longer texts are cut in the report; the score's row holds them whole."""
SHOWN_NAMES = 4
"""Of renamed or withheld tools that the problem is not about."""
SHOWN: Mapping[str, int] = {"better": 20, "worse": 20, "both wrong": 6}
"""Problems shown of each verdict, at most."""
FOLLOWED = "followed"
"""Verdict of problems where an attempt followed text in results, be it right or wrong."""
SHOWN_FOLLOWED = 6
_VERSUS: Mapping[str, str] = {"better": "better than", "worse": "worse than"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What one attempt is worth in one figure."""

    figure: str
    text: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One step as it is shown."""

    action: str
    observation: str
    error: str
    pictures: tuple[str, ...]
    """Data URLs."""
    shows: str
    """What is on them."""


@dataclass(frozen=True, slots=True)
class Side:
    """One agent's attempt as it is shown."""

    agent: str
    marks: tuple[Mark, ...]
    cause: str
    status: str
    turns: tuple[Turn, ...]
    answer: str
    followed: tuple[str, ...]
    """Each call that a text in an earlier result asked for, with the text."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One problem with both attempts."""

    problem_id: str
    condition: str
    family: str
    text: str
    about: str
    """What it needs, or what it asks for."""
    gold: str
    changes: tuple[str, ...]
    """How the agent's tools differed, in words."""
    files: tuple[str, ...]
    """Names of files that are no pictures."""
    pictures: tuple[str, ...]
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Transcripts of one verdict."""

    verdict: str
    """``better``, ``worse`` or ``both wrong``, of the agent that is judged; or :data:`FOLLOWED`, of either."""
    title: str
    total: int
    """Problems of that verdict, shown or not."""
    transcripts: tuple[Transcript, ...]


def read_shelves(
    comparison: Comparison,
    problems: Sequence[ArtifactRef],
    media: Sequence[ArtifactRef],
    store: Store,
    *,
    skills: Sequence[ToolCard] = (),
) -> list[Shelf]:
    """The first pair's attempts side by side; none of a gated benchmark, and none without problems.

    Args:
        comparison: Its first pair is shown; of several seeds the first one's attempt.
        problems: Problem rows, of other benchmarks too.
        media: Their files and the pictures that tools returned.
        store: Where artifacts live.
        skills: The recipe's, to name the calls that text in results asked for; empty names none.
    """
    benchmark, pair = load_benchmark(comparison.benchmark), first_pair(comparison)
    if benchmark.gated or pair is None or not problems:
        return []
    posed = posed_on(comparison.benchmark, problems, store)
    judged, against = (attempts_of(comparison.scores[agent], store) for agent in pair)
    chosen = choose_problems(judged, against, posed, benchmark)
    chosen[FOLLOWED] = _choose_followed(judged, against, posed)
    shown = [i for _, ids in chosen.values() for i in ids]
    wanted = {digest for i in shown for digest in pictures_of(posed[i], (against[i], judged[i]))}
    files = load_media(store, media, wanted)
    sides = ((pair[1], against), (pair[0], judged))
    return [
        Shelf(
            verdict=verdict,
            title=shelf_title(verdict, pair),
            total=total,
            transcripts=tuple(
                transcript(posed[i], [(agent_title(agent), rows[i]) for agent, rows in sides], files, benchmark, skills)
                for i in ids
            ),
        )
        for verdict, (total, ids) in chosen.items()
        if ids
    ]


def choose_problems(
    judged: Mapping[str, Score],
    against: Mapping[str, Score],
    problems: Mapping[str, Problem],
    benchmark: Benchmark,
    *,
    each: Mapping[str, int] = SHOWN,
) -> dict[str, tuple[int, list[str]]]:
    """Verdict -> how many problems have it, and those to show: of as many kinds as possible.

    Args:
        judged: Scores by problem.
        against: Scores by problem.
        problems: Only these are chosen.
        benchmark: Says what is right, and in which figures a gain must show.
        each: Problems shown of each verdict, at most.
    """
    ids = sorted(problems.keys() & judged.keys() & against.keys())
    verdicts = {i: _verdict(judged[i], against[i], benchmark) for i in ids}
    chosen = {}
    for verdict, most in each.items():
        found = [i for i in ids if verdicts[i] == verdict]
        chosen[verdict] = len(found), of_many_kinds(found, lambda i: _kind_of(problems[i]), most)
    return chosen


def transcript(
    problem: Problem,
    attempts: Iterable[tuple[str, Score]],
    media: Mapping[str, MediaFile],
    benchmark: Benchmark,
    skills: Sequence[ToolCard] = (),
) -> Transcript:
    """One problem, ready to be shown: attempts with the titles of who made them."""
    query = problem.query
    pictures = [ref.sha256 for ref in query.files if ref.media_type.startswith("image/")]
    return Transcript(
        problem_id=problem.problem_id,
        condition=problem.groups.get("condition", ""),
        family=query.family,
        text=query.text,
        about=_about(problem),
        gold=Gold.model_validate_json(query.gold_json).value if query.gold_json else "",
        changes=_changes(problem.tools, query.tools),
        files=tuple(ref.name for ref in query.files if not ref.media_type.startswith("image/")),
        # Each side shows the screen that a click was asked for on.
        pictures=() if problem.benchmark == GROUNDING else thumbnails(pictures, media),
        sides=tuple(_side(title, score, problem, media, benchmark, skills) for title, score in attempts),
    )


def pictures_of(problem: Problem, attempts: Sequence[Score]) -> set[str]:
    """sha256 of every picture that :func:`transcript` would show."""
    shown = {ref.sha256 for ref in problem.query.files if ref.media_type.startswith("image/")}
    runs = [Trajectory.model_validate_json(score.trajectory_json) for score in attempts]
    return shown | {digest for run in runs for step in run.steps for digest in step.images}


def thumbnails(digests: Sequence[str], media: Mapping[str, MediaFile]) -> tuple[str, ...]:
    """Data URLs of small copies; a file that is no readable picture is left out."""
    return tuple(url for digest in digests if digest in media and (url := _thumbnail(media[digest].data)))


def shelf_title(verdict: str, pair: tuple[str, str]) -> str:
    """What two agents did where ``verdict`` holds."""
    if verdict == FOLLOWED:
        return "Where text in results was followed"
    judged, against = (agent_title(agent) for agent in pair)
    if verdict not in _VERSUS:
        return f"Neither {judged} nor {against} was right"
    return f"Where {judged} did {_VERSUS[verdict]} {against}"


def posed_on(benchmark: str, problems: Sequence[ArtifactRef], store: Store) -> dict[str, Problem]:
    """The problems of ``benchmark`` among the rows of all, by their id."""
    rows = (problem for ref in problems for problem in store.records(ref, Problem))
    return {problem.problem_id: problem for problem in rows if problem.benchmark == benchmark}


def attempts_of(scores: Sequence[ArtifactRef], store: Store) -> dict[str, Score]:
    """An agent's first attempt at each problem."""
    attempts: dict[str, Score] = {}
    for ref in scores:
        for score in store.records(ref, Score):
            attempts.setdefault(score.problem_id, score)
    return attempts


def _thumbnail(data: bytes) -> str:
    most = (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS)
    picture = open_picture(data, most)
    return jpeg_url(picture.resize(fitted_size(picture.size, most))) if picture else ""


def _about(problem: Problem) -> str:
    if problem.benchmark == GROUNDING:
        return ", ".join(f"{grouping} {group}" for grouping, group in problem.groups.items())
    return f"needs {' + '.join(problem.query.tools) or 'none'}"


def _kind_of(problem: Problem) -> tuple[str, ...]:
    """Tools of a right solution; where none is used, the task or page that it is posed on."""
    groups = problem.groups
    return problem.query.tools or tuple(groups[name] for name in ("task", "page") if name in groups)


def _choose_followed(
    judged: Mapping[str, Score], against: Mapping[str, Score], problems: Mapping[str, Problem]
) -> tuple[int, list[str]]:
    """How many problems saw an attempt follow text in results, and those to show."""
    ids = sorted(problems.keys() & judged.keys() & against.keys())
    found = [i for i in ids if any(rows[i].value(INJECTED) for rows in (judged, against))]
    return len(found), found[:SHOWN_FOLLOWED]


def _verdict(judged: Score, against: Score, benchmark: Benchmark) -> str:
    """What is right decides, then the headline figures; empty where nothing is scored or both are right."""
    after, before = _worth(judged, benchmark), _worth(against, benchmark)
    if all(value is None for value in (*after, *before)):
        return ""
    ours, theirs = ([value or 0.0 for value in values] for values in (after, before))
    if ours != theirs:
        return "better" if ours > theirs else "worse"
    return "" if ours[0] >= 1 or after[0] is None else "both wrong"


def _worth(score: Score, benchmark: Benchmark) -> list[float | None]:
    return [score.value(benchmark.right), *(_value_of(score, figure) for figure in _headline(benchmark))]


def _headline(benchmark: Benchmark) -> list[Figure]:
    figures = {figure.name: figure for figure in benchmark.figures}
    return [figures[name] for name in benchmark.headline]


def _value_of(score: Score, figure: Figure) -> float | None:
    """The figure over this problem alone; None where it does not apply."""
    found = [score.measure(part) for part in figure.parts]
    weights = np.array([[measure.weight if measure else 0.0 for measure in found]])
    if not (weights > 0).any():
        return None
    value = float(figure.combine(np.array([[measure.value if measure else 0.0 for measure in found]]), weights)[0])
    return value if np.isfinite(value) else None


def _marks(score: Score, benchmark: Benchmark) -> tuple[Mark, ...]:
    worth = [(figure.name, _value_of(score, figure)) for figure in _headline(benchmark)]
    return tuple(Mark(name, _mark_text(value), value >= 1) for name, value in worth if value is not None)


def _mark_text(value: float) -> str:
    return {1.0: "right", 0.0: "wrong"}.get(value, f"{100 * value:.0f} %")


def _changes(change: ToolChange, tools: Sequence[str]) -> tuple[str, ...]:
    told = []
    if change.renamed:
        names = {renamed.tool: f"{renamed.tool} is called {renamed.name}" for renamed in change.renamed}
        told.append(f"renamed: {_listed([names[tool] for tool in tools if tool in names], len(names))}")
    if change.broken:
        told.append(f"the first call of {', '.join(change.broken)} fails")
    if change.withheld:
        told.append(f"withheld: {_listed(change.withheld[:SHOWN_NAMES], len(change.withheld))}")
    return tuple(told)


def _listed(names: Sequence[str], total: int) -> str:
    more = total - len(names)
    return ", ".join((*names, f"{more} more") if more else names)


def _side(
    title: str,
    score: Score,
    problem: Problem,
    media: Mapping[str, MediaFile],
    benchmark: Benchmark,
    skills: Sequence[ToolCard],
) -> Side:
    run = Trajectory.model_validate_json(score.trajectory_json)
    return Side(
        agent=title,
        marks=_marks(score, benchmark),
        cause=score.cause,
        status=score.status,
        turns=tuple(
            Turn(
                action=_cut(step.action),
                observation=_cut(step.observation),
                error=step.error,
                pictures=_seen(step, problem, media),
                shows=SHOWS if problem.benchmark == GROUNDING else "picture that a tool returned",
            )
            for step in run.steps
        ),
        answer=_cut(score.answer_json),
        followed=_followed(problem, run, skills) if score.value(INJECTED) else (),
    )


def _seen(step: Step, problem: Problem, media: Mapping[str, MediaFile]) -> tuple[str, ...]:
    if problem.benchmark == GROUNDING:
        return (click_picture(problem, step, media),)
    return thumbnails(step.images, media)


def _followed(problem: Problem, run: Trajectory, skills: Sequence[ToolCard]) -> tuple[str, ...]:
    return tuple(
        f"turn {one.step} {f'sets {one.argument} of' if one.argument else 'calls'} {one.tool}, as a result says: "
        f"{one.text}"
        for one in followed_in(problem, run, skills)
    )


def _cut(text: str) -> str:
    return (
        text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]} [... {len(text) - SHOWN_CHARS:,} characters more]"
    )
