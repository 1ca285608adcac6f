"""Instructions about screens: from templates at no cost, or worded by a teacher that sees the page.

What the teacher words is refused where it quotes another element, is ambiguous, or leaks a coordinate;
the template's own instruction then stands, and the refusal is counted.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from journeyman.action_formats.pyautogui_call import Click, write_command
from journeyman.errors import TeacherError
from journeyman.generation.screens.describe import Described, Telling, describe
from journeyman.generation.screens.teacher_answers import InstructionsOnScreen
from journeyman.prompts import render_prompt
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.record import fingerprint
from journeyman.schema.screen import Grounding, InstructionStyle, Screen
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 2
MOST_WORDS = 40
_HELD_OUT_PART = 4
_COORDINATE = re.compile(r"(?<![\d.])0?\.\d{2,}|\b\d+\s*(?:px|pixels?)\b|\(\s*\d+\s*,\s*\d+\s*\)")


async def write_groundings(
    screens: ArtifactRef, media: ArtifactRef, recipe: Recipe, *, store: Store, teacher: Teacher
) -> StageResult:
    """Grounding rows for the screens of one shard.

    Args:
        screens: Screen rows.
        media: Their screenshots.
        recipe: Its screens section, and how many requests are in flight.
        store: Where artifacts live.
        teacher: Words its share of the training pages.

    Raises:
        TransientError: The teacher does not answer; the stage may be tried again.
        BudgetExceededError: The run's budget is spent.
    """
    config = recipe.screens
    rows = store.records(screens, Screen)
    told = {
        screen.screen_id: describe(
            screen.elements, most=_most(screen, recipe), seed=screen.seed, styles=config.instruction_styles
        )
        for screen in rows
    }
    tally = Tally("groundings", sum(map(len, told.values())))
    asked = [s for s in rows if told[s.screen_id] and _is_worded(s, config.worded_by_teacher)]
    shown = {screen.screenshot for screen in asked}
    pictures = {file.sha256: file.data for file in store.records(media, MediaFile) if file.sha256 in shown}

    async def word(screen: Screen) -> tuple[str, dict[int, str]]:
        return screen.screen_id, await _worded(screen, told[screen.screen_id], pictures, teacher)

    worded = dict(await for_each(asked, word, at_once=recipe.generation.concurrency))
    refused: Counter[str] = Counter()
    kept: list[Grounding] = []
    for screen in rows:
        telling = Telling(screen.elements)
        words = worded.get(screen.screen_id, {})
        for number, described in enumerate(told[screen.screen_id]):
            text, style, author = described.instruction, described.style, ""
            if screen.screen_id in worded:
                reason = _reason_against(words.get(number, ""), described, telling)
                if reason:
                    refused[reason] += 1
                else:
                    text, style, author = words[number].strip(), "teacher", teacher.model
            kept.append(_grounding(screen, described, text, style, author))
    ref = store.write("groundings", kept, Grounding, parents=(screens,))
    facts = {
        "told apart": f"{len(kept)} of {sum(len(screen.elements) for screen in rows)} elements",
        **{f"teacher's words refused: {reason}": str(count) for reason, count in sorted(refused.items())},
        **{f"by {style}": str(n) for style, n in sorted(Counter(row.style for row in kept).items())},
    }
    return tally.result(ref, store=store, parents=(screens, media), spend=teacher.spend, facts=facts)


def _most(screen: Screen, recipe: Recipe) -> int:
    most = recipe.screens.pairs_per_page
    return most if screen.split == "train" else max(1, most // _HELD_OUT_PART)


def _is_worded(screen: Screen, share: float) -> bool:
    """Whether the teacher words a page; held-out pages have templates alone, which cost nothing."""
    return screen.split == "train" and int(fingerprint(["worded", screen.seed])[:8], 16) / 16**8 < share


async def _worded(
    screen: Screen, told: Sequence[Described], pictures: Mapping[str, bytes], teacher: Teacher
) -> dict[int, str]:
    listed = [
        {
            "number": number,
            "role": one.element.role,
            "name": one.element.name,
            "function": one.element.function,
            "look": one.element.look,
            "box": [round(value, 3) for value in _box(one)],
        }
        for number, one in enumerate(told)
    ]
    prompt = render_prompt(
        "journeyman.generation.screens", "element_instructions", elements=json.dumps(listed, indent=1)
    )
    message = Message(role="user", content=(ImagePart(sha256=screen.screenshot), TextPart(text=prompt)))
    try:
        answer = await teacher.structured(
            "element_instructions", [message], pictures, InstructionsOnScreen, max_tokens=2048
        )
    except TeacherError:
        return {}  # the templates' instructions stand, and each is counted as refused
    return {one.number: one.text for one in answer.instructions}


def _reason_against(text: str, described: Described, telling: Telling) -> str:
    """Why the teacher's words are not used; empty where they are."""
    if not text.strip():
        return "none came"
    if len(text.split()) > MOST_WORDS:
        return "too long"
    if _COORDINATE.search(text):
        return "states a coordinate"
    return "" if telling.is_unambiguous(described.element, text) else "ambiguous"


def _grounding(screen: Screen, described: Described, text: str, style: InstructionStyle, teacher: str) -> Grounding:
    x, y = described.element.middle
    return Grounding(
        grounding_id=fingerprint([screen.screen_id, described.element.element_id])[:16],
        screen_id=screen.screen_id,
        screenshot=screen.screenshot,
        split=screen.split,
        family=screen.family,
        instruction=text,
        style=style,
        element=described.element,
        action=write_command(Click(x, y)),
        teacher=teacher,
    )


def _box(one: Described) -> tuple[float, float, float, float]:
    return one.element.left, one.element.top, one.element.right, one.element.bottom
