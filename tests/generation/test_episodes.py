"""Episodes on real pages of generated apps: slips that are taken back, and goals that cannot be reached."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from journeyman.action_formats.pyautogui_call import Click, Command, Write
from journeyman.browser.page import GuardedPage
from journeyman.browser.pool import BrowserPool
from journeyman.environment import OracleStep, Outcome, load_environment
from journeyman.generation.screens.config import ScreensConfig
from journeyman.generation.screens.episodes import play_episodes
from journeyman.generation.screens.plan import EpisodeBrief, ScreenShard
from journeyman.generation.screens.recoveries import HARMLESS, is_due, is_taken_back, wrong_click
from journeyman.schema.artifact import StageResult
from journeyman.schema.query import Split
from journeyman.schema.screen import Element, Episode, ScreenStep
from journeyman.storage.store import Store
from tests.browsers import needs_browser


def briefs_of(environment: str, tasks: Sequence[str]) -> tuple[EpisodeBrief, ...]:
    return tuple(
        # A seed of 100 is one that is played twice.
        EpisodeBrief(
            seed=100 + number,
            environment=environment,
            task=task,
            family=f"{environment}/{task.split('/')[0]}",
            unseen_family=False,
        )
        for number, task in enumerate(tasks)
    )


def played(
    home: Path, tasks: Sequence[str], recoveries: float, split: Split = "train"
) -> tuple[StageResult, list[Episode]]:
    return played_of(home, briefs_of("apps", tasks), recoveries, split)


def played_of(
    home: Path, briefs: tuple[EpisodeBrief, ...], recoveries: float, split: Split = "train"
) -> tuple[StageResult, list[Episode]]:
    store = Store(f"file://{home}")
    shard = ScreenShard(split=split, of="episodes", index=0, episodes=briefs)
    result = asyncio.run(play_episodes(shard, ScreensConfig(recoveries=recoveries, pool=1), store=store))
    return result, store.records(result.artifacts["kept"], Episode)


@needs_browser
def test_a_slip_comes_first_and_the_goal_is_reached_all_the_same(tmp_path: Path) -> None:
    result, (episode,) = played(tmp_path, ["calendar/make-event"], 1.0)
    slip, *others = episode.steps
    assert slip.slip
    assert slip.element is not None
    assert slip.element.role in HARMLESS
    assert slip.instruction == f'Click the {slip.element.role} "{slip.element.name}".'
    assert not any(step.slip for step in others)
    assert len(others) >= 4
    assert (episode.status, episode.reward) == ("solved", 1)
    assert result.facts["episodes with a slip"] == "1"
    assert result.artifacts["media"].rows >= len(others)


@needs_browser
def test_held_out_episodes_have_no_slips_and_where_a_goal_cannot_be_reached_the_episode_says_so(tmp_path: Path) -> None:
    _, episodes = played(tmp_path, ["calendar/make-event", "shop/absent-article"], 1.0, "held_out")
    made, absent = episodes
    assert not any(step.slip for step in (*made.steps, *absent.steps))
    assert [step.action for step in absent.steps] == ["terminate(status='failure')"]
    assert absent.steps[0].element is None
    assert (absent.status, absent.reward) == ("solved", 1)


def without_pictures(episode: Episode) -> Episode:
    """Goal, commands, elements and reward; that pixels are equal is for the tests of environments to show."""
    steps = tuple(step.model_copy(update={"screenshot": ""}) for step in episode.steps)
    return episode.model_copy(update={"steps": steps})


@needs_browser
def test_episodes_that_share_a_page_are_those_of_a_page_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = ("click-tab-2", "click-dialog", "enter-text", "choose-date-easy", "click-checkboxes")
    briefs = briefs_of("miniwob", [task for _ in range(2) for task in tasks])
    _, together = played_of(tmp_path / "together", briefs, 0.7)
    fresh = BrowserPool.page
    monkeypatch.setattr(BrowserPool, "page", lambda pool, *size, scale, again: fresh(pool, *size, scale))
    _, alone = played_of(tmp_path / "alone", briefs, 0.7)
    assert [(episode.task, episode.seed) for episode in together] == [(brief.task, brief.seed) for brief in briefs]
    assert [without_pictures(episode) for episode in together] == [without_pictures(episode) for episode in alone]


@needs_browser
@pytest.mark.parametrize(("recoveries", "slips", "loads"), [(0.0, 0, 1), (1.0, 2, 3)])
def test_a_page_is_loaded_anew_after_a_slip_and_kept_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recoveries: float, slips: int, loads: int
) -> None:
    loaded: list[str] = []
    load = GuardedPage.open_file

    async def counted(page: GuardedPage, path: Path, root: Path | None = None) -> None:
        loaded.append(path.stem)
        await load(page, path, root)

    monkeypatch.setattr(GuardedPage, "open_file", counted)
    # Seeds that are not played twice, which would load the page once more. Of the three, two have a slip.
    briefs = tuple(
        brief.model_copy(update={"seed": brief.seed + 1}) for brief in briefs_of("miniwob", ["click-collapsible-2"] * 3)
    )
    result, _ = played_of(tmp_path, briefs, recoveries)
    assert result.facts["episodes with a slip"] == str(slips)
    assert loaded == ["click-collapsible-2"] * loads


def element(name: str, role: str, left: float = 0.5) -> Element:
    return Element(
        element_id=name, kind="text", role=role, name=name, function="", look="", left=left, top=0.1, right=left + 0.1,
        bottom=0.2,
    )  # fmt: skip


RIGHT = element("Save", "tab", 0.1)
SHOWN = (
    RIGHT, element("Delete all", "button"), element("News", "link"), element("News", "link", 0.7),
    element("", "tab"), element("Profile", "tab", 0.7), element("Name", "field", 0.8),
    element("Above", "tab", 0.1),
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A session that shows what it is told to and does nothing."""

    shown: tuple[Element, ...] = SHOWN
    goal: str = "Save it."
    width: int = 100
    height: int = 100

    async def screenshot(self) -> bytes:
        return b""

    async def elements(self) -> tuple[Element, ...]:
        return self.shown

    async def act(self, command: Command) -> None:
        raise AssertionError(f"{command} was done while a slip was chosen")

    async def outcome(self) -> Outcome:
        return Outcome(False, 0)


