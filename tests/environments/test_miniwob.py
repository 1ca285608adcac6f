"""Episodes on the real pages, in a real browser: equal seeds, the page's own reward, and goals that can be reached."""

import asyncio
import io
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from journeyman.action_formats.pyautogui_call import Click, Press, Write
from journeyman.browser.page import GuardedPage
from journeyman.environment import ActionKind, Outcome, load_environment
from journeyman.environments._miniwob import session
from journeyman.environments._miniwob.oracle import MAX_STEPS
from journeyman.environments._miniwob.tasks import RELOADED
from journeyman.errors import ConfigError
from journeyman.schema.screen import Element
from tests.browsers import Browsers

MINIWOB = load_environment("miniwob")
NAMES = [task.name for task in MINIWOB.tasks]
SAMPLE = (
    "click-button", "click-tab-2", "click-checkboxes", "click-shape", "find-greatest", "enter-text", "copy-paste",
    "login-user", "choose-list", "email-inbox-reply", "social-media-some", "drag-circle",
)  # fmt: skip

pytestmark = pytest.mark.skipif(bool(session.missing()), reason=session.missing() or "the pages are there")


async def play(page: GuardedPage, task: str, seed: int, most: int = MAX_STEPS) -> tuple[Outcome, int]:
    """How the oracle's episode ended, and in how many commands."""
    episode = await MINIWOB.open(page, task, seed)
    assert episode.goal
    count = 0
    async for command, element, instruction in MINIWOB.oracle(episode):
        assert instruction.endswith(".")
        if isinstance(command, Click) and element is not None:
            assert element.holds(command.x, command.y)  # type: ignore[arg-type]
        await episode.act(command)
        count += 1
        if count == most:
            break
    return await episode.outcome(), count


async def look(page: GuardedPage, task: str, seed: int) -> tuple[str, bytes, tuple[Element, ...]]:
    """Goal, pixels and elements of an episode that begins."""
    episode = await MINIWOB.open(page, task, seed)
    return episode.goal, await episode.screenshot(), await episode.elements()


def on_page(browsers: Browsers, check, scale: float = 1.0):
    return browsers.on_page(check, "", *MINIWOB.viewport, scale)


@pytest.mark.parametrize("task", SAMPLE)
def test_the_oracle_reaches_the_goal(browsers: Browsers, task: str) -> None:
    outcome, count = on_page(browsers, lambda page: play(page, task, 11))
    assert MINIWOB.task(task).is_solved(outcome), outcome
    assert count <= MINIWOB.task(task).max_steps


@pytest.mark.parametrize("task", ["number-checkboxes", "use-spinner"])
def test_steps_alike_are_told_apart_so_that_it_is_known_how_far_one_got(browsers: Browsers, task: str) -> None:
    async def say(page: GuardedPage) -> list[str]:
        episode = await MINIWOB.open(page, task, 2)
        said = []
        async for command, _, instruction in MINIWOB.oracle(episode):
            said.append(instruction)
            await episode.act(command)
        return said

    said = on_page(browsers, say)
    assert len(set(said)) == len(said) > 3


@pytest.mark.slow
@pytest.mark.parametrize("task", NAMES)
def test_the_oracle_reaches_every_goal(browsers: Browsers, task: str) -> None:
    for seed in range(4):
        outcome, count = on_page(browsers, lambda page, seed=seed: play(page, task, seed))
        assert MINIWOB.task(task).is_solved(outcome), (seed, outcome)
        assert count <= MINIWOB.task(task).max_steps


def kept_and_fresh(browsers: Browsers, task: str) -> tuple[object, object]:
    async def begin_fresh(page: GuardedPage) -> object:
        await page.show("<p>another page")
        return await look(page, task, 5)

    async def begin_used(page: GuardedPage) -> object:
        await play(page, task, 6)
        await play(page, task, 7, most=1)
        return await look(page, task, 5)

    return on_page(browsers, begin_used), on_page(browsers, begin_fresh)


@pytest.mark.parametrize("task", ["click-dialog", "enter-text", "use-slider", "email-inbox"])
def test_a_page_that_was_played_on_begins_like_a_fresh_one(browsers: Browsers, task: str) -> None:
    used, fresh = kept_and_fresh(browsers, task)
    assert used == fresh


@pytest.mark.slow
@pytest.mark.parametrize("task", NAMES)
def test_every_page_that_was_played_on_begins_like_a_fresh_one(browsers: Browsers, task: str) -> None:
    used, fresh = kept_and_fresh(browsers, task)
    assert used == fresh


def test_a_page_is_loaded_again_only_where_it_must_be(browsers: Browsers) -> None:
    async def mark(page: GuardedPage, task: str) -> bool:
        await MINIWOB.open(page, task, 1)
        await page.evaluate("() => { window.mark = 1; }")
        await MINIWOB.open(page, task, 2)
        return bool(await page.evaluate("window.mark === 1"))

    assert on_page(browsers, lambda page: mark(page, "click-button"))
    for task in sorted(RELOADED)[:1]:
        assert not on_page(browsers, lambda page, task=task: mark(page, task))


