"""The words around a run are golden, and training sees exactly what the loop sent."""

from pathlib import Path

import pytest

from journeyman.agent.prompt import conversation, shorten, system_prompt
from journeyman.recipe import load_recipe
from journeyman.schema.query import FileRef, Query
from journeyman.schema.trajectory import Step, Trajectory
from tests.golden import agrees_with_golden


def _query() -> Query:
    return Query(
        query_id="q",
        split="train",
        family="look/child",
        text="What does the picture tell us?",
        tools=("ocr",),
        needs_picture=True,
        seed=1,
        files=(FileRef(name="file_1.png", sha256="aa", media_type="image/png", origin="written"),),
        gold_json="",
        origin="synthesised",
        teacher="scripted",
    )


def _step(action: str, *, observation: str = "", images: tuple[str, ...] = (), error: str = "") -> Step:
    return Step(action=action, code="", observation=observation, images=images, tool_calls=(), error=error)


def test_the_system_prompt_is_short_and_golden(request: pytest.FixtureRequest) -> None:
    text = system_prompt(load_recipe("t3_agent").tool_cards())
    assert len(text) < 1500
    agrees_with_golden(text, Path("prompts/system.txt"), request)


def test_pictures_stay_where_they_occurred_and_failed_steps_are_not_trained() -> None:
    steps = (
        _step("bad", observation="Error: no", error="execution"),
        _step("look", observation="part.png", images=("bb",)),
        _step("end"),
    )
    run = Trajectory(trajectory_id="t", query_id="q", steps=steps, answer_json='"x"', status="answered", controller="c")
    messages = conversation(_query(), run, "system")
    assert [m.role for m in messages] == ["system", "user", "assistant", "user", "assistant", "user", "assistant"]
    assert [m.images for m in messages if m.role == "user"] == [("aa",), (), ("bb",)]
    assert [m.trained for m in messages if m.role == "assistant"] == [False, True, True]
    assert messages[3].text == "Observation:\nError: no"


def test_a_long_observation_is_cut_in_the_middle_and_says_so() -> None:
    cut = shorten("a" * 3000 + "b" * 3000, limit=1000)
    assert cut.startswith("a" * 500)
    assert cut.endswith("b" * 500)
    assert "5000 characters left out" in cut
