"""Problems side by side: what two agents did, with the pictures they saw."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from journeyman.benchmark import Benchmark, Figure, load_benchmark
from journeyman.evaluation.comparison import Comparison
from journeyman.report.figures import agent_title, first_pair
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem, ToolChange
from journeyman.schema.query import Gold
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory
from journeyman.storage.media import load_media
from journeyman.storage.store import Store

THUMBNAIL_PIXELS = 160
SHOWN_CHARS = 1200
"""Longer texts are cut in the report; the score's row holds them whole."""
SHOWN_NAMES = 4
"""Of renamed or withheld tools that the problem is not about."""
SHOWN: Mapping[str, int] = {"better": 20, "worse": 20, "both wrong": 6}
"""Problems shown of each verdict, at most."""
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


@dataclass(frozen=True, slots=True)
class Side:
    """One agent's attempt as it is shown."""

    agent: str
    marks: tuple[Mark, ...]
    cause: str
    status: str
    turns: tuple[Turn, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """One problem with both attempts."""

    problem_id: str
    condition: str
    family: str
    text: str
    tools: str
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
    """``better``, ``worse`` or ``both wrong``, of the agent that is judged."""
    title: str
    total: int
    """Problems of that verdict, shown or not."""
    transcripts: tuple[Transcript, ...]


def read_shelves(
    comparison: Comparison, problems: Sequence[ArtifactRef], media: Sequence[ArtifactRef], store: Store
) -> list[Shelf]:
    """The first pair's attempts side by side; none of a gated benchmark, and none without problems.

    Args:
        comparison: Its first pair is shown; of several seeds the first one's attempt.
        problems: Problem rows.
        media: Their files and the pictures that tools returned.
        store: Where artifacts live.
    """
    benchmark, pair = load_benchmark(comparison.benchmark), first_pair(comparison)
    if benchmark.gated or pair is None or not problems:
        return []
    posed = {p.problem_id: p for ref in problems for p in store.records(ref, Problem)}
    judged, against = (_attempts(comparison.scores[agent], store) for agent in pair)
    chosen = choose_problems(judged, against, posed, benchmark)
    shown = [i for _, ids in chosen.values() for i in ids]
    wanted = {digest for i in shown for digest in pictures_of(posed[i], (against[i], judged[i]))}
    files = load_media(store, media, wanted)
    sides = ((pair[1], against), (pair[0], judged))
    return [
        Shelf(
            verdict=verdict,
            title=_shelf_title(verdict, pair),
            total=total,
            transcripts=tuple(
                transcript(posed[i], [(agent_title(agent), rows[i]) for agent, rows in sides], files, benchmark)
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
    """Verdict -> how many problems have it, and those to show: of as many kinds of tools as possible.

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
        kinds: dict[tuple[str, ...], int] = {}
        ranked = []
        for i in (i for i in ids if verdicts[i] == verdict):
            kind = problems[i].query.tools
            ranked.append((kinds.setdefault(kind, 0), i))
            kinds[kind] += 1
        chosen[verdict] = len(ranked), [i for _, i in sorted(ranked)[:most]]
    return chosen


def transcript(
    problem: Problem, attempts: Iterable[tuple[str, Score]], media: Mapping[str, MediaFile], benchmark: Benchmark
) -> Transcript:
    """One problem, ready to be shown: attempts with the titles of who made them."""
    query = problem.query
    pictures = [ref.sha256 for ref in query.files if ref.media_type.startswith("image/")]
    return Transcript(
        problem_id=problem.problem_id,
        condition=problem.groups.get("condition", ""),
        family=query.family,
        text=query.text,
        tools=" + ".join(query.tools) or "none",
        gold=Gold.model_validate_json(query.gold_json).value if query.gold_json else "",
        changes=_changes(problem.tools, query.tools),
        files=tuple(ref.name for ref in query.files if not ref.media_type.startswith("image/")),
        pictures=thumbnails(pictures, media),
        sides=tuple(_side(title, score, media, benchmark) for title, score in attempts),
    )


def pictures_of(problem: Problem, attempts: Sequence[Score]) -> set[str]:
    """sha256 of every picture that :func:`transcript` would show."""
    shown = {ref.sha256 for ref in problem.query.files if ref.media_type.startswith("image/")}
    runs = [Trajectory.model_validate_json(score.trajectory_json) for score in attempts]
    return shown | {digest for run in runs for step in run.steps for digest in step.images}


def thumbnails(digests: Sequence[str], media: Mapping[str, MediaFile]) -> tuple[str, ...]:
    """Data URLs of small copies; a file that is no readable picture is left out."""
    return tuple(url for digest in digests if digest in media and (url := _thumbnail(media[digest].data)))


def _thumbnail(data: bytes) -> str:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
            small = picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    sink = io.BytesIO()
    small.save(sink, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(sink.getvalue()).decode()}"


def _attempts(scores: Sequence[ArtifactRef], store: Store) -> dict[str, Score]:
    attempts: dict[str, Score] = {}
    for ref in scores:
        for score in store.records(ref, Score):
            attempts.setdefault(score.problem_id, score)
    return attempts


def _shelf_title(verdict: str, pair: tuple[str, str]) -> str:
    judged, against = (agent_title(agent) for agent in pair)
    if verdict not in _VERSUS:
        return f"Neither {judged} nor {against} was right"
    return f"Where {judged} did {_VERSUS[verdict]} {against}"


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


def _side(title: str, score: Score, media: Mapping[str, MediaFile], benchmark: Benchmark) -> Side:
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
                pictures=thumbnails(step.images, media),
            )
            for step in run.steps
        ),
        answer=_cut(score.answer_json),
    )


def _cut(text: str) -> str:
    return (
        text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]} [... {len(text) - SHOWN_CHARS:,} characters more]"
    )
