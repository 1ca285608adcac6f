"""The scripted agent of skills: what it calls, what it reads out of the results, and how it errs."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from journeyman.action_formats.skill_json import SkillCall, SkillTurn, UnreadableActionError, read_turn
from journeyman.agent.prompt import SKILL_RESULTS, skill_observation, system_prompt, unreadable_turn
from journeyman.generator import STYLES
from journeyman.generators.llava_plus import GENERATOR
from journeyman.plugins import load_plugin, plugin_names
from journeyman.teacher.scripted.asked import Asked
from journeyman.teacher.scripted.controller import next_turn
from journeyman.teacher.scripted.skills import talk
from journeyman.teacher.scripted.skills.offered import DESCRIPTIONS, PURPOSES
from journeyman.teacher.scripted.skills.scenes import SKILL_KINDS, make_skill_world
from journeyman.teacher.scripted.skills.sentences import word_skill_query
from journeyman.teacher.scripted.skills.solutions import solve
from journeyman.teacher.scripted.skills.talk import Question
from journeyman.tool import Tool, ToolCard

WHERE = "Is the red circle in the left, middle or right third of the picture?"
LOOK = "What information does the picture give?"
BOXES = [{"phrase": "red circle", "box": [0.7, 0.1, 0.9, 0.3], "score": 0.9}]
ERASE = "Take the red circle out of the picture and give me the new file's name."


def _shelf() -> list[Tool]:
    return [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in plugin_names("journeyman.tools")]


def _cards(names: Mapping[str, str]) -> list[ToolCard]:
    """Cards of the skills, by the names in ``names`` where there is one."""
    cards = []
    for tool in _shelf():
        if tool.name in DESCRIPTIONS:
            card, name = tool.card(), names.get(tool.name, tool.name)
            signature = name + card.signature.removeprefix(tool.name)
            cards.append(card.model_copy(update={"name": name, "signature": signature}))
    return cards


class _Run:
    """A conversation with the scripted agent."""

    def __init__(self, text: str, *, files: str = "file_1.png", mark: str = "", rate: float = 0.0, **more: Any) -> None:
        self.text, self.rate = text, rate
        context = "\n".join(json.dumps(line) for line in more.get("context", ()))
        opening = f"Task: {text}" + (f"\nFiles: {files}" if files else "")
        opening += f"\n{SKILL_RESULTS}\n{context}" if context else ""
        self.texts = [("system", system_prompt(_cards(more.get("names", {})), "skill_json")), ("user", opening)]
        self.marks = ((mark, 3),) if mark else ()
        self.label = ""

    def turn(self) -> SkillTurn:
        said = self.say()
        return read_turn(said)

    def say(self) -> str:
        asked = Asked(answer="", texts=tuple(self.texts), marks=self.marks, pictures=1)
        said, self.label = next_turn(asked, self.rate)
        self.texts.append(("assistant", said))
        return said

    def bring(self, *results: Any, **errors: str) -> None:
        """Results of the last turn's calls; ``error`` is that of the first call."""
        actions = read_turn(self.texts[-1][1]).actions
        lines = []
        for action, result in zip(actions, (*([None] if errors else []), *results), strict=True):
            more = {"error": errors["error"]} if result is None else {"result": result}
            lines.append(json.dumps({"API_name": action.name, **more}))
        self.texts.append(("user", skill_observation(lines, self.text)))


def test_descriptions_are_those_of_the_shelf_and_no_other_tool_is_described_so() -> None:
    shelf = _shelf()
    for name, description in DESCRIPTIONS.items():
        assert [tool.name for tool in shelf if tool.card().line().endswith(f": {description}")] == [name]
    assert set(PURPOSES) == set(DESCRIPTIONS) == {name for kind in GENERATOR.kinds for name in kind.tools}


def test_the_words_of_results_are_those_of_the_agents_prompt() -> None:
    assert talk.SKILL_RESULTS == SKILL_RESULTS


