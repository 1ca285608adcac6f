"""What a GUI agent is shown and says, in plain chat."""

from pathlib import Path

import pytest

from journeyman.action_formats.pyautogui_call import MOBILE_FUNCTIONS, Click, Press, ScreenTurn, read_turn, write_turn
from journeyman.agent.screen_prompt import (
    PLAN_BEGINNING,
    begun_plan,
    grounding_conversation,
    grounding_question,
    planner_system,
    screen_question,
    screen_system,
    screen_turn_text,
    step_conversation,
)
from journeyman.schema.message import ImagePart, TextPart, messages_from_json, messages_to_json
from tests.golden import agrees_with_golden

FULL = ScreenTurn(Click(0.1234, 0.5678), "Click OK.", "It is done.", "A dialog is open.")
BARE = ScreenTurn(Press(("enter",)))
COMMAND = "pyautogui.click(x=0.1234, y=0.5678)"


def test_the_system_prompt_is_short_and_golden(request: pytest.FixtureRequest) -> None:
    alone, listed = screen_system(), screen_system(MOBILE_FUNCTIONS)
    assert alone.role == "system"
    assert len(alone.text) < 800
    agrees_with_golden(listed.text, Path("prompts/system_screen.txt"), request)
    assert listed.text.startswith(f"{alone.text}\nFunctions:\n- {{")


def test_a_screen_is_shown_before_it_is_asked_about() -> None:
    message = screen_question(" Log in\n", ["Click the name field.", "Type the name."], "aa")
    assert message.role == "user"
    assert message.content == (
        ImagePart(sha256="aa"),
        TextPart(
            text="Instruction: Log in\n\nPrevious actions:\nStep 1: Click the name field.\nStep 2: Type the name."
        ),
    )
    assert grounding_question("more button", "aa").text == "Instruction: more button\n\nPrevious actions:\nNone"


def test_a_blank_goal_or_step_is_refused() -> None:
    with pytest.raises(ValueError, match="goal is blank"):
        screen_question(" ", (), "aa")
    with pytest.raises(ValueError, match="instruction of step 1 is blank"):
        screen_question("Log in", ("",), "aa")
    with pytest.raises(ValueError, match="goal is blank"):
        grounding_conversation("aa", [("a", BARE), ("", BARE)])


def test_each_level_says_more() -> None:
    assert screen_turn_text(FULL, "l0") == COMMAND
    assert screen_turn_text(FULL, "l1") == f"Action: Click OK.\n{COMMAND}"
    assert screen_turn_text(FULL, "l2") == f"Thought: It is done.\nAction: Click OK.\n{COMMAND}"
    assert screen_turn_text(FULL, "l3") == write_turn(FULL)
    assert screen_turn_text(FULL, "l3").startswith("Observation: A dialog is open.\nThought: ")


def test_a_level_whose_words_are_missing_is_refused() -> None:
    assert screen_turn_text(BARE, "l0") == "pyautogui.press(keys='enter')"
    for level, name in (("l1", "instruction"), ("l2", "instruction"), ("l3", "instruction")):
        with pytest.raises(ValueError, match=f"level {level} needs a text as {name}"):
            screen_turn_text(BARE, level)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a text as observation"):
        screen_turn_text(ScreenTurn(BARE.command, "Confirm.", "So."), "l3")
    with pytest.raises(ValueError, match="no level 'l4'; there are l0, l1"):
        screen_turn_text(FULL, "l4")  # type: ignore[arg-type]


def test_pairs_about_one_screen_share_its_picture() -> None:
    messages = grounding_conversation("aa", [("more button", FULL), (" search ", BARE), ("menu", FULL)])
    assert [message.role for message in messages] == ["system", *["user", "assistant"] * 3]
    assert [message.images for message in messages if message.role == "user"] == [("aa",), (), ()]
    assert [message.text for message in messages[1::2]] == [
        "Instruction: more button\n\nPrevious actions:\nNone",
        "search",
        "menu",
    ]
    assert [message.text for message in messages[2::2]] == [COMMAND, "pyautogui.press(keys='enter')", COMMAND]
    assert messages_from_json(messages_to_json(messages)) == messages


def test_a_step_is_asked_with_its_history_and_says_its_words() -> None:
    messages = step_conversation("Log in", ["Type the name."], "bb", FULL, functions=MOBILE_FUNCTIONS)
    assert messages[0] == screen_system(MOBILE_FUNCTIONS)
    assert messages[1] == screen_question("Log in", ["Type the name."], "bb")
    assert read_turn(messages[2].text, MOBILE_FUNCTIONS) == FULL
    assert step_conversation("Log in", [], "bb", FULL, level="l1")[2].text == f"Action: Click OK.\n{COMMAND}"
    assert step_conversation("Log in", [], "bb", BARE)[2].text == "pyautogui.press(keys='enter')"


def test_a_conversation_asks_something() -> None:
    with pytest.raises(ValueError, match="at least one turn"):
        grounding_conversation("aa", [])


def test_a_planners_prompt_is_short_and_golden(request: pytest.FixtureRequest) -> None:
    message = planner_system()
    assert message.role == "system"
    assert len(message.text) < 1000
    agrees_with_golden(message.text, Path("prompts/system_screen_planner.txt"), request)


def test_a_plan_begins_as_the_turn_writes_it_and_leaves_the_blank_to_the_word_behind() -> None:
    assert screen_turn_text(FULL, "l2").startswith(f"{PLAN_BEGINNING} It is done.")
    assert begun_plan().text == PLAN_BEGINNING == PLAN_BEGINNING.strip()
    assert begun_plan().role == "assistant"
