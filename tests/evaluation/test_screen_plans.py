"""Plans on screens in an evaluation: begun for an agent, or asked of a planner over real HTTP and paid for once."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from journeyman.agent.screen_prompt import begun_plan, grounding_question
from journeyman.benchmark import load_benchmark
from journeyman.errors import ConfigError
from journeyman.evaluation import agents
from journeyman.evaluation.agents import planner_of
from journeyman.evaluation.config import EvaluationConfig
from journeyman.evaluation.run import evaluate
from journeyman.recipe import load_recipe
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger, read_calls
from tests.benchmarks import test_android_control as phones
from tests.benchmarks.official import write_folder
from tests.teacher.fake_teacher import FakeTeacher, refusal, serving

ANY_MODEL = ArtifactRef(kind="models", key="k", digest="m", rows=1)
OPEN = "Tap the clock."
CLICK = "pyautogui.click(x=0.2000, y=0.1500)"
THOUGHT = " The clock is there.\nAction: Tap it.\n" + CLICK


class Local:
    """A local model that replies with one text, begun as it was asked to be."""

    def __init__(self, name: str, reply: str) -> None:
        self.name = name
        self.reply = reply
        self.asked: list[list[Message]] = []

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        assert media
        self.asked.append(list(messages))
        return f"Thought:{self.reply}" if messages[-1] == begun_plan() else self.reply


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Local:
    """The model behind every local agent of a test."""
    model = Local("tuned", CLICK)

    @asynccontextmanager
    async def opened(agent, given):
        yield model

    monkeypatch.setattr(agents, "open_local_model", opened)
    return model


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store")


def posed(store: Store, folder: Path) -> tuple[ArtifactRef, ArtifactRef]:
    """One step of a phone at both levels."""
    found = load_benchmark("android_control").read(write_folder(folder, phones.files([phones.row()])))
    return store.write("problems", found.problems, Problem), store.write("media", found.media, MediaFile)


async def tried(
    agent: str, store: Store, folder: Path, fake: FakeTeacher | None, **settings: str
) -> tuple[list[Score], list[Step]]:
    recipe = load_recipe("aguvis", {"evaluation": settings})
    problems, media = posed(store, folder / "data")
    asks_planner = bool(planner_of(agent, load_benchmark("android_control"), recipe.evaluation))

    async def run(**asked: Teacher) -> list[Score]:
        done = await evaluate(agent, problems, (media,), recipe, store=store, home=folder, model=ANY_MODEL, **asked)
        return store.records(done.artifacts["kept"], Score)

    if fake is None:
        scores = await run()
    else:
        known = Settings.model_validate({"OPENAI_BASE_URL": fake.url})
        async with Teacher.open(known, Ledger(store, "calls"), model=fake.models[0]) as teacher:
            scores = await run(**{"planner" if asks_planner else "endpoint": teacher})
    return scores, [step for s in scores for step in Trajectory.model_validate_json(s.trajectory_json).steps]


def test_a_planner_says_the_step_and_the_local_model_does_it(local, store, tmp_path) -> None:
    async def run():
        async with serving(FakeTeacher([OPEN])) as fake:
            return await tried("tuned", store, tmp_path, fake, planner="teacher"), fake

    (scores, steps), fake = asyncio.run(run())
    assert [s.value("Step Acc") for s in scores] == [1, 1]
    assert [step.action for step in steps] == [f"Action: {OPEN}\n{CLICK}"] * 2
    assert {body["messages"][0]["role"] for body in fake.bodies} == {"system"}
    assert "You plan for an agent" in fake.bodies[0]["messages"][0]["content"]
    assert "Previous actions:\nStep 1: Go home\nStep 2: Swipe up" in fake.prompts[0]
    shown = local.asked[0][-1].images[0]
    assert [asked[-1] for asked in local.asked] == [grounding_question(OPEN, shown)] * 2
    assert {call.role for call in read_calls(store, "calls")} == {"planner"}


def test_nothing_is_asked_of_a_planner_twice(local, store, tmp_path) -> None:
    async def run():
        async with serving(FakeTeacher([OPEN])) as fake:
            first = await tried("tuned", store, tmp_path, fake, planner="teacher")
            again = await tried("tuned", store, tmp_path, fake, planner="teacher")
            kept = len(local.asked)
            other = await tried("untuned", store, tmp_path, fake, planner="teacher")
            return first, again, other, kept, len(fake.bodies)

    first, again, other, kept, asked = asyncio.run(run())
    assert again == first
    assert kept == 2, "outcomes are found"
    assert [step.action for step in other[1]] == [step.action for step in first[1]]
    assert len(local.asked) == 4
    assert asked == 2, "another agent on the same screens pays for no plan of theirs"


def test_outcomes_depend_on_how_a_plan_comes_about_and_only_on_screens(local, store, tmp_path) -> None:
    async def run() -> list[int]:
        counts = []
        async with serving(FakeTeacher([OPEN])) as fake, serving(FakeTeacher([OPEN], models=("other",))) as other:
            for endpoint, settings in (
                (None, {}),
                (None, {"plan": "enforced"}),
                (fake, {"planner": "teacher"}),
                (other, {"planner": "teacher"}),
                (None, {"plan": "self"}),
            ):
                await tried("tuned", store, tmp_path, endpoint, **settings)
                counts.append(len(local.asked))
        return counts

    assert asyncio.run(run()) == [2, 4, 6, 8, 8]


def test_an_unreadable_plan_is_an_unreadable_turn_with_its_reason(local, store, tmp_path) -> None:
    async def run():
        async with serving(FakeTeacher(["First this.\nThen that."])) as fake:
            return await tried("tuned", store, tmp_path, fake, planner="teacher")

    scores, steps = asyncio.run(run())
    assert [s.value("Format") for s in scores] == [0, 0]
    assert [(step.action, step.error) for step in steps] == [("First this.\nThen that.", "parse")] * 2
    assert (
        steps[0].observation
        == "Error: the planner's reply is no step: it has 2 lines; one sentence on one line is wanted"
    )
    assert not local.asked


def test_a_local_agents_plan_is_begun_for_it_where_that_is_enforced(local, store, tmp_path) -> None:
    local.reply = THOUGHT
    _, steps = asyncio.run(tried("tuned", store, tmp_path, None, plan="enforced"))
    assert [asked[-1] for asked in local.asked] == [begun_plan()] * 2
    assert {step.action for step in steps} == {f"Thought:{THOUGHT}"}


@pytest.mark.parametrize("reply", [THOUGHT, f"Thought:{THOUGHT}"], ids=["goes on", "answers anew"])
def test_a_server_is_given_the_beginning_and_told_to_go_on(store, tmp_path, reply) -> None:
    async def run():
        async with serving(FakeTeacher([reply])) as fake:
            return await tried("teacher", store, tmp_path, fake, plan="enforced"), fake

    (scores, steps), fake = asyncio.run(run())
    assert fake.bodies[0]["messages"][-1] == {"role": "assistant", "content": "Thought:"}
    assert (fake.bodies[0]["continue_final_message"], fake.bodies[0]["add_generation_prompt"]) == (True, False)
    assert {step.action for step in steps} == {f"Thought:{THOUGHT}"}
    assert [s.value("Step Acc") for s in scores] == [1, 1]


def test_a_server_that_takes_no_beginning_is_a_refusal_that_says_so(store, tmp_path) -> None:
    async def run():
        async with serving(
            FakeTeacher([refusal(400, "This model does not support assistant message prefill.")])
        ) as fake:
            return await tried("teacher", store, tmp_path, fake, plan="enforced")

    scores, _ = asyncio.run(run())
    assert all(s.status.startswith("refused: ") and "prefill" in s.status for s in scores)


def test_a_planner_is_for_local_models_on_screens_alone() -> None:
    config = EvaluationConfig(planner="gpt")
    turns = ("screen_tasks", "mind2web", "android_control")
    assert [planner_of("tuned", load_benchmark(name), config) for name in turns] == ["gpt"] * 3
    alone = ("grounding", "screenspot", "screenspot_pro", "osworld_g", "held_out", "gta_steps")
    assert [planner_of("tuned", load_benchmark(name), config) for name in alone] == [""] * 6
    others = ("teacher", "gpt", "oracle", "random_pixel")
    assert [planner_of(agent, load_benchmark("screen_tasks"), config) for agent in others] == [""] * 4


def test_a_planner_that_is_not_there_and_two_planners_are_refused(local, store, tmp_path) -> None:
    with pytest.raises(ConfigError, match="'tuned' is told its steps by 'gpt'"):
        asyncio.run(tried("tuned", store, tmp_path, None, planner="gpt"))
    with pytest.raises(ConfigError, match="set one"):
        load_recipe("aguvis", {"evaluation": {"planner": "gpt", "plan": "enforced"}})
    with pytest.raises(ConfigError, match=r"evaluation\.plan = 'none'"):
        load_recipe("aguvis", {"evaluation": {"plan": "none"}})
