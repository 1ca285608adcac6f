"""The monologue filter: what each rule refuses, and what it lets through."""

import pytest

from journeyman.action_formats.pyautogui_call import (
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Wait,
    Write,
    write_command,
)
from journeyman.generation.screens import monologue_filter as rules
from journeyman.generation.screens import stated_actions as acts
from journeyman.generation.screens.languages import is_english
from journeyman.generation.screens.monologue_filter import reasons_against
from journeyman.generation.screens.quotations import quoted_in, without_quotations
from journeyman.generation.screens.stated_actions import reason_against_action
from journeyman.generation.screens.teacher_answers import Monologue
from journeyman.schema.screen import Element, Episode, ScreenStep

OBSERVATION = "The shop shows a list of articles."
THOUGHT = "I have to buy the lamp, so I put it into the cart now."


def element(
    name: str = "Add to cart", *, role: str = "button", function: str = "adds the lamp", look: str = ""
) -> Element:
    return Element(
        element_id="e1", kind="text" if name else "icon", role=role, name=name, function=function, look=look,
        left=0.1, top=0.1, right=0.2, bottom=0.2,
    )  # fmt: skip


def step(
    command: Command, target: Element | None = None, instruction: str = "Do it.", shot: str = "a", *, slip: bool = False
) -> ScreenStep:
    return ScreenStep(
        screenshot=shot, action=write_command(command), element=target, instruction=instruction, slip=slip
    )


def episode(*steps: ScreenStep, goal: str = 'Buy the "Aurora lamp".') -> Episode:
    return Episode(
        episode_id="x", split="train", family="f", environment="apps", task="t", seed=1, goal=goal, width=100,
        height=100, steps=steps, reward=1, status="solved", cause="", actor="oracle",
    )  # fmt: skip


CLICK = step(Click(0.15, 0.15), element(), 'Click the button that adds "Aurora lamp" to the cart.')


def against(
    instruction: str = 'Click the button "Add to cart".',
    *,
    thought: str = THOUGHT,
    observation: str = OBSERVATION,
    played: Episode | None = None,
    number: int = 0,
) -> tuple[str, ...]:
    told = Monologue(observation=observation, thought=thought, instruction=instruction)
    return reasons_against(told, played or episode(CLICK), number)


@pytest.mark.parametrize(
    "instruction",
    [
        'Click the button "Add to cart".',
        "Click the Add to cart button",
        "Add the lamp by clicking “Add to cart.”",
        'Click the button that adds "Aurora lamp" to the cart.',
        "Click what adds the lamp to my cart.",
        "Press the 'Add to cart' button, i.e. the one below the price of 4.95.",
        'I want to click "Add to cart" to buy the "Aurora lamp".',
    ],
)
def test_an_instruction_that_names_its_element_by_name_or_function_passes(instruction: str) -> None:
    assert against(instruction) == ()


