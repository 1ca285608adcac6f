"""Runs about one picture become one dialogue where a live talk would be the same, and stay alone where it would not."""

import random

import pytest

from journeyman.action_formats.skill_json import SkillCall, SkillTurn, write_turn
from journeyman.agent.prompt import SKILL_RESULTS, by_question
from journeyman.dataset.build import build_dataset, check_example
from journeyman.dataset.talks import Talk, dialogue, talks_of
from journeyman.errors import SchemaError
from journeyman.schema.artifact import StageResult
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import messages_from_json
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.storage.store import Store
from tests.dataset.toys import call, file_ref, picture, query, toy_recipe, trajectory

FILE, OTHER, CUT, CUT_AGAIN = (picture((shade, 0, 7)) for shade in (1, 2, 3, 4))
TOPICS = ("where the circle is", "how much the square covers", "which thing is larger", "what is at the left edge")


def asked(number: int, **changes: object) -> Query:
    """Question ``number`` about one picture; those above 0 follow that one."""
    fields = {
        "text": f"Tell me {TOPICS[number]}, please.",
        "files": (file_ref(FILE),),
        "family": f"topic-{number}/child",
        "follows": "q0000" if number else "",
    }
    return query(number, **(fields | changes))


OF_ANOTHER = asked(1, files=(file_ref(OTHER),))


def skill_step(tool: str, *, images: tuple[str, ...] = (), names: str = "file_1.png") -> Step:
    action = write_turn(SkillTurn("I look.", (SkillCall(tool, {"image": names}),), "Wait."))
    seen = f'{SKILL_RESULTS}\n{{"API_name": "{tool}", "result": 1}}\n\nPlease answer.'
    return Step(action=action, code="", observation=seen, images=images, tool_calls=(call(tool),), error="")


def answer_step(value: str) -> Step:
    action = write_turn(SkillTurn("I know.", (), value))
    return Step(action=action, code="", observation="", images=(), tool_calls=(), error="")


def run_of(question: Query, *steps: Step, tool: str = "ground_objects", **changes: object) -> Trajectory:
    value = f"answer {question.seed}"
    given = steps or (skill_step(tool), answer_step(value))
    return trajectory(question, *given, answer=value, **changes)


def built(
    queries: list[Query], runs: list[Trajectory], *, held_out: tuple[Query, ...] = (), **more: object
) -> StageResult:
    recipe = toy_recipe(**({"action_format": "skill_json", "dataset": {"validation_share": 0.0}} | more))
    return build_dataset(
        (STORE.write("trajectories", runs, Trajectory),),
        (STORE.write("queries", queries, Query),),
        (STORE.write("media", [FILE, OTHER, CUT, CUT_AGAIN], MediaFile),),
        (STORE.write("queries", held_out, Query),),
        recipe,
        store=STORE,
    )


STORE = Store("memory://talks")


def examples_of(result: StageResult) -> list[Example]:
    return STORE.records(result.artifacts["kept"], Example)


def test_a_talk_is_one_example_with_files_and_context_at_its_first_question_alone() -> None:
    queries = [asked(n) for n in range(3)]
    runs = [
        run_of(queries[0], context="what was found"),
        run_of(queries[1], skill_step("segment_at", images=(CUT.sha256,)), answer_step("20"), context="what was found"),
        run_of(queries[2], tool="segment_objects", context="what was found"),
    ]
    result = built(queries, runs)
    (example,) = examples_of(result)
    messages = messages_from_json(example.messages_json)
    assert [m.role for m in messages] == ["system", *["user", "assistant"] * 6]
    parts = by_question(messages)
    assert [part[0].text for part in parts] == [
        f"Task: {queries[0].text}\nFiles: file_1.png\n{SKILL_RESULTS}\nwhat was found",
        f"Task: {queries[1].text}",
        f"Task: {queries[2].text}",
    ]
    assert [m.images for part in parts for m in part if m.images] == [(FILE.sha256,), (CUT.sha256,)]
    assert [image.path for image in example.images] == [f"{FILE.sha256}.png", f"{CUT.sha256}.png"]
    assert [m.text for m in messages if m.role == "assistant"] == [step.action for run in runs for step in run.steps]
    assert all(m.trained for m in messages)
    assert example.query == "\n".join(q.text for q in queries)
    assert (example.family, example.tools) == (queries[0].family, ("ground_objects", "segment_at", "segment_objects"))
    assert example.answer_json == '"answer 2"'
    assert example.example_id not in {run.trajectory_id for run in runs}
    assert result.counts.model_dump() == {"taken": 3, "kept": 3, "dropped": 0, "failed": 0}
    assert (result.facts["examples"], result.facts["joined"], result.artifacts["kept"].rows) == ("1", "2", 1)


def test_what_is_left_out_of_a_talk_leaves_the_rest_joined_and_is_counted() -> None:
    queries = [asked(n) for n in range(4)]
    held_out = (query(900, family=queries[1].family, split="held_out"),)
    result = built(queries, [run_of(q) for q in queries if q.seed != 3], held_out=held_out)
    (example,) = examples_of(result)
    assert example.query == f"{queries[0].text}\n{queries[2].text}"
    assert result.counts.model_dump() == {"taken": 3, "kept": 2, "dropped": 1, "failed": 0}
    assert result.facts["joined"] == "1"


