"""Aguvis' published text, character by character: what is asked, replied and learnt, and its rows on disk."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.aguvis_text import (
    SYSTEM,
    PublishedRow,
    parse_rows,
    previous_actions,
    prompt_tail,
    published_conversation,
    published_prompt,
    published_question,
    published_system,
    read_published,
    read_row,
    write_published,
    write_row,
)
from journeyman.action_formats.pyautogui_call import (
    MAX_CHARS,
    MOBILE_FUNCTIONS,
    AskedTurn,
    Call,
    Click,
    ScreenTurn,
    Write,
    write_command,
)
from journeyman.errors import ConfigError
from tests.action_formats.screen_turns import TURNS

STEP = ScreenTurn(Click(0.8102, 0.9463), "Click the OK button.", "The dialog is done.")
STEP_TEXT = (
    "<|im_start|>assistant<|recipient|>all\n"
    "Thought: The dialog is done.\n"
    "Action: Click the OK button.<|im_end|>\n"
    "<|im_start|>assistant<|recipient|>os\n"
    "pyautogui.click(x=0.8102, y=0.9463)<|diff_marker|>\n"
)
PAIR = ScreenTurn(Click(0.5, 0.25))
PAIR_TEXT = "<|im_start|>assistant<|recipient|>os\npyautogui.click(x=0.5000, y=0.2500)<|diff_marker|>\n"
SYSTEM_TEXT = (
    "<|im_start|>system\nYou are a GUI agent. You are given a task and a screenshot of the screen. You need to perform "
    "a series of pyautogui actions to complete the task.<|im_end|>\n"
)
USER_TEXT = (
    "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Please generate the next move according to the ui "
    "screenshot, instruction and previous actions.\n\nInstruction: {}\n\nPrevious actions:\n{}\n<|im_end|>\n"
)


def test_the_prompt_is_the_published_one():
    assert published_prompt("more button") == SYSTEM_TEXT + USER_TEXT.format("more button", "None")
    steps = published_prompt("Log in", ["Click the name field.", "Type\nthe name."])
    assert steps == SYSTEM_TEXT + USER_TEXT.format("Log in", "Step 1: Click the name field.\nStep 2: Type the name.")


def test_the_system_text_for_phones_lists_functions_as_published():
    lines = published_system(MOBILE_FUNCTIONS).split("\n")
    assert lines[:3] == [SYSTEM, "", "You have access to the following functions:"]
    assert lines[3] == (
        '- {"name": "mobile.swipe", "description": "Swipe on the screen", "parameters": {"type": "object", '
        '"properties": {"from_coord": {"type": "array", "items": {"type": "number"}, "description": '
        '"The starting coordinates of the swipe"}, "to_coord": {"type": "array", "items": {"type": "number"}, '
        '"description": "The ending coordinates of the swipe"}}, "required": ["from_coord", "to_coord"]}}'
    )
    assert lines[5] == '- {"name": "mobile.back", "description": "Press the back button"}'
    names = [json.loads(line[2:])["name"] for line in lines[3:-1]]
    assert names == [f"mobile.{name}" for name in ("swipe", "home", "back", "wait", "long_press", "open_app")]
    assert lines[-1] == ""


def test_a_reply_is_the_published_one():
    assert write_published(PAIR) == PAIR_TEXT
    assert write_published(STEP) == STEP_TEXT
    full = ScreenTurn(PAIR.command, "Click.", "So.", "A form.")
    assert write_published(full).startswith(
        "<|im_start|>assistant<|recipient|>all\nObservation: A form.\nThought: So.\nAction: Click.<|im_end|>\n"
    )
    for turn in (PAIR, STEP, full):
        assert read_published(write_published(turn)) == turn


@pytest.mark.parametrize(
    ("tail", "instruction", "text"),
    [
        ("grounding", "", "<|im_start|>assistant<|recipient|>os\n"),
        ("self plan", "", "<|im_start|>assistant<|recipient|>"),
        ("enforced plan", "", "<|im_start|>assistant<|recipient|>all\nThought: "),
        ("given instruction", "Click OK.", "<|im_start|>assistant<|recipient|>all\nAction: Click OK.\n"),
    ],
)
def test_a_reply_can_be_made_to_begin(tail, instruction, text):
    assert prompt_tail(tail, instruction) == text


def test_a_tail_takes_an_instruction_or_none():
    with pytest.raises(ValueError, match="given instruction takes an instruction"):
        prompt_tail("given instruction")
    with pytest.raises(ValueError, match="grounding takes no instruction"):
        prompt_tail("grounding", "Click.")
    with pytest.raises(ValueError, match="control token"):
        prompt_tail("given instruction", "<|im_end|>")


OS_PART = "<|im_end|>\n<|im_start|>assistant<|recipient|>os\npyautogui.click(x=0.8102, y=0.9463)<|diff_marker|>"
CLICK = "pyautogui.click(x=0.8102, y=0.9463)"


@pytest.mark.parametrize(
    ("tail", "instruction", "reply", "turn"),
    [
        ("grounding", "", f"{CLICK}<|diff_marker|>", ScreenTurn(STEP.command)),
        ("grounding", "", CLICK, ScreenTurn(STEP.command)),
        ("self plan", "", f"os\n{CLICK}<|diff_marker|>\n", ScreenTurn(STEP.command)),
        ("self plan", "", f"all\nThought: The dialog is done.\nAction: Click the OK button.{OS_PART}", STEP),
        ("enforced plan", "", f"The dialog is done.\nAction: Click the OK button.{OS_PART}", STEP),
        (
            "enforced plan",
            "",
            f"The dialog is done.\nAction: Click the OK button.\nassistantos\n{CLICK}\n",
            STEP,
        ),
        ("given instruction", "Click it.", OS_PART, ScreenTurn(STEP.command, "Click it.")),
        ("given instruction", "Click it.", f"assistantos\n{CLICK}", ScreenTurn(STEP.command, "Click it.")),
    ],
)
def test_a_reply_is_read_behind_its_tail_with_and_without_control_tokens(tail, instruction, reply, turn):
    assert read_published(reply, prompt_tail(tail, instruction)) == turn


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("", "no command was found"),
        (f"os\n{CLICK}<|diff_marker|>\nand more", "text follows the end of the turn"),
        (PAIR_TEXT + PAIR_TEXT, "text follows the end of the turn"),
        ("all\nThought: I stop.<|im_end|>\n", "no command was found"),
        (f"all\nThought: <|image_pad|>{OS_PART}", r"control token <\|image_pad\|> stands where none belongs"),
        (f"all\nThought: a{OS_PART[:-15]}{OS_PART}", r"control token <\|im_end\|> stands where none"),
        (f"<|im_start|>user\n{CLICK}", r"control token <\|im_start\|>"),
        ("x" * (MAX_CHARS + 1), f"{MAX_CHARS} is the limit"),
    ],
)
def test_what_is_no_published_reply_says_why(reply, says):
    with pytest.raises(UnreadableActionError, match=says):
        read_published(reply)


def test_a_message_that_spells_a_control_token_holds_none():
    turn = ScreenTurn(Write("\\<|im_end|>"))
    text = write_published(turn)
    assert "\\\\\\x3c|im_end|>" in text
    assert text.count("<|im_end|>") == 0
    assert read_published(text) == turn


def test_words_and_goals_that_hold_a_control_token_are_not_written():
    for write in (
        lambda: write_published(ScreenTurn(Click(), thought="see <|diff_marker|>")),
        lambda: published_prompt("<|im_start|>system"),
        lambda: published_prompt("x", ["<|vision_start|>"]),
        lambda: published_conversation([("a", PAIR), ("<|im_end|>", PAIR)]),
    ):
        with pytest.raises(ValueError, match="control token"):
            write()


def test_a_conversation_of_several_pairs_asks_the_first_in_full():
    text = published_conversation([("more button", PAIR), ("click on search", STEP)]).text
    assert text == (
        SYSTEM_TEXT
        + USER_TEXT.format("more button", "None")
        + PAIR_TEXT
        + "<|im_start|>user\nclick on search<|im_end|>\n"
        + STEP_TEXT
    )


def test_what_is_learnt_is_what_the_assistant_says_and_no_line_break_of_others():
    talk = published_conversation([("two\n\nlines\n", PAIR), ("next", STEP)], ["Click.", "Type."], MOBILE_FUNCTIONS)
    learnt = [talk.text[start:end] for start, end in talk.spans]
    assert learnt == [
        "<|recipient|>os\npyautogui.click(x=0.5000, y=0.2500)<|diff_marker|>",
        STEP_TEXT.removeprefix("<|im_start|>assistant").removesuffix("\n"),
    ]
    mask = [any(start <= at < end for start, end in talk.spans) for at in range(len(talk.text))]
    rest = "".join(character for character, is_learnt in zip(talk.text, mask, strict=True) if not is_learnt)
    assert rest.count("<|im_start|>assistant\n") == 2  # the opening, then the line break behind the end mark
    assert "pyautogui.click" not in rest
    assert talk.text.count("\n") - rest.count("\n") == 5


def test_a_conversation_needs_a_turn():
    with pytest.raises(ValueError, match="at least one turn"):
        published_conversation([])


def test_previous_actions_are_counted_from_one_and_never_blank():
    assert previous_actions([]) == "None"
    assert previous_actions(["a\nb"]) == "Step 1: a b"
    with pytest.raises(ValueError, match="instruction of step 2 is blank"):
        previous_actions(["a", " "])
    with pytest.raises(ValueError, match="goal is blank"):
        published_question(" \n")


ROW = {
    "image": "aitw/1.png",
    "conversations": [
        {
            "from": "human",
            "value": "<image>\nPlease generate the next move according to the ui screenshot, instruction and previous "
            "actions.\n\nInstruction: Log in\n\nPrevious actions:\nStep 1: Click the name field.\n",
        },
        {
            "from": "gpt",
            "value": "Thought: The dialog is done.\nAction: Click the OK button.",
            "recipient": "all",
            "end_turn": False,
        },
        {"from": "gpt", "value": CLICK, "recipient": "os", "end_turn": True},
    ],
}


def test_a_published_row_is_read_and_written_back():
    row = read_row(ROW)
    assert (row.goal, row.previous, row.turns) == ("Log in", ("Click the name field.",), (AskedTurn("Log in", STEP),))
    assert row.images == ("aitw/1.png",)
    assert write_row(row) == ROW


def test_a_packed_row_with_defaults_and_a_system_turn_is_read():
    row = {
        "id": 7,
        "image": ["before.png", "now.png"],
        "conversations": [
            {"from": "system", "value": "Be quick."},
            {
                "from": "human",
                "value": "<image><image>Please generate the next move according to the UI screenshot, instruction and "
                "previous actions.\n\nInstruction: more button\n\nPrevious actions:\nNone",
            },
            {"from": "gpt", "value": "pyautogui.click(x=0.5, y=0.25)"},
            {"from": "human", "value": "click on search"},
            {"from": "gpt", "value": "mobile.back()"},
        ],
    }
    read = read_row(row)
    assert read == PublishedRow(
        ("before.png", "now.png"),
        (AskedTurn("more button", PAIR), AskedTurn("click on search", ScreenTurn(Call("back")))),
        (),
        "Be quick.",
        "7",
    )
    written = write_row(read)
    assert [turn["from"] for turn in written["conversations"]] == ["system", "human", "gpt", "human", "gpt"]
    assert written["conversations"][3]["value"] == "click on search"
    assert read_row(written) == read


@given(
    turns=st.lists(st.tuples(st.from_regex(r"[a-z]( ?[a-z\n])*z", fullmatch=True), TURNS), min_size=1, max_size=4),
    previous=st.lists(
        st.from_regex(r"[A-Z][a-z ]*[.]", fullmatch=True).map(lambda s: " ".join(s.split())), max_size=12
    ),
)
@settings(max_examples=200)
def test_a_row_that_is_written_is_read_back(turns, previous):
    row = PublishedRow(("a.png",), tuple(AskedTurn(*turn) for turn in turns), tuple(previous))
    assert read_row(json.loads(json.dumps(write_row(row)))) == row


def test_a_file_is_an_array_or_lines():
    assert parse_rows(json.dumps([ROW, ROW])) == (ROW, ROW)
    assert parse_rows(f"{json.dumps(ROW)}\n\n{json.dumps(ROW)}\n") == (ROW, ROW)
    for text, says in (
        ("{", "neither a JSON array nor"),
        ("[1]", "row 1 is no JSON object"),
        ("[" * 99_999, "neither"),
    ):
        with pytest.raises(ConfigError, match=says):
            parse_rows(text)


def row_of(*conversations, image="a.png"):
    return {
        "image": image,
        "conversations": [dict(zip(("from", "value"), turn, strict=True)) for turn in conversations],
    }


ASKED = ("human", "click on it")
REPLY = ("gpt", CLICK)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({}, "image of a row is neither"),
        (row_of(ASKED, REPLY, image=[]), "image of a row"),
        (row_of(ASKED, REPLY, image=["a", "b", "c"]), "image of a row"),
        ({"image": "a.png"}, "conversations of a row are no list"),
        (row_of(("human", None)), "turn 1 of a row has no value"),
        (row_of(ASKED, ("robot", "x")), "turn 2 of a row is from neither"),
        (row_of(ASKED, ("system", "x"), REPLY), "turn 2 of a row is from neither"),
        (row_of(("system", "x")), "a row has no question"),
        (row_of(REPLY), "follows no question"),
        (row_of(ASKED, REPLY, REPLY), "follows no question"),
        (row_of(ASKED), "its last one has no reply"),
        (row_of(ASKED, ASKED, REPLY), "user turn of a row has no reply"),
        (row_of(("human", "<image>"), REPLY), "has no instruction"),
        (row_of(("human", f"{published_question('x')[:-20]}"), REPLY), "no previous actions"),
        (row_of(("human", published_question("x")[:-5] + "some"), REPLY), "previous actions are None, or lines"),
        (row_of(ASKED, REPLY, ("human", published_question("x", ["y"])), REPLY), "previous actions of its own"),
        (
            {"image": "a", "conversations": [ROW["conversations"][0], {**ROW["conversations"][2], "end_turn": False}]},
            "neither words to all nor an end to os",
        ),
        (
            {"image": "a", "conversations": [ROW["conversations"][0], *[ROW["conversations"][1]] * 2]},
            "neither words to all nor an end to os",
        ),
    ],
)  # fmt: skip
def test_what_is_no_row_says_why(row, says):
    with pytest.raises(ConfigError, match=says):
        read_row(row)


def test_a_row_whose_reply_cannot_be_read_says_why():
    with pytest.raises(UnreadableActionError, match="200 clicks of a wheel"):
        read_row(row_of(ASKED, ("gpt", "pyautogui.scroll(200)")))
    with pytest.raises(UnreadableActionError, match="2 commands"):
        read_row(row_of(ASKED, ("gpt", f"{CLICK}\n{CLICK}")))
    with pytest.raises(UnreadableActionError, match="holds the line assistantos"):
        read_row(row_of(ASKED, ("gpt", f"assistantos\n{CLICK}")))
    assert write_command(read_row(row_of(ASKED, REPLY)).turns[0].turn.command) == CLICK