CORRUPTED = [
    ("wrong element", {"instruction": 'Click the button "Empty the cart".'}, rules.ANOTHER_QUOTED),
    ("wrong element, unquoted", {"instruction": "Click the Help button."}, rules.NOT_NAMED),
    ("no element", {"instruction": "Click here."}, rules.NOT_NAMED),
    ("wrong action", {"instruction": 'Scroll down to "Add to cart".'}, acts.OTHER_ACTION),
    ("another click", {"instruction": 'Double-click "Add to cart".'}, acts.OTHER_ACTION),
    ("another button", {"instruction": 'Right-click "Add to cart".'}, acts.OTHER_ACTION),
    ("no action", {"instruction": 'The button "Add to cart".'}, acts.NO_ACTION),
    ("two actions", {"instruction": 'Click "Add to cart" and then scroll down.'}, acts.TWO_ACTIONS),
    ("two sentences", {"instruction": 'Click "Add to cart". Then wait.'}, rules.SENTENCES),
    ("two lines", {"instruction": 'Click "Add to cart"\nWait'}, rules.SENTENCES),
    ("no instruction", {"instruction": " "}, rules.TOO_SHORT),
    ("red box", {"thought": THOUGHT + " The red box is round it."}, rules.HINDSIGHT),
    ("highlighted", {"observation": "The highlighted button adds to the cart."}, rules.HINDSIGHT),
    ("ground truth", {"thought": THOUGHT + " This is the ground-truth action."}, rules.HINDSIGHT),
    ("labelled action", {"thought": THOUGHT + " I follow the labelled action."}, rules.HINDSIGHT),
    ("bounding box", {"instruction": 'Click "Add to cart" in the bounding box.'}, rules.HINDSIGHT),
    ("fractions", {"thought": THOUGHT + " It is at (0.15, 0.15)."}, rules.COORDINATES),
    ("pixels", {"instruction": 'Click "Add to cart", 120 pixels below the top.'}, rules.COORDINATES),
    ("shares", {"thought": THOUGHT + " It is 15% from the left."}, rules.COORDINATES),
    ("code", {"instruction": 'Click "Add to cart" by pyautogui.click(x=1, y=1).'}, rules.CODE),
    ("third person", {"thought": "The user should put the lamp into the cart."}, rules.THIRD_PERSON),
    ("an agent's", {"thought": "My view is that the agent should put it into the cart."}, rules.THIRD_PERSON),
    ("no thought", {"thought": "I see."}, rules.TOO_SHORT),
    ("no observation", {"observation": ""}, rules.TOO_SHORT),
    ("endless", {"thought": "I think " + "and think " * 100}, rules.TOO_LONG),
    ("German", {"thought": "Ich muss die Lampe kaufen, also lege ich sie jetzt in den Korb, my."}, rules.NOT_ENGLISH),
    ("Japanese", {"observation": "画面に 商品の 一覧が ある。"}, rules.NOT_ENGLISH),
]  # fmt: skip


@pytest.mark.parametrize(("told", "reason"), [case[1:] for case in CORRUPTED], ids=[case[0] for case in CORRUPTED])
def test_a_corrupted_monologue_is_refused_by_name(told: dict[str, str], reason: str) -> None:
    assert reason in against(**told)  # type: ignore[arg-type]


def test_every_reason_is_one_that_is_listed_and_all_come_in_that_order() -> None:
    bad = against("pyautogui.click(x=0.1, y=0.2). Then wait. ", thought="The red box.", observation="")
    assert list(bad) == [reason for reason in rules.REASONS if reason in bad]
    assert {rules.CODE, rules.HINDSIGHT, rules.SENTENCES, rules.THIRD_PERSON, rules.TOO_SHORT} <= set(bad)


def test_words_of_the_page_and_of_the_goal_are_no_leak() -> None:
    shape = step(Click(0.15, 0.15), element("", role="shape", function="", look="red box"), "Click the red box.")
    played = episode(shape, goal="Click the red box at coordinate (3, 4).")
    thought = "I see the red box at coordinate (3, 4), which I want."
    assert against("Click the red box.", thought=thought, played=played) == ()
    told = "The list has the entry “bounding box”."
    assert against(observation=told) == ()


def test_a_short_thought_stands_where_it_is_about_the_goal() -> None:
    assert rules.TOO_SHORT not in against(thought="My lamp!")
    assert rules.TOO_SHORT in against(thought="My oh!")


def test_a_name_that_shares_words_with_the_right_one_is_another() -> None:
    rose = step(Click(0.15, 0.15), element("Rose lamp 12", function="opens the article"), 'Open "Rose lamp 12".')
    played = episode(rose, goal='Open "Rose lamp 12".')
    assert against('Click "Rose lamp 12".', played=played) == ()
    assert rules.ANOTHER_QUOTED in against('Click "Rose lamp 15".', played=played)
    assert rules.NOT_NAMED in against("Click Rose lamp 15.", played=played)
    assert rules.NOT_NAMED in against("Click Rose chair 12.", played=played)


def test_what_the_goal_quotes_may_stand_beside_the_elements_own_name_but_not_instead_of_it() -> None:
    assert against('Click "Add to cart" below "Aurora lamp".') == ()
    plain = step(Click(0.15, 0.15), element(function=""), "Click Add to cart.")
    assert rules.ANOTHER_QUOTED in against('Click "Aurora lamp".', played=episode(plain))


