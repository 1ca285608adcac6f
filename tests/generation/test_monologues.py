"""Monologues from the scripted teacher over real HTTP: taught where they pass, kept with the reason where not."""

import asyncio
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from journeyman.errors import SchemaError
from journeyman.generation.screens.capture import screenshot_file
from journeyman.generation.screens.monologue_filter import NO_OP, REASONS
from journeyman.generation.screens.monologues import BOX_COLOUR, BOX_PIXELS, NO_ANSWER, mark, write_monologues
from journeyman.recipe import load_recipe
from journeyman.schema.artifact import StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.screen import Element, Episode, ScreenStep
from journeyman.schema.verdict import Verdict
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from tests.golden import agrees_with_golden
from tests.scripted import scripted_teacher
from tests.teacher.fake_teacher import FakeTeacher, serving

RECIPE = load_recipe("aguvis")
EPISODES = 8


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 100), (shade % 256, shade // 256, 250)).save(out, "PNG")
    return out.getvalue()


def element(name: str, role: str = "button", function: str = "") -> Element:
    return Element(
        element_id=name, kind="text", role=role, name=name, function=function, look="", left=0.1, top=0.2, right=0.3,
        bottom=0.4,
    )  # fmt: skip


def played(number: int) -> tuple[Episode, list[MediaFile]]:
    """A search: a slip, the field, what is looked for, Enter, and a scroll that changes nothing."""
    files = [screenshot_file(picture(10 * number + place), "test") for place in range(5)]
    shots = [file.sha256 for file in files]
    thing = f"Rose lamp {number}"
    steps = (
        ScreenStep(
            screenshot=shots[0], action="pyautogui.click(x=0.5000, y=0.5000)", element=element("Profile", "tab"),
            instruction='Click the tab "Profile".', slip=True,
        ),
        ScreenStep(
            screenshot=shots[1], action="pyautogui.click(x=0.2000, y=0.3000)",
            element=element("Search", "field", "takes words"), instruction="Click the field for searching.",
        ),
        ScreenStep(
            screenshot=shots[2], action=f"pyautogui.write(message={thing!r})", element=None,
            instruction=f'Type "{thing}" into the field for searching.',
        ),
        ScreenStep(
            screenshot=shots[3], action="pyautogui.press(keys='enter')", element=None,
            instruction="Press Enter to search.",
        ),
        ScreenStep(
            screenshot=shots[4], action="pyautogui.scroll(page=0.5)", element=None,
            instruction="Scroll down to see more of the page.",
        ),
        ScreenStep(
            screenshot=shots[4], action="pyautogui.click(x=0.2000, y=0.3000)", element=element(thing, "link"),
            instruction=f'Open "{thing}".',
        ),
    )  # fmt: skip
    episode = Episode(
        episode_id=f"e{number:02d}", split="train", family="apps/shop", environment="apps", task="shop/search",
        seed=number, goal=f'Search for "{thing}" and open it.', width=200, height=100, steps=steps, reward=1,
        status="solved", cause="", actor="oracle",
    )  # fmt: skip
    return episode, files


def written(
    home: Path, mistake_rate: float, *, monologues: bool = True, teacher: str = "scripted"
) -> tuple[Store, StageResult]:
    store = Store(f"file://{home}")
    rows = [played(number) for number in range(EPISODES)]
    episodes = store.write("episodes", [episode for episode, _ in rows], Episode)
    media = store.write("media", [file for _, files in rows for file in files], MediaFile)
    recipe = RECIPE.model_copy(update={"screens": RECIPE.screens.model_copy(update={"monologues": monologues})})

    async def work() -> StageResult:
        async with scripted_teacher(store, mistake_rate=mistake_rate, scope=teacher) as client:
            return await write_monologues(episodes, media, recipe, store=store, teacher=client)

    return store, asyncio.run(work())


def test_every_step_that_can_be_taught_has_a_monologue_of_a_teacher_that_errs_not(tmp_path: Path) -> None:
    store, result = written(tmp_path, 0)
    assert (result.counts.taken, result.counts.kept) == (EPISODES, EPISODES)
    episodes = store.records(result.artifacts["kept"], Episode)
    for before, after in zip((played(number)[0] for number in range(EPISODES)), episodes, strict=True):
        slip, *others = after.steps
        assert slip == before.steps[0]
        assert [bool(step.thought and step.observation) for step in others] == [True, True, True, False, True]
        assert {step.teacher for step in others if step.thought} == {"scripted"}
        assert "mistake" in others[0].thought
        assert not any("mistake" in step.thought for step in others[1:])
        assert [step.action for step in after.steps] == [step.action for step in before.steps]
        assert [step.screenshot for step in after.steps] == [step.screenshot for step in before.steps]
        assert f'"Rose lamp {after.seed}"' in others[1].instruction
        assert others[3].instruction == before.steps[4].instruction
    verdicts = store.records(result.artifacts["refused"], Verdict)
    assert {verdict.reason for verdict in verdicts} == {NO_OP}
    assert len(verdicts) == EPISODES
    assert result.spend.calls == 4 * EPISODES
    assert result.facts["steps"] == str(6 * EPISODES)
    assert result.facts["steps with a monologue"] == str(4 * EPISODES)


def test_planted_mistakes_are_refused_and_the_step_keeps_its_instruction_alone(tmp_path: Path) -> None:
    store, result = written(tmp_path, 1)
    episodes = store.records(result.artifacts["kept"], Episode)
    assert result.counts.kept == EPISODES
    assert episodes == [played(number)[0] for number in range(EPISODES)]
    verdicts = store.records(result.artifacts["refused"], Verdict)
    assert [verdict.record_id for verdict in verdicts] == [
        f"e{n:02d}/{s}" for n in range(EPISODES) for s in range(1, 6)
    ]
    reasons = Counter(verdict.reason for verdict in verdicts)
    assert {"hindsight", "not exactly one sentence", "states coordinates", "not in the first person"} <= reasons.keys()
    assert reasons.keys() <= set(REASONS)
    for reason, count in reasons.items():
        assert result.facts[f"monologues refused: {reason}"] == str(count)
    told = next(json.loads(verdict.record_json) for verdict in verdicts if verdict.reason == "hindsight")
    assert "red box" in told["monologue"]["thought"]
    assert told["step"]["action"].startswith("pyautogui.")


def test_equal_runs_give_equal_artifacts_and_ask_nothing_twice(tmp_path: Path) -> None:
    _, first = written(tmp_path, 0.3)
    _, again = written(tmp_path, 0.3)
    assert again.artifacts == first.artifacts
    assert (first.spend.calls, again.spend.calls, again.spend.replayed) == (4 * EPISODES, 0, 4 * EPISODES)


def test_without_monologues_nobody_is_asked(tmp_path: Path) -> None:
    store, result = written(tmp_path, 0, monologues=False)
    assert store.records(result.artifacts["kept"], Episode) == [played(number)[0] for number in range(EPISODES)]
    assert (result.spend.calls, result.spend.replayed) == (0, 0)
    assert result.artifacts["refused"].rows == 0


def asked_of(home: Path, *replies: str) -> tuple[Store, StageResult, FakeTeacher]:
    """What comes of one episode when the teacher answers with ``replies``."""
    store = Store(f"file://{home}")
    episode, files = played(1)
    episodes, media = store.write("episodes", [episode], Episode), store.write("media", files, MediaFile)

    async def work() -> tuple[StageResult, FakeTeacher]:
        async with serving(FakeTeacher(replies=list(replies))) as fake:
            settings = Settings.model_validate(
                {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "x", "JOURNEYMAN_STORE": store.url}
            )
            async with Teacher.open(settings, Ledger(store, "test")) as teacher:
                return await write_monologues(episodes, media, RECIPE, store=store, teacher=teacher), fake

    return store, *asyncio.run(work())


def test_the_teacher_sees_goal_steps_and_a_marked_screenshot_which_the_row_does_not_keep(tmp_path: Path) -> None:
    store, result, fake = asked_of(tmp_path, '{"observation": "", "thought": "", "instruction": ""}')
    prompts = "\n".join(fake.prompts)
    assert prompts.count("The last step was a mistake.") == 1
    assert 'Search for \\"Rose lamp 1\\" and open it.' in prompts
    assert prompts.count("The red box is a mark for you") == 2
    kept = store.records(result.artifacts["kept"], Episode)[0]
    assert [step.screenshot for step in kept.steps] == [step.screenshot for step in played(1)[0].steps]


def test_the_prompt_is_golden(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    _, _, fake = asked_of(tmp_path, '{"observation": "", "thought": "", "instruction": ""}')
    (slipped,) = [prompt for prompt in fake.prompts if "The last step was a mistake." in prompt]
    agrees_with_golden(slipped + "\n", Path("prompts/monologue.txt"), request)


def test_an_answer_that_cannot_be_read_is_a_failure_of_its_step_alone(tmp_path: Path) -> None:
    store, result, _ = asked_of(tmp_path, "no JSON")
    verdicts = store.records(result.artifacts["refused"], Verdict)
    assert Counter(verdict.decision for verdict in verdicts) == {"failed": 4, "drop": 1}
    assert result.facts[f"monologues refused: {NO_ANSWER}"] == "4"
    assert result.counts.kept == 1


def test_a_screenshot_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    episode, files = played(1)
    episodes, media = store.write("episodes", [episode], Episode), store.write("media", files[1:], MediaFile)

    async def work() -> StageResult:
        async with scripted_teacher(store) as teacher:
            return await write_monologues(episodes, media, RECIPE, store=store, teacher=teacher)

    with pytest.raises(SchemaError, match=files[0].sha256):
        asyncio.run(work())


def test_the_mark_is_a_red_line_outside_the_element() -> None:
    with Image.open(io.BytesIO(mark(picture(5), element("Search")))) as marked:
        red = [(x, y) for x in range(200) for y in range(100) if marked.getpixel((x, y)) == BOX_COLOUR]
    across, down = [x for x, _ in red], [y for _, y in red]
    assert (min(across), max(across)) == (20 - BOX_PIXELS, 60 + BOX_PIXELS)
    assert (min(down), max(down)) == (20 - BOX_PIXELS, 40 + BOX_PIXELS)
    assert not any(20 < x < 60 and 20 < y < 40 for x, y in red)


def test_the_mark_of_an_element_at_the_edge_stays_on_the_screen() -> None:
    whole = element("Search").model_copy(update={"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0})
    with Image.open(io.BytesIO(mark(picture(5), whole))) as marked:
        assert marked.size == (200, 100)
        assert [marked.getpixel(at) for at in ((0, 0), (199, 0), (0, 99), (199, 99))] == [BOX_COLOUR] * 4