def test_a_question_is_solved_in_two_turns_and_the_answer_is_read_from_the_results() -> None:
    run = _Run(WHERE)
    turn = run.turn()
    assert turn.actions == (SkillCall("ground_objects", {"image": "file_1.png", "phrases": "red circle"}),)
    assert turn.value == "I will use ground_objects to help to answer the question. Please wait for a moment."
    assert turn.thoughts
    run.bring(BOXES)
    last = run.turn()
    assert (last.actions, last.value) == ((), "right")
    assert last.thoughts.startswith("Thanks to")
    assert "ground_objects" in last.thoughts


def test_results_decide_and_not_what_the_world_holds() -> None:
    run = _Run(LOOK, mark="tags")
    assert [call.name for call in run.turn().actions] == ["tag_scene"]
    run.bring(["plaid elephant"])
    assert run.turn().value == "plaid elephant"


@pytest.mark.parametrize(
    ("mark", "skill"),
    [("sign", "read_lines"), ("people", "ground_objects"), ("tags", "tag_scene"), ("", "caption_image")],
)
def test_only_the_picture_tells_what_a_question_about_nothing_in_particular_needs(mark: str, skill: str) -> None:
    assert [call.name for call in _Run(LOOK, mark=mark).turn().actions] == [skill]


def test_skills_are_called_by_the_names_that_the_prompt_gives_them() -> None:
    order = list(DESCRIPTIONS)
    names = dict(zip(order, (*order[1:], order[0]), strict=True))
    run = _Run(ERASE, names=names)
    (first,) = run.turn().actions
    assert first.name == names["segment_objects"]
    mask = {"size": [4, 4], "counts": "4"}
    run.bring([{**BOXES[0], "mask": mask}])
    (second,) = run.turn().actions
    assert second == SkillCall(names["inpaint"], {"image": "file_1.png", "mask": mask})
    run.bring({"picture": "other_7.png"})
    assert run.turn().value == "other_7.png"


def test_two_skills_are_called_in_one_turn_and_only_the_one_that_was_down_is_called_again() -> None:
    run = _Run("What does the sign say, and is the red circle in the left, middle or right third?")
    assert [call.name for call in run.turn().actions] == ["read_lines", "ground_objects"]
    run.bring(BOXES, error="read_lines took longer than 60 s")
    again = run.turn()
    assert [call.name for call in again.actions] == ["read_lines"]
    assert "I try once more" in again.thoughts
    run.bring([{"text": "EXIT 4", "box": [0, 0, 1, 1], "score": 1.0}])
    assert run.turn().value == "EXIT 4, right"


def test_a_call_that_was_refused_is_not_made_again() -> None:
    run = _Run(WHERE)
    run.turn()
    run.bring(error="there is no file 'file_1.png'")
    last = run.turn()
    assert (last.actions, last.value) == ((), "unknown")


@pytest.mark.parametrize("found", [[], "text", {"a": 1}, None, [{}], [{"phrase": "red circle"}]], ids=str)
def test_results_that_tell_nothing_end_in_an_answer_that_says_so(found: Any) -> None:
    run = _Run(WHERE)
    run.turn()
    actions = read_turn(run.texts[-1][1]).actions
    line = json.dumps({"API_name": actions[0].name, "result": found})
    run.texts.append(("user", skill_observation([line], WHERE)))
    last = run.turn()
    assert (last.actions, last.value) == ((), "unknown")


def test_results_given_with_the_question_are_used_and_what_they_lack_is_called() -> None:
    given = [{"API_name": "tag_and_ground", "result": {"tags": ["red circle"], "objects": BOXES}}]
    first = _Run(WHERE, context=given).turn()
    assert (first.actions, first.value) == ((), "right")
    assert "given" in first.thoughts
    assert [call.name for call in _Run(ERASE, context=given).turn().actions] == ["segment_objects"]
    renamed = [{"API_name": "look", "result": {"tags": ["red circle"], "objects": BOXES}}]
    assert _Run(WHERE, context=renamed, names={"tag_and_ground": "look"}).turn().value == "right"