def test_a_sentence_may_hold_abbreviations_numbers_and_quoted_sentences() -> None:
    for words in (
        'Click "Add to cart" of Dr. Ash, e.g. now, for 3.5 euros.',
        'Click "Add to cart" for the note "Go. Now!"',
    ):
        assert rules.SENTENCES not in against(words)
    typed = episode(step(Write("See you. Then we talk."), None, 'Type "See you. Then we talk.".'))
    assert against('Type "See you. Then we talk." into the field.', played=typed) == ()


def test_a_step_that_changes_nothing_is_not_taught_unless_it_gives_the_focus() -> None:
    next_step = step(Click(0.15, 0.15), element())
    assert rules.NO_OP in against(played=episode(CLICK, next_step))
    assert rules.NO_OP not in against(played=episode(CLICK, next_step.model_copy(update={"screenshot": "b"})))
    assert rules.NO_OP not in against(played=episode(CLICK, step(Write("x"), None)))
    assert rules.NO_OP in against("Scroll down.", played=episode(step(Scroll(0.5)), next_step))
    assert rules.NO_OP not in against("Wait a second.", played=episode(step(Wait(1)), next_step))


def test_the_step_behind_a_slip_says_what_went_wrong() -> None:
    wrong = step(Click(0.5, 0.5), element("Profile", role="tab"), 'Click the tab "Profile".', "b", slip=True)
    played = episode(wrong, CLICK)
    assert against(played=played, number=1) == (rules.NO_SLIP_TOLD,)
    assert against(thought=f"That tab was a mistake. {THOUGHT}", played=played, number=1) == ()


FITTING: list[tuple[Command, str]] = [
    (Click(0.1, 0.1), "Open the cart."),
    (Click(0.1, 0.1), "To type the name, click the field for it."),
    (Click(0.1, 0.1), 'Press the "Enter" button.'),
    (Click(0.1, 0.1), "Click the field to press Enter in it later."),
    (Click(0.1, 0.1, clicks=2), "Double-click the file."),
    (Click(0.1, 0.1, clicks=3), "Select what stands in the field with three clicks."),
    (Click(0.1, 0.1, clicks=3), "Triple-click the field."),
    (Click(0.1, 0.1, button="right"), "Right-click the file."),
    (MoveTo(0.1, 0.1), "Hover over the menu."),
    (MoveTo(0.1, 0.1), "Move the pointer over the menu."),
    (DragTo(0.1, 0.1, 0.2, 0.2), "Drag the flag onto the pin."),
    (DragTo(0.1, 0.1, 0.2, 0.2), "Click and drag the flag, then drop it on the pin."),
    (DragTo(0.1, 0.1, 0.2, 0.2), "Set the slider to 40 %."),
    (Scroll(0.5), "Scroll down to see more of the page."),
    (Scroll(-0.5), "Scroll back up."),
    (Scroll(0.5), "Use the mouse wheel to scroll down."),
    (Scroll(0.5, "horizontal"), "Scroll right."),
    (Write("Ada"), 'Type "Ada" into the field.'),
    (Write("Ada"), "Enter \u2018Ada\u2019 as the name."),
    (Write("Ada"), "Fill the search field with “Ada.”"),
    (Write('say "hi"'), 'Type "say "hi"" into the field.'),
    (Press(("enter",)), "Press Enter to search."),
    (Press(("enter",)), 'Press the "Return" key.'),
    (Press(("down", "down")), "Press the down arrow twice."),
    (Hotkey(("ctrl", "c")), "Press Ctrl+C to copy."),
    (Hotkey(("ctrl", "c")), "Hold Ctrl and press C."),
    (Hotkey(("ctrl", "a")), "Select all of the text with Ctrl+A."),
    (Hotkey(("ctrl", "v")), "Paste it."),
    (Press(("down", "down")), 'Go to "Belize" with the arrow keys.'),
    (Wait(2), "Wait until the page has loaded."),
    (Call("terminate", (("status", "failure"),)), 'Give up: the shop does not have "Rose lamp".'),
    (Call("terminate", (("status", "success"),)), "Finish the task."),
    (Call("answer", (("answer", "42"),)), "Answer with 42."),
    (Call("select_option", (("x", 0.1), ("y", 0.1), ("value", "Red"))), 'Select "Red" from the list.'),
    (Call("home"), "Go to the home screen."),
]


