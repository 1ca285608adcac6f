"""A model behind an OpenAI-compatible server as an agent, over real HTTP: kept, resumed, refused."""

import asyncio

import pytest

from journeyman.action_formats.python_block import Action, write_action
from journeyman.benchmarks.held_out import problems_of
from journeyman.errors import ConfigError
from journeyman.evaluation.run import evaluate
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.query import Gold
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Score
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from tests.dataset.toys import file_ref, picture, query, toy_recipe
from tests.evaluation.test_run import needs_sandbox
from tests.teacher.fake_teacher import FakeTeacher, refusal, serving

RECIPE = toy_recipe(tools=("measure_colour",), generation={"max_steps": 3})
RED = picture((220, 20, 20))
ASKED = [
    query(n, split="held_out", tools=("measure_colour",), files=(file_ref(RED),), text=f"Which colour, number {n}?",
          gold_json=canonical_json(Gold(kind="text", value="red")))
    for n in range(3)
]  # fmt: skip
SOLUTION = write_action(Action("I measure it.", 'x = measure_colour("file_1.png")\nfinal_answer(x[0][0])'))


def settings(fake: FakeTeacher) -> Settings:
    return Settings.model_validate(
        {"JOURNEYMAN_ENDPOINT": {"vllm7b": {"url": fake.url, "model": "qwen", "api_key": "k"}}}
    ).of_endpoint("vllm7b")


async def scored(fake: FakeTeacher, store: Store, home) -> list[Score]:
    problems = [p for p in problems_of(ASKED, tools=RECIPE.tools) if "~" not in p.problem_id]
    ref, media = store.write("problems", problems, Problem), store.write("media", [RED], MediaFile)
    chosen = settings(fake)
    async with Teacher.open(chosen, Ledger(store, "evaluate"), model=chosen.teacher_model) as endpoint:
        done = await evaluate("vllm7b", ref, (media,), RECIPE, store=store, home=home, endpoint=endpoint)
    return store.records(done.artifacts["kept"], Score)


@needs_sandbox
def test_a_served_model_acts_sees_the_picture_and_is_asked_for_nothing_twice(tmp_path) -> None:
    async def run() -> tuple[list[Score], list[Score], FakeTeacher]:
        store = Store("memory://served")
        async with serving(FakeTeacher([SOLUTION], models=("qwen",))) as fake:
            first = await scored(fake, store, tmp_path)
            return first, await scored(fake, store, tmp_path), fake

    first, again, fake = asyncio.run(run())
    assert [(s.agent, s.cause, s.value("AnsAcc")) for s in first] == [("vllm7b", "right", 1)] * 3
    assert again == first
    assert len(fake.bodies) == 3, "the second run found all outcomes"
    assert fake.bodies[0]["model"] == "qwen"
    parts = fake.bodies[0]["messages"][-1]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url"]


@needs_sandbox
def test_a_refused_request_is_a_wrong_answer_that_says_so(tmp_path) -> None:
    async def run() -> list[Score]:
        async with serving(FakeTeacher([refusal(400, "content policy")], models=("qwen",))) as fake:
            return await scored(fake, Store("memory://refused"), tmp_path)

    scores = asyncio.run(run())
    assert [s.cause for s in scores] == ["no readable action"] * 3
    assert all(s.status.startswith("refused: ") and "content policy" in s.status for s in scores)
    assert all(s.value("AnsAcc") == 0 for s in scores)


def test_endpoints_are_variables_of_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("JOURNEYMAN_ENDPOINT__QWEN7B__URL", "http://127.0.0.1:8000/v1")
    monkeypatch.setenv("JOURNEYMAN_ENDPOINT__QWEN7B__MODEL", "Qwen/Qwen2-VL-7B-Instruct")
    found = Settings().of_endpoint("qwen7b")
    assert (found.openai_base_url, found.teacher_model) == ("http://127.0.0.1:8000/v1", "Qwen/Qwen2-VL-7B-Instruct")
    with pytest.raises(ConfigError, match=r"set JOURNEYMAN_ENDPOINT__OTHER__URL \(there is: qwen7b\)"):
        Settings().of_endpoint("other")
