"""Two models as one agent on a screen, and a reply that is begun with a plan."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from journeyman.action_formats.pyautogui_call import Call, Click, Write, read_turn
from journeyman.agent.screen_planner import (
    MAX_PLAN_CHARS,
    EnforcedPlanController,
    PlannedController,
    UnreadablePlanError,
    read_plan,
)
from journeyman.agent.screen_prompt import (
    begun_plan,
    grounding_question,
    planner_system,
    screen_question,
    screen_system,
)
from journeyman.schema.message import Message

ASKED = [screen_system(), screen_question("Log in", ["Click the field."], "aa")]
SHOT = {"aa": b"png"}


class Says:
    """Replies with one text, and remembers what it was asked."""

    def __init__(self, text: str, name: str = "tuned") -> None:
        self.text = text
        self.name = name
        self.asked: list[Message] = []
        self.media: Mapping[str, bytes] = {}

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        self.asked, self.media = list(messages), media
        return self.text


def planned(plan: str, reply: str) -> tuple[str, Says, Says]:
    planner, grounder = Says(plan, "teacher"), Says(reply)
    agent = PlannedController(planner, grounder)
    assert agent.name == "tuned"
    return asyncio.run(agent.act(ASKED, SHOT)), planner, grounder


def test_the_planner_is_asked_as_the_agent_would_be_and_the_grounder_for_its_one_step() -> None:
    text, planner, grounder = planned(' Type "Ann Lee".\n', "pyautogui.write(message='Ann Lee')")
    assert planner.asked == [planner_system(), ASKED[1]]
    assert grounder.asked == [screen_system(), grounding_question('Type "Ann Lee".', "aa")]
    assert planner.media == grounder.media == SHOT
    assert text == "Action: Type \"Ann Lee\".\npyautogui.write(message='Ann Lee')"
    turn = read_turn(text)
    assert (turn.instruction, turn.command) == ('Type "Ann Lee".', Write("Ann Lee"))


def test_what_is_recorded_as_done_is_the_planners_whatever_the_grounder_calls_it() -> None:
    text, *_ = planned("Click OK.", "Thought: I see it.\nAction: Press the button.\npyautogui.click(x=0.5, y=0.25)")
    turn = read_turn(text)
    assert (turn.instruction, turn.thought, turn.command) == ("Click OK.", "I see it.", Click(0.5, 0.25))


@pytest.mark.parametrize(("word", "status"), [("DONE", "success"), ("FAIL.", "failure"), (" DONE.\n", "success")])
def test_the_planner_ends_the_episode_and_the_grounder_is_not_asked(word: str, status: str) -> None:
    text, _, grounder = planned(word, "pyautogui.click(x=0.5, y=0.5)")
    assert read_turn(text).command == Call("terminate", (("status", status),))
    assert not grounder.asked


def test_a_grounder_that_gives_no_command_leaves_the_turn_to_its_reader() -> None:
    text, *_ = planned("Click OK.", "I cannot see it.")
    assert text == "Action: Click OK.\nI cannot see it."
    with pytest.raises(ValueError, match="no command was found"):
        read_turn(text)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("  \n", "it is blank"),
        ("Click OK.\nThen type.", "it has 2 lines"),
        ("Click OK." * 60, f"it has 540 characters; {MAX_PLAN_CHARS} is the limit"),
        ("Action: Click OK.", "begins with a label"),
        ("pyautogui.click(x=0.5, y=0.5)", "it is code"),
        ("terminate(status='success')", "it is code"),
        ("`click()`", "it is code"),
        ("Type \ud800", "surrogate"),
    ],
)
def test_a_reply_that_is_no_step_is_refused_with_its_reason(reply: str, why: str) -> None:
    with pytest.raises(UnreadablePlanError, match=why) as refused:
        planned(reply, "pyautogui.click(x=0.5, y=0.5)")
    assert refused.value.reply.encode()


def test_a_step_may_speak_of_brackets_and_ends() -> None:
    steps = ("Click OK (the blue one).", "Click the button DONE.", 'Type "pyautogui.click(x=0, y=0)" into the field.')
    assert tuple(map(read_plan, steps)) == steps


def test_an_enforced_plan_is_begun_for_the_agent() -> None:
    inner = Says("Thought: So.\nAction: Click OK.\npyautogui.click(x=0.5, y=0.5)")
    agent = EnforcedPlanController(inner)
    assert asyncio.run(agent.act(ASKED, SHOT)) == inner.text
    assert inner.asked == [*ASKED, begun_plan()]
    assert agent.name == "tuned"