@pytest.mark.parametrize(("command", "instruction"), FITTING, ids=[text for _, text in FITTING])
def test_an_instruction_says_what_its_command_does(command: Command, instruction: str) -> None:
    assert reason_against_action(instruction, command) == ""


MISFITS: list[tuple[Command, str, str]] = [
    (Click(0.1, 0.1), 'Type "Ada" into the field.', acts.OTHER_ACTION),
    (Click(0.1, 0.1), "Press Enter.", acts.OTHER_ACTION),
    (Click(0.1, 0.1), "Drag the flag onto the pin.", acts.OTHER_ACTION),
    (Click(0.1, 0.1), "Click the field twice.", acts.OTHER_ACTION),
    (Click(0.1, 0.1), 'Click the field and type "Ada".', acts.TWO_ACTIONS),
    (Click(0.1, 0.1, clicks=2), "Click the file.", acts.OTHER_ACTION),
    (Click(0.1, 0.1, button="right"), "Click the file.", acts.OTHER_ACTION),
    (MoveTo(0.1, 0.1), "Click the menu.", acts.OTHER_ACTION),
    (DragTo(0.1, 0.1, 0.2, 0.2), "Click the flag.", acts.OTHER_ACTION),
    (Scroll(0.5), "Scroll up.", acts.OTHER_WAY),
    (Scroll(0.5, "horizontal"), "Scroll to the left.", acts.OTHER_WAY),
    (Scroll(0.5), "Wait for the page.", acts.OTHER_ACTION),
    (Write("Ada"), "Type Ada into the field.", acts.NOT_QUOTED),
    (Write("Ada"), 'Type "ada" into the field.', acts.NOT_QUOTED),
    (Write("Ada"), 'Type "Ada Byron" into the field.', acts.NOT_QUOTED),
    (Write("Ada"), 'Click the field for "Ada".', acts.OTHER_ACTION),
    (Write("Ada"), 'Type "Ada" and press Enter.', acts.TWO_ACTIONS),
    (Press(("enter",)), "Press Tab.", acts.OTHER_KEYS),
    (Press(("enter",)), "Press the send button.", acts.OTHER_ACTION),
    (Hotkey(("ctrl", "c")), "Press Ctrl+V to paste.", acts.OTHER_KEYS),
    (Hotkey(("ctrl", "c")), "Paste it.", acts.OTHER_KEYS),
    (Press(("enter",)), "Go on with the arrow keys.", acts.OTHER_KEYS),
    (Wait(2), "Click the page.", acts.OTHER_ACTION),
    (Call("terminate", (("status", "failure"),)), "Finish the task.", acts.OTHER_ACTION),
    (Call("terminate", (("status", "success"),)), "Give up, since this is impossible.", acts.OTHER_ACTION),
    (Call("answer", (("answer", "42"),)), "Answer with 43.", acts.NOT_GIVEN),
]


@pytest.mark.parametrize(
    ("command", "instruction", "reason"), MISFITS, ids=[f"{type(c).__name__} {text}" for c, text, _ in MISFITS]
)
def test_an_instruction_that_says_another_act_is_told_so(command: Command, instruction: str, reason: str) -> None:
    assert reason_against_action(instruction, command) == reason


def test_quotations_are_found_whatever_their_marks_and_apostrophes_are_none() -> None:
    text = "Don't click “A b”, 'c d' or `e`; it's \"f\" of James' list"
    assert set(quoted_in(text)) == {"A b", "c d", "e", "f"}
    assert without_quotations('Don\'t say "x. y" now') == "Don't say QUOTED now"
    assert quoted_in('Type "a "b" c".', ['a "b" c']) == ('a "b" c',)


def test_english_is_told_from_the_other_languages_of_the_pages() -> None:
    assert is_english("I put the lamp into the cart.")
    assert is_english("")
    assert is_english("Aurora")
    assert not is_english("Klicke auf den Knopf")
    assert not is_english("Cliquez sur le bouton")
    assert not is_english("Haz clic en el botón")
    assert not is_english("кнопка")
