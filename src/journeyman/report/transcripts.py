"""A few problems side by side: what the untuned and the tuned agent did, with the pictures they saw."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from journeyman.schema.media import MediaFile
from journeyman.schema.query import Gold, Query
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory

THUMBNAIL_PIXELS = 160
SHOWN_CHARS = 1200
"""Longer texts are cut in the report; the score's row holds them whole."""


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
    right_tool: bool
    right_answer: bool | None
    status: str
    turns: tuple[Turn, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """One problem with both attempts."""

    verdict: str
    """``tuned better``, ``tuned worse`` or ``both wrong``."""
    problem_id: str
    family: str
    text: str
    tools: str
    gold: str
    pictures: tuple[str, ...]
    sides: tuple[Side, ...]


def choose_problems(
    untuned: Mapping[str, Score], tuned: Mapping[str, Score], queries: Mapping[str, Query], *, each: int = 3
) -> list[tuple[str, str]]:
    """Verdict and problem id of what to show: wins, losses and common failures, of as many kinds as possible.

    Args:
        untuned: Scores by problem.
        tuned: Scores by problem.
        queries: Problems; only these are chosen.
        each: Problems shown of each verdict, at most.
    """
    chosen: list[tuple[str, str]] = []
    for verdict in ("tuned better", "tuned worse", "both wrong"):
        ids = [i for i in sorted(tuned) if i in untuned and i in queries and _verdict(untuned[i], tuned[i]) == verdict]
        kinds: dict[tuple[str, ...], int] = {}
        ranked = []
        for i in ids:
            kind = queries[i].tools
            ranked.append((kinds.setdefault(kind, 0), i))
            kinds[kind] += 1
        chosen += [(verdict, i) for _, i in sorted(ranked)[:each]]
    return chosen


def transcript(verdict: str, query: Query, attempts: Sequence[Score], media: Mapping[str, MediaFile]) -> Transcript:
    """One problem, ready to be shown."""
    shown = [ref.sha256 for ref in query.files if ref.media_type.startswith("image/")]
    return Transcript(
        verdict=verdict,
        problem_id=query.query_id,
        family=query.family,
        text=query.text,
        tools=" + ".join(query.tools) or "none",
        gold=Gold.model_validate_json(query.gold_json).value if query.gold_json else "",
        pictures=thumbnails(shown, media),
        sides=tuple(_side(score, media) for score in attempts),
    )


def pictures_of(query: Query, attempts: Sequence[Score]) -> set[str]:
    """sha256 of every picture that :func:`transcript` would show."""
    shown = {ref.sha256 for ref in query.files if ref.media_type.startswith("image/")}
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


def _verdict(untuned: Score, tuned: Score) -> str:
    before, after = _points(untuned), _points(tuned)
    if after != before:
        return "tuned better" if after > before else "tuned worse"
    return "both wrong" if not tuned.tool_accuracy else "both right"


def _points(score: Score) -> tuple[float, float]:
    return score.tool_accuracy or 0.0, score.answer_accuracy or 0.0


def _side(score: Score, media: Mapping[str, MediaFile]) -> Side:
    run = Trajectory.model_validate_json(score.trajectory_json)
    return Side(
        agent=score.agent,
        right_tool=bool(score.tool_accuracy),
        right_answer=None if score.answer_accuracy is None else bool(score.answer_accuracy),
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