def chosen(step: OracleStep, seed: int, shown: tuple[Element, ...] = SHOWN) -> OracleStep | None:
    async def oracle(_: object) -> AsyncIterator[OracleStep]:
        yield step

    environment = replace(load_environment("apps"), oracle=oracle)
    return asyncio.run(wrong_click(environment, Page(shown), seed))


def test_a_slip_is_a_click_on_something_harmless_that_a_name_tells_apart_from_the_rest() -> None:
    right: OracleStep = (Click(0.15, 0.15), RIGHT, "Save it.")
    found = [chosen(right, seed) for seed in range(30)]
    names = {step[1].name for step in found if step is not None and step[1] is not None}
    assert names == {"Profile", "Name"}
    assert all(step == chosen(right, seed) for seed, step in enumerate(found))
    command, _, instruction = next(step for step in found if step and step[1] and step[1].name == "Profile")
    assert command == Click(0.75, 0.15)
    assert instruction == 'Click the tab "Profile".'


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ((Write("x"), None, 'Type "x".'), SHOWN),
        ((Click(0.15, 0.15), RIGHT, "Save it."), SHOWN[:4]),
    ],
    ids=["nothing is to be clicked", "nothing harmless is there"],
)
def test_there_is_no_slip_where_none_would_be_one(step: OracleStep, shown: tuple[Element, ...]) -> None:
    assert chosen(step, 1, shown) is None


def test_as_many_episodes_have_slips_as_the_share_says() -> None:
    assert sum(is_due(seed, 0.1) for seed in range(5000)) == pytest.approx(500, rel=0.15)
    assert not any(is_due(seed, 0) for seed in range(500))
    assert all(is_due(seed, 1) for seed in range(500))


def ended(slipped: Element, later: Element, status: str = "solved") -> Episode:
    steps = tuple(
        ScreenStep(screenshot="a", action="pyautogui.click(x=0.1, y=0.1)", element=one, slip=one is slipped)
        for one in (slipped, later)
    )
    return Episode.model_validate(
        {
            "episode_id": "x", "split": "train", "family": "f", "environment": "apps", "task": "t", "seed": 1,
            "goal": "g", "width": 9, "height": 9, "steps": steps, "reward": 1, "status": status, "cause": "",
            "actor": "oracle",
        }
    )  # fmt: skip


def test_what_is_clicked_later_anyway_was_no_slip() -> None:
    assert is_taken_back(ended(element("Profile", "tab"), RIGHT))
    assert not is_taken_back(ended(element("Save", "tab"), RIGHT))
    assert not is_taken_back(ended(element("Profile", "tab"), RIGHT, "unsolved"))
