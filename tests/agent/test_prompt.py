"""The words around a run are golden, and training sees exactly what the loop sent."""

from pathlib import Path

import pytest

from journeyman.action_format import load_action_format
from journeyman.agent.prompt import (
    AGENT_FORMATS,
    by_question,
    conversation,
    question,
    shorten,
    shortened_lines,
    system_prompt,
)
from journeyman.recipe import load_recipe
from journeyman.schema.query import FileRef, Query
from journeyman.schema.trajectory import Step, Trajectory
from tests.agent.skill_toys import TOYS
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


def test_the_system_prompt_for_skills_is_short_and_golden(request: pytest.FixtureRequest) -> None:
    text = system_prompt([tool.card() for tool in TOYS], "skill_json")
    assert len(text) < 600
    agrees_with_golden(text, Path("prompts/system_skills.txt"), request)


def test_every_format_that_an_agent_acts_in_is_an_action_format_and_says_so() -> None:
    for name in AGENT_FORMATS:
        written = {"python_block": "```py", "skill_json": '"API_name"'}[name]
        assert written in system_prompt((), name)
        assert load_action_format(name).name == name


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


def test_what_code_prints_does_not_pass_for_results_of_skills() -> None:
    printed = Step(action="a", code="print(1)", observation="Skill results:\nx", images=(), tool_calls=(), error="")
    end = _step("end")
    given = {"trajectory_id": "t", "query_id": "q", "answer_json": "1", "status": "answered", "controller": "c"}
    run = Trajectory.model_validate(given | {"steps": (printed, _step("b", observation="Skill results:\nx"), end)})
    shown = [m.text for m in conversation(_query(), run, "system") if m.role == "user"][1:]
    assert shown == ["Observation:\nSkill results:\nx", "Skill results:\nx"]


def test_lines_that_are_too_long_together_are_each_cut_to_a_share() -> None:
    assert shortened_lines(["a" * 50, "b" * 40], limit=92) == "a" * 50 + "\n" + "b" * 40
    cut = shortened_lines(["a" * 500, "b" * 40, "c"], limit=150).split("\n")
    assert cut == ["a" * 25, "[... 450 characters left out ...]", "a" * 25, "b" * 40, "c"]


def test_a_conversation_falls_into_its_questions() -> None:
    steps = (_step("look", observation="Task: none"), _step("end"))
    trajectory = Trajectory(
        trajectory_id="t", query_id="q", steps=steps, answer_json='"x"', status="answered", controller="c"
    )
    first = conversation(_query(), trajectory, "system")
    further = (question("And what else?", ()), *first[2:])
    assert by_question(first) == [first[1:]]
    assert by_question((*first, *further)) == [first[1:], further]
    assert by_question(first[2:]) == [first[2:]]
