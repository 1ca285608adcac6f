"""A talk of several questions: files and history stay, skill turns are hidden, a failed question is forgotten."""

import asyncio

import pytest

from journeyman.agent.prompt import SKILL_RESULTS
from journeyman.agent.skill_session import Attached, SkillSession, visible_turns
from journeyman.errors import ToolError
from journeyman.schema.record import sha256_hex
from tests.agent.skill_toys import BLUE, QUERY, RED, Script, bench_of_toys, ref, solve, turn

GIVEN = Attached(ref(RED), RED)
PAINT = ("paint_blue", {"image": "file_1.png"})


def talk(controller, bench, *questions):
    """Ask each question, with its files; gives the replies, the exchanges, and what was read of the first artifact."""

    async def go():
        async with SkillSession.open(controller=controller, bench=bench) as session:
            replies = [await session.ask(text, files) for text, files in questions]
            made = [name for reply in replies for name in reply.artifacts]
            return replies, tuple(session.exchanges), [session.read(name) for name in made]

    return asyncio.run(go())


def test_a_later_question_goes_on_with_what_skills_made(tmp_path):
    controller = Script(
        turn(PAINT), turn(value="Done."), turn(("count_things", {"image": "blue_1.png"})), turn(value="Four.")
    )
    (first, second), exchanges, made = talk(
        controller, bench_of_toys(tmp_path), ("Paint it.", (GIVEN,)), ("How many are in it?", ())
    )
    assert (first.value, first.artifacts, second.value, second.artifacts) == ("Done.", ("blue_1.png",), "Four.", ())
    assert made == [BLUE]
    assert [len(reply.hidden) for reply in (first, second)] == [1, 1]
    assert [call.tool for call in second.steps[0].tool_calls] == ["count_things"]
    assert "How many are in it?" in second.steps[0].observation
    last = controller.shown[-1]
    assert [m.role for m in last] == ["system", *["user", "assistant"] * 3, "user"]
    assert [m.text.split("\n")[0] for m in last if m.role == "user"] == [
        "Task: Paint it.",
        SKILL_RESULTS,
        "Task: How many are in it?",
        SKILL_RESULTS,
    ]
    visible = visible_turns(exchanges)
    assert [(m.role, m.text) for m in visible] == [
        ("user", "Paint it."),
        ("assistant", "Done."),
        ("user", "How many are in it?"),
        ("assistant", "Four."),
    ]
    assert visible[0].images == (sha256_hex(RED),)


def test_one_question_is_the_run_of_a_query(tmp_path):
    lines = (turn(PAINT, ("nothing", {})), turn(value="x"))
    bench = bench_of_toys(tmp_path, shown_first=("count_things",))
    (reply,), _, _ = talk(Script(*lines), bench, (QUERY.text, (GIVEN,)))
    run = solve(Script(*lines), bench).trajectory
    assert (run.steps, run.context, run.status) == (reply.steps, reply.context, reply.ended.status)


def test_a_question_without_an_answer_is_forgotten_and_its_files_stay(tmp_path):
    controller = Script(turn(PAINT), turn(PAINT), turn(("count_things", {"image": "blue_2.png"})), turn(value="Four."))
    (first, second), exchanges, _ = talk(
        controller, bench_of_toys(tmp_path, max_steps=2), ("Paint it.", (GIVEN,)), ("How many?", ())
    )
    assert (first.ended.status, first.value, len(first.hidden)) == ("max_steps", "", 2)
    assert first.artifacts == ("blue_1.png", "blue_2.png")
    assert second.value == "Four."
    assert [m.role for m in controller.shown[-1]] == ["system", "user", "assistant", "user"]
    assert [m.text for m in visible_turns(exchanges)] == ["Paint it.", "How many?", "Four."]


def test_questions_that_come_at_once_are_answered_one_after_the_other(tmp_path):
    controller = Script(turn(PAINT), turn(value="one"), turn(PAINT), turn(value="two"))

    async def go():
        async with SkillSession.open(controller=controller, bench=bench_of_toys(tmp_path)) as session:
            first = session.ask("First?", (GIVEN,))
            return await asyncio.gather(first, session.ask("Second?"))

    assert [reply.value for reply in asyncio.run(go())] == ["one", "two"]
    assert [m.role for m in controller.shown[-1]] == ["system", *["user", "assistant"] * 3, "user"]


def test_a_file_of_a_name_that_is_taken_or_none_is_refused_and_the_folder_goes_with_the_talk(tmp_path):
    bench = bench_of_toys(tmp_path)
    with pytest.raises(ToolError, match=r"there is already a file 'file_1\.png'"):
        talk(Script(turn(value="x")), bench, ("One?", (GIVEN,)), ("Two?", (GIVEN,)))
    with pytest.raises(ToolError, match="is not a file of this task"):
        talk(Script(turn(value="x")), bench, ("One?", (Attached(ref(RED, "../x.png"), RED),)))
    assert list(bench.home.iterdir()) == []
