"""The inner monologue of episodes: what was seen and thought at each step, written by a teacher and then filtered.

Aguvis' prompts, its teacher's answers and what was refused were never published. Here the teacher sees the act
marked on the screenshot, as there; what passes the filter is taught, and what does not is kept with the reason.
"""

import asyncio
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from journeyman.errors import SchemaError, TeacherError
from journeyman.generation.screens.monologue_filter import NO_OP, changes_nothing, reasons_against
from journeyman.generation.screens.teacher_answers import Monologue
from journeyman.prompts import render_prompt
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.schema.screen import Element, Episode, ScreenStep
from journeyman.schema.verdict import Verdict
from journeyman.stage import Tally, for_each
from journeyman.storage.media import load_media
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 1
CHECK = "monologue_filter"
MAX_TOKENS = 1024
BOX_COLOUR = (255, 0, 0)
BOX_PIXELS = 3
"""Width of the box's line, outside the element."""
NO_ANSWER = "the teacher gave no answer that can be read"


class _Written(NamedTuple):
    """What came of one step."""

    step: ScreenStep
    """With the monologue where it is taught."""
    verdict: Verdict | None = None
    """Why it is not."""


async def write_monologues(
    episodes: ArtifactRef, media: ArtifactRef, recipe: Recipe, *, store: Store, teacher: Teacher
) -> StageResult:
    """Episodes whose steps have thought and observation where the teacher's pass the filter.

    A slip is not asked about, since it is no target, nor is a step that changes nothing on the screen.

    Args:
        episodes: Episode rows.
        media: Their screenshots.
        recipe: Whether monologues are wanted, and how many requests are in flight.
        store: Where artifacts live.
        teacher: Writes them.

    Returns:
        ``kept``: Episode rows, all of those given. ``refused``: Verdict rows, one a step whose monologue is not
        taught, with the step and the monologue. Facts count steps, the reasons among them.

    Raises:
        SchemaError: A screenshot is not in ``media``.
        TransientError: The teacher does not answer; the stage may be tried again.
        BudgetExceededError: The run's budget is spent.
    """
    rows = store.records(episodes, Episode)
    tally = Tally("monologues", len(rows))
    parents = (episodes, media)
    if not recipe.screens.monologues:
        refused = store.write("refused", [], Verdict, parents=parents)
        facts = {"steps": str(sum(len(row.steps) for row in rows))}
        return tally.result(episodes, store=store, parents=parents, facts=facts, refused=refused)
    places = [(row, number) for row in rows for number in range(len(row.steps))]
    pictures = _screenshots(store, media, {row.steps[number].screenshot for row, number in places})

    async def write(place: tuple[Episode, int]) -> _Written:
        return await _written(*place, pictures, teacher)

    written = await for_each(places, write, at_once=recipe.generation.concurrency)
    steps = iter(written)
    told = [row.model_copy(update={"steps": tuple(next(steps).step for _ in row.steps)}) for row in rows]
    verdicts = sorted((one.verdict for one in written if one.verdict is not None), key=lambda one: one.record_id)
    kept = store.write("episodes", told, Episode, parents=parents)
    refused = store.write("refused", verdicts, Verdict, parents=parents)
    return tally.result(
        kept, store=store, parents=parents, spend=teacher.spend, facts=_facts(told, verdicts), refused=refused
    )


def _screenshots(store: Store, media: ArtifactRef, wanted: set[str]) -> Mapping[str, MediaFile]:
    files = load_media(store, (media,), wanted)
    for digest in sorted(wanted - files.keys()):
        raise SchemaError(f"screenshot {digest} of an episode is not in {media.key}; give the media of the same shard")
    return files


async def _written(episode: Episode, number: int, pictures: Mapping[str, MediaFile], teacher: Teacher) -> _Written:
    step = episode.steps[number]
    if step.slip:
        return _Written(step)
    if changes_nothing(episode, number):
        return _Written(step, _refused(episode, number, None, (NO_OP,)))
    message, shown = await _request(episode, number, pictures[step.screenshot].data)
    trace = f"{episode.episode_id}/{number}"
    try:
        monologue = await teacher.structured(
            "monologue", [message], shown, Monologue, max_tokens=MAX_TOKENS, trace=trace
        )
    except TeacherError as exc:
        return _Written(step, _refused(episode, number, None, (NO_ANSWER,), str(exc)))
    reasons = reasons_against(monologue, episode, number)
    if reasons:
        return _Written(step, _refused(episode, number, monologue, reasons))
    words = {name: " ".join(text.split()) for name, text in monologue.model_dump().items()}
    return _Written(step.model_copy(update={**words, "teacher": teacher.model}))


async def _request(episode: Episode, number: int, screenshot: bytes) -> tuple[Message, Mapping[str, bytes]]:
    """What the teacher is asked, and its picture."""
    step = episode.steps[number]
    earlier = episode.steps[:number]
    known = {
        "goal": episode.goal,
        "earlier_steps": [one.instruction for one in earlier],
        "step": step.instruction,
        "command": step.action,
        "element": step.element and step.element.model_dump(include={"role", "name", "function", "look"}),
        "mistake": earlier[-1].instruction if earlier and earlier[-1].slip else "",
    }
    picture = await asyncio.to_thread(mark, screenshot, step.element) if step.element else screenshot
    prompt = render_prompt(
        "journeyman.generation.screens",
        "monologue",
        step=json.dumps(known, indent=1, ensure_ascii=False),
        marked=step.element is not None,
        slipped=bool(known["mistake"]),
    )
    digest = sha256_hex(picture)
    message = Message(role="user", content=(ImagePart(sha256=digest), TextPart(text=prompt)))
    return message, {digest: picture}


def mark(screenshot: bytes, element: Element) -> bytes:
    """The screenshot, a PNG, with a red box round ``element``; for the teacher's eyes, never for training."""
    with Image.open(io.BytesIO(screenshot)) as shown:
        picture = shown.convert("RGB")
    width, height = picture.size
    # The line lies outside, so that it hides nothing of a small element, but never off the screen.
    box = (
        max(0, round(element.left * width) - BOX_PIXELS),
        max(0, round(element.top * height) - BOX_PIXELS),
        min(width - 1, round(element.right * width) + BOX_PIXELS),
        min(height - 1, round(element.bottom * height) + BOX_PIXELS),
    )
    ImageDraw.Draw(picture).rectangle(box, outline=BOX_COLOUR, width=BOX_PIXELS)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _refused(
    episode: Episode, number: int, monologue: Monologue | None, reasons: Sequence[str], evidence: str = ""
) -> Verdict:
    record = {
        "step": episode.steps[number].model_dump(mode="json"),
        "monologue": monologue and monologue.model_dump(mode="json"),
    }
    return Verdict(
        record_id=f"{episode.episode_id}/{number}",
        check=CHECK,
        decision="failed" if reasons[0] == NO_ANSWER else "drop",
        reason=reasons[0],
        evidence=(evidence or "; ".join(reasons))[:500],
        record_json=canonical_json(record),
    )


def _facts(episodes: Sequence[Episode], verdicts: Sequence[Verdict]) -> dict[str, str]:
    steps = [step for episode in episodes for step in episode.steps]
    return {
        "steps": str(len(steps)),
        "steps with a monologue": str(sum(bool(step.thought) for step in steps)),
        "slips, not asked about": str(sum(step.slip for step in steps)),
        **{
            f"monologues refused: {reason}": str(n) for reason, n in sorted(Counter(v.reason for v in verdicts).items())
        },
    }
