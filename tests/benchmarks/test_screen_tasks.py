"""Tasks on live pages: the oracle reaches the goal, floors do not, and a bad reply costs what it must."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from journeyman.agent.controller import Controller
from journeyman.agent.screen_planner import PlannedController
from journeyman.benchmark import Attempted, Known, Scoring
from journeyman.benchmarks.screen_tasks import BENCHMARK, MAX_UNREADABLE, open_attempts, problems_of, read, score, why
from journeyman.browser.page import GuardedPage
from journeyman.environment import load_environment
from journeyman.errors import ConfigError, ScreenError
from journeyman.schema.message import Message
from journeyman.schema.problem import Problem
from journeyman.schema.screen import Episode, ScreenStep
from tests.browsers import needs_browser

STEP = ScreenStep(screenshot="a" * 64, action="pyautogui.click(x=0.5, y=0.5)", element=None, instruction="Click.")


def episode(task: str, seed: int, family: str) -> Episode:
    return Episode(
        episode_id=f"{task}-{seed}", split="held_out", family=family, environment="miniwob", task=task, seed=seed,
        goal="as the page says", width=160, height=210, steps=(STEP,), reward=1, status="solved", cause="",
        actor="oracle",
    )  # fmt: skip


def posed(*episodes: Episode) -> tuple[Problem, ...]:
    return problems_of(episodes, ["miniwob/lists"]).problems


class Says:
    """Replies texts in turn, the last one for ever."""

    name = "tuned"

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.shown: list[Sequence[Message]] = []

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        self.shown.append(list(messages))
        assert len(media) == 1
        return self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]


def tried(*pairs: tuple[Problem, Controller]) -> list[Attempted]:
    async def run() -> list[Attempted]:
        async with open_attempts(1) as attempt:
            return [await attempt(problem, controller) for problem, controller in pairs]

    return asyncio.run(run())


def measured(problem: Problem, done: Attempted) -> dict[str, float]:
    return {m.name: m.value / m.weight for m in score(problem, done.trajectory, Scoring())}


@needs_browser
def test_the_oracle_reaches_the_goal_and_what_it_saw_is_kept() -> None:
    assert not load_environment("miniwob").missing()
    (problem,) = posed(episode("click-button", 7, "miniwob/buttons"))
    oracle = BENCHMARK.baselines["oracle"](Known((problem,), frozenset(), (), 0))(problem.query)
    (done,) = tried((problem, oracle))
    assert measured(problem, done) == {"Success": 1, "Format": 1}
    step = done.trajectory.steps[-1]
    assert step.action.startswith("Action: ")
    assert step.images == (done.media[-1].sha256,)
    assert done.media[-1].data.startswith(b"\x89PNG")


@needs_browser
def test_replies_that_cannot_be_read_or_done_are_told_by_name_and_end_the_attempt() -> None:
    (problem,) = posed(episode("click-test", 3, "miniwob/buttons"))
    chatty, strange = Says("I would rather not."), Says("mobile.swipe(from_coord=[0.1, 0.1], to_coord=[0.5, 0.5])")
    unread, refused = tried((problem, chatty), (problem, strange))
    assert [step.error for step in unread.trajectory.steps] == ["parse"] * MAX_UNREADABLE
    assert measured(problem, unread) == {"Success": 0, "Format": 0}
    assert refused.trajectory.status in ("max_steps", "failed")
    assert measured(problem, refused)["Success"] == 0


class Meets(Says):
    """Replies once as many as are to go on together have been asked."""

    def __init__(self, meeting: asyncio.Barrier) -> None:
        super().__init__("pyautogui.moveTo(x=0.01, y=0.01)")
        self._meeting = meeting

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        await asyncio.wait_for(self._meeting.wait(), 30)
        return await super().act(messages, media)


@needs_browser
def test_as_many_attempts_go_on_together_as_browsers_are_asked_for() -> None:
    (problem,) = posed(episode("click-test", 3, "miniwob/buttons"))

    async def run() -> list[Attempted]:
        async with open_attempts(2) as attempt:
            meeting = asyncio.Barrier(2)
            return await asyncio.gather(attempt(problem, Meets(meeting)), attempt(problem, Meets(meeting)))

    assert [done.trajectory.status for done in asyncio.run(run())] == ["max_steps", "max_steps"]


@needs_browser
def test_every_attempt_has_its_page_loaded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = posed(episode("click-button", 3, "miniwob/buttons"))
    pages: list[GuardedPage] = []
    load = GuardedPage.open_file

    async def noting(page: GuardedPage, path: Path, root: Path | None = None) -> None:
        pages.append(page)
        await load(page, path, root)

    monkeypatch.setattr(GuardedPage, "open_file", noting)
    tried((problem, Says("I would rather not.")), (problem, Says("I would rather not.")))
    first, second = pages
    assert first is second  # and its browser's page is kept all the same


@needs_browser
@pytest.mark.parametrize(("losses", "steps", "cause"), [(1, MAX_UNREADABLE, ""), (9, 0, "page lost")])
def test_a_page_that_is_lost_before_it_was_seen_is_opened_again(
    losses: int, steps: int, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (problem,) = posed(episode("click-test", 3, "miniwob/buttons"))
    load = GuardedPage.open_file
    opened = 0

    async def losing(page: GuardedPage, path: Path, root: Path | None = None) -> None:
        nonlocal opened
        opened += 1
        if opened <= losses:
            raise ScreenError("load timeout")
        await load(page, path, root)

    monkeypatch.setattr(GuardedPage, "open_file", losing)
    (done,) = tried((problem, Says("I would rather not.")))
    assert (opened, len(done.trajectory.steps)) == (min(losses + 1, 3), steps)
    assert done.trajectory.status == "failed"
    assert why(problem, done.trajectory, Scoring()) == cause


@needs_browser
def test_what_was_done_stands_among_the_previous_actions() -> None:
    (problem,) = posed(episode("click-button-sequence", 3, "miniwob/buttons"))
    says = Says("Action: Look first.\npyautogui.moveTo(x=0.01, y=0.01)", "pyautogui.moveTo(x=0.02, y=0.02)")
    (done,) = tried((problem, says))
    assert "Previous actions:\nNone" in says.shown[0][1].text
    assert "Step 1: Look first." in says.shown[1][1].text
    assert "Step 2: pyautogui.moveTo(x=0.02, y=0.02)" in says.shown[2][1].text
    assert done.trajectory.status == "max_steps"


@needs_browser
def test_a_planner_says_the_steps_that_a_grounder_does_and_they_are_what_was_done() -> None:
    (problem,) = posed(episode("click-button-sequence", 3, "miniwob/buttons"))
    planner = Says("Look at the corner.", "Look at\nthe corner.", "Look again.", "DONE")
    grounder = Says("pyautogui.moveTo(x=0.01, y=0.01)", "Action: Hm.\npyautogui.moveTo(x=0.02, y=0.02)")
    (done,) = tried((problem, PlannedController(planner, grounder)))
    first, unread, second, ended, *_ = done.trajectory.steps
    assert first.action == "Action: Look at the corner.\npyautogui.moveTo(x=0.0100, y=0.0100)"
    assert (unread.action, unread.error) == ("Look at\nthe corner.", "parse")
    assert "it has 2 lines" in unread.observation
    assert second.action == "Action: Look again.\npyautogui.moveTo(x=0.0200, y=0.0200)"
    assert "Previous actions:\nNone" in planner.shown[0][1].text
    assert "Previous actions:\nStep 1: Look at the corner." in planner.shown[1][1].text
    assert "Step 2: Look again." in planner.shown[3][1].text
    assert [messages[1].text.partition("\n")[0] for messages in grounder.shown] == [
        "Instruction: Look at the corner.",
        "Instruction: Look again.",
    ]
    assert ended.action == "terminate(status='success')"
    assert ended.error == "execution", "MiniWoB++'s pages end by themselves"
    assert all(step.images for step in done.trajectory.steps)


def test_families_that_training_never_saw_are_a_condition_of_their_own() -> None:
    seen, unseen = posed(episode("click-test", 1, "miniwob/buttons"), episode("navigate-tree", 1, "miniwob/lists"))
    assert (seen.groups["condition"], unseen.groups["condition"]) == ("unseen seed", "unseen task")
    assert seen.groups["actions"] == "click"


def test_there_must_be_episodes_and_no_folder_is_read() -> None:
    with pytest.raises(ConfigError, match=r"screens\.held_out_tasks"):
        problems_of([], [])
    with pytest.raises(ConfigError, match="/data/x"):
        read("/data/x")