def test_time_does_not_shrink_the_reward_and_nothing_times_out(browsers: Browsers) -> None:
    async def wait_and_click(page: GuardedPage) -> tuple[Outcome, Outcome, list[float]]:
        episode = await MINIWOB.open(page, "click-test", 3)
        before = await episode.outcome()
        await asyncio.sleep(0.5)
        (button,) = await episode.elements()
        await episode.act(Click(*button.middle))
        return before, await episode.outcome(), await page.evaluate("[WOB_REWARD_GLOBAL, core.EPISODE_MAX_TIME]")

    before, after, (shrunk, limit) = on_page(browsers, wait_and_click)
    assert before == Outcome(done=False, reward=0.0)
    assert after == Outcome(done=True, reward=1.0)
    assert 0.9 < shrunk < 1.0, "the page's other reward, which we do not take"
    assert 10**8 < limit < 2**31


def test_a_wrong_click_ends_the_episode_with_the_page_s_reward(browsers: Browsers) -> None:
    async def click_wrong(page: GuardedPage) -> tuple[Outcome, tuple[Element, ...]]:
        episode = await MINIWOB.open(page, "click-test-2", 3)
        (wrong,) = [element for element in await episode.elements() if element.name == "TWO"]
        await episode.act(Click(*wrong.middle))
        return await episode.outcome(), await episode.elements()

    outcome, elements = on_page(browsers, click_wrong)
    assert outcome == Outcome(done=True, reward=-1.0)
    assert elements == (), "a cover lies over the page when it is done"
    assert not MINIWOB.task("click-test-2").is_solved(outcome)


def test_nearness_is_enough_where_the_page_measures_it(browsers: Browsers) -> None:
    task = MINIWOB.task("circle-center")
    outcome, _ = on_page(browsers, lambda page: play(page, task.name, 1))
    assert outcome.done
    assert task.threshold <= outcome.reward < 1.0
    assert task.is_solved(outcome)
    assert not task.is_solved(Outcome(done=True, reward=0.8))
    assert not task.is_solved(Outcome(done=False, reward=1.0))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_screen_is_the_task_alone_at_any_scale(browsers: Browsers, scale: float) -> None:
    async def see(page: GuardedPage) -> tuple[object, ...]:
        episode = await MINIWOB.open(page, "click-button", 7)
        size = Image.open(io.BytesIO(await episode.screenshot())).size
        panel = await page.evaluate("document.querySelector('#reward-display').getBoundingClientRect().left")
        return episode.goal, (episode.width, episode.height), size, panel, await episode.elements()

    goal, told, size, panel, elements = on_page(browsers, see, scale)
    assert goal == 'Click on the "Next" button.'
    assert told == size == (round(160 * scale), round(210 * scale))
    assert panel >= 160, "reward and clock are beside the screen"
    (button,) = [element for element in elements if element.name == "Next" and element.role == "button"]
    assert button.left * 160 == pytest.approx(2, abs=1)
    assert all("Click on the" not in element.name for element in elements), "the instruction is no element"


def test_equal_seeds_give_equal_screens_and_others_others(browsers: Browsers) -> None:
    for task in ("click-shape", "click-menu"):
        first = on_page(browsers, lambda page, task=task: look(page, task, 3))
        browsers.let_go()
        assert on_page(browsers, lambda page, task=task: look(page, task, 3)) == first
        assert on_page(browsers, lambda page, task=task: look(page, task, 4))[:2] != first[:2]


def test_what_was_typed_and_pointed_at_is_forgotten(browsers: Browsers) -> None:
    async def type_and_begin_again(page: GuardedPage) -> tuple[object, ...]:
        episode = await MINIWOB.open(page, "enter-text", 1)
        (field,) = [element for element in await episode.elements() if element.role == "field"]
        await episode.act(Click(*field.middle))
        await episode.act(Write("left over"))
        await MINIWOB.open(page, "enter-text", 1)
        await page.perform(Press(("x",)))
        return await page.evaluate("[tt.value, document.activeElement === document.body]")

    assert on_page(browsers, type_and_begin_again) == ["", True]


def test_where_a_page_covers_what_it_asks_for_the_oracle_does_nothing(browsers: Browsers) -> None:
    # Button TWO lies on the whole of button ONE.
    assert on_page(browsers, lambda page: play(page, "click-test-2", 10_014)) == (Outcome(False, 0.0), 0)


def test_unknown_tasks_and_seeds_are_refused(browsers: Browsers) -> None:
    with pytest.raises(ConfigError, match="no task 'click-buton' in miniwob"):
        on_page(browsers, lambda page: MINIWOB.open(page, "click-buton", 1))
    with pytest.raises(ConfigError, match="seed -1 is none of miniwob"):
        on_page(browsers, lambda page: MINIWOB.open(page, "click-button", -1))


def test_tasks_are_what_they_say() -> None:
    folder = session.html_folder() / "miniwob"
    assert len(NAMES) == len(set(NAMES))
    assert all((folder / f"{name}.html").is_file() for name in NAMES)
    assert set(NAMES) >= RELOADED
    clicked = [task for task in MINIWOB.tasks if task.actions == ("click",)]
    typed = [task for task in MINIWOB.tasks if "type" in task.actions]
    assert len(clicked) >= 40
    assert len(typed) >= 12
    assert {action for task in MINIWOB.tasks for action in task.actions} <= set(get_args(ActionKind))
    families = Counter(task.family for task in MINIWOB.tasks)
    assert len(families) >= 10
    assert all("click" in task.actions or "key" in task.actions for task in MINIWOB.tasks)


def test_every_task_has_a_policy_and_every_policy_a_task() -> None:
    policies = Path(str(resources.files("journeyman.environments._miniwob"))) / "policies"
    text = "".join(file.read_text() for file in sorted(policies.glob("*.js")))
    for name in NAMES:
        assert f"'{name}'" in text