def test_the_last_question_of_a_talk_is_answered_over_its_earlier_picture() -> None:
    run = _Run(WHERE)
    run.turn()
    run.bring(BOXES)
    run.turn()
    run.texts.append(("user", "Task: How many blue squares are in the picture?"))
    assert run.turn().actions == (SkillCall("ground_objects", {"image": "file_1.png", "phrases": "blue square"}),)
    run.text = "How many blue squares are in the picture?"
    run.bring([*BOXES, *BOXES])
    assert run.turn().value == "2"


def test_the_ground_and_what_words_tell_need_no_skill() -> None:
    seen = _Run("Which colour is the ground of the picture?", mark="ground").turn()
    assert (seen.actions, seen.value) == ((), make_skill_world("ground", 3, 0.0).background)
    told = _Run("I drew 3 red circles on this picture and then 4 more: how many are that together?").turn()
    assert (told.actions, told.value) == ((), "7")
    words = _Run("Which number is larger, 17 or 94?", files="").turn()
    assert (words.actions, words.value) == ((), "94")


def test_every_planted_mistake_is_labelled_and_spoils_the_run() -> None:
    met: dict[str, str] = {}
    for number in range(60):
        run = _Run(f"{WHERE} It is number {number}.", rate=1.0)
        said = run.say()
        met.setdefault(run.label, said)
    assert set(met) == {"broken turn", "guess", "wrong answer", "wrong tool", "wrong argument"}
    with pytest.raises(UnreadableActionError):
        read_turn(met["broken turn"])
    assert read_turn(met["guess"]).value == "unknown"
    assert read_turn(met["wrong tool"]).actions[0].name == "caption_image"
    assert read_turn(met["wrong argument"]).actions[0].params["image"] == "file_9.png"


def test_where_the_results_are_given_no_mistake_is_in_a_call() -> None:
    given = [{"API_name": "tag_and_ground", "result": {"tags": ["red circle"], "objects": BOXES}}]
    runs = [_Run(f"{WHERE} It is number {number}.", rate=1.0, context=given) for number in range(40)]
    said = {run.say(): run.label for run in runs}
    assert set(said.values()) == {"broken turn", "guess", "wrong answer", "wrong tool"}
    assert not any('"value": "right"}' in text for text in said)


def test_after_a_broken_turn_or_a_wrong_argument_the_right_one_comes() -> None:
    met = set()
    for number in range(40):
        run = _Run(f"{WHERE} It is number {number}.", rate=1.0)
        run.say()
        if run.label == "broken turn":
            run.texts.append(("user", unreadable_turn("the turn is no JSON", run.text)))
        elif run.label == "wrong argument":
            run.bring(error="there is no file 'file_9.png'")
        else:
            continue
        met.add(run.label)
        assert run.turn().actions == (SkillCall("ground_objects", {"image": "file_1.png", "phrases": "red circle"}),)
    assert len(met) == 2


def test_thoughts_vary_with_the_question() -> None:
    texts = [f"How many red circles are in the picture? I have {n} coins." for n in range(30)]
    assert len({_Run(text).turn().thoughts for text in texts}) > 3


def test_words_of_every_kind_and_style_lead_to_its_skills() -> None:
    for kind in GENERATOR.kinds:
        if kind.name not in SKILL_KINDS:
            continue
        files = tuple(f"file_{n + 1}.png" for n in range(kind.num_files))
        for number in range(36):
            world = make_skill_world(kind.name, number, 0.0)
            text = word_skill_query(world, kind.wording, STYLES[number % len(STYLES)])
            question = Question(text, files, kind.name if kind.wording in ("look", "ground") else "", number)
            calls = next(solve(question), [])
            assert [call.skill for call in calls] == list(kind.tools[: len(calls)]), text
            assert bool(calls) == bool(kind.tools), text