def test_without_its_first_run_a_follow_up_is_an_example_alone_with_its_file() -> None:
    queries = [asked(n) for n in range(3)]
    examples = examples_of(built(queries, [run_of(q) for q in queries[1:]]))
    assert [example.example_id for example in examples] == ["t-q0001", "t-q0002"]
    for example in examples:
        assert [image.path for image in example.images] == [f"{FILE.sha256}.png"]
        assert "Files: file_1.png" in example.messages_json


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        ({}, {"context": "something else"}),
        ({}, {"status": "max_steps"}),
        ({"dataset": {"talks": False}}, {}),
        ({"action_format": "python_block"}, {}),
    ],
    ids=["shown something else first", "not answered", "talks are off", "turns are code"],
)
def test_a_run_that_a_live_talk_would_not_hold_so_stays_alone(
    more: dict[str, object], changes: dict[str, object]
) -> None:
    queries = [asked(0), asked(1)]
    result = built(queries, [run_of(queries[0]), run_of(queries[1], **changes)], **more)
    assert [example.query for example in examples_of(result)] == [q.text for q in queries]
    assert (result.counts.kept, result.facts["joined"]) == (2, "0")


@pytest.mark.parametrize("name", ["drawn_1.png", "blue_2.JPG", "file_9.png"])
def test_a_further_run_that_names_another_file_stays_alone(name: str) -> None:
    queries = {q.query_id: q for q in (asked(0), asked(1))}
    first, second = (run_of(q) for q in queries.values())
    naming = run_of(queries["q0001"], skill_step("tag_scene", names=name), answer_step("x"))
    assert [len(t.runs) for t in talks_of([first, second], queries, join=True)] == [2]
    assert [len(t.runs) for t in talks_of([first, naming], queries, join=True)] == [1, 1]
    # The first run's files have the names that a talk gives them.
    begun = run_of(queries["q0000"], skill_step("tag_scene", names=name), answer_step("x"))
    assert [len(t.runs) for t in talks_of([begun, second], queries, join=True)] == [2]


def test_a_run_about_other_files_or_behind_a_run_that_follows_itself_stays_alone() -> None:
    queries = {
        q.query_id: q for q in (asked(0), asked(1, files=(file_ref(OTHER),)), asked(2), asked(3, follows="q0002"))
    }
    talks = talks_of([run_of(q) for q in queries.values()], queries, join=True)
    assert [[run.query_id for run in talk.runs] for talk in talks] == [["q0000", "q0002"], ["q0001"], ["q0003"]]


def test_questions_stand_in_the_order_of_their_seeds_whatever_the_order_of_the_rows() -> None:
    queries = [asked(n, query_id=f"q{(7 * n) % 4:04d}") for n in range(4)]
    runs = [run_of(q) for q in queries]
    result = built(queries, runs)
    (example,) = examples_of(result)
    assert example.query.split("\n") == [q.text for q in queries]
    random.Random(3).shuffle(runs)
    random.Random(4).shuffle(queries)
    assert examples_of(built(queries, runs)) == [example]


def test_a_talk_ties_the_families_of_all_its_questions_to_one_split() -> None:
    talk = [asked(0), asked(1)]
    alone = [
        asked(n, seed=n, query_id=f"q{n:04d}", files=(), follows="", text=f"Say {n}.", family=f"f{n}") for n in (2, 3)
    ]
    like_second = query(7, family=talk[1].family, files=(file_ref(OTHER),))
    queries = [*talk, *alone, like_second]
    for share in (0.2, 0.4, 0.6):
        result = built(queries, [run_of(q) for q in queries], dataset={"validation_share": share})
        splits = {example.query.split("\n")[0]: example.split for example in examples_of(result)}
        assert splits[talk[0].text] == splits[like_second.text]
    assert set(splits.values()) == {"train", "validation"}


def test_the_card_tells_of_dialogues() -> None:
    queries = [asked(n) for n in range(3)]
    card = STORE.get(f"datasets/{built(queries, [run_of(q) for q in queries]).facts['digest']}/README.md").decode()
    assert "1 row is a dialogue: further questions about the same files stand behind the first one's answer." in card
    for asked_of in queries:
        assert f"| {asked_of.family} | 1 |" in card
    alone = STORE.get(f"datasets/{built(queries[:1], [run_of(queries[0])]).facts['digest']}/README.md").decode()
    assert "dialogue" not in alone


def test_a_dialogue_that_lost_a_question_or_a_turn_is_refused_by_the_runs_name() -> None:
    queries = {q.query_id: q for q in (asked(0), asked(1))}
    cut = skill_step("segment_at", images=(CUT.sha256,))
    runs = (
        run_of(queries["q0000"], context="found"),
        run_of(queries["q0001"], cut, answer_step("20"), context="found"),
    )
    files = {file.sha256: file for file in (FILE, CUT)}
    whole = dialogue(Talk(runs), queries, "system")
    check_example(runs, whole, files)
    with pytest.raises(SchemaError, match=r"t-q0001: .* asks 1 questions, 2 were asked"):
        check_example(runs, whole[:5], files)
    with pytest.raises(SchemaError, match="t-q0001: action 2 of 2 is not in"):
        check_example(runs, whole[:-1], files)
    with pytest.raises(SchemaError, match="t-q0000: action 2 of 2 is not in"):
        check_example(runs, (*whole[:4], *whole[5:]), files)
    with pytest.raises(SchemaError, match=f"t-q0001: picture {CUT.sha256} that a tool returned is in no message"):
        check_example(runs, tuple(m.model_copy(update={"content": m.content[:1]}) for m in whole), files)
    with pytest.raises(SchemaError, match="what was shown first is in no message"):
        check_example(tuple(r.model_copy(update={"context": "lost"}) for r in runs), whole, files)
    with pytest.raises(SchemaError, match="is in no media artifact"):
        check_example(runs, whole, {FILE.sha256: FILE})
