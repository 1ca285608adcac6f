"""The scripted roles about screens: clean words pass the filters, planted mistakes do not, and are labelled."""

import re
from collections import Counter
from typing import Any

import pytest

from journeyman.agent.screen_planner import read_plan
from journeyman.agent.screen_prompt import planner_system, screen_question
from journeyman.generation.screens.describe import Telling
from journeyman.generation.screens.monologue_filter import reasons_against
from journeyman.generation.screens.teacher_answers import InstructionsOnScreen, Monologue
from journeyman.schema.screen import Element, Episode, ScreenStep
from journeyman.teacher.scripted.asked import Asked
from journeyman.teacher.scripted.replies import reply
from journeyman.teacher.scripted.screens import ELEMENT_MISTAKES, MONOLOGUE_MISTAKES, word_elements, write_monologue

NAMES = ("Cart", "Help", "", "", "Open mail", "Cart", "Save")


def listed(names: tuple[str, ...] = NAMES, salt: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "role": "button",
            "name": name,
            "function": f"does thing {number} of {salt}" if number % 2 else "",
            "look": "" if name else f"round button number {number}",
            "box": [0.1 * number, 0.1, 0.1 * number + 0.05, 0.2],
        }
        for number, name in enumerate(names)
    ]


def telling() -> tuple[list[Element], Telling]:
    elements = [
        Element(
            element_id=str(one["number"]), kind="text" if one["name"] else "icon",
            **{key: one[key] for key in ("role", "name", "function", "look")},
            **dict(zip(("left", "top", "right", "bottom"), one["box"], strict=True)),
        )
        for one in listed()
    ]  # fmt: skip
    return elements, Telling(elements)


def test_clean_words_mean_their_element_and_vary() -> None:
    elements, told = telling()
    texts = set()
    for salt in range(20):
        answer = InstructionsOnScreen.model_validate(word_elements(listed(salt=salt), 0).answer)
        assert [one.number for one in answer.instructions] == list(range(len(NAMES)))
        for one in answer.instructions:
            assert told.is_unambiguous(elements[one.number], one.text)
            texts.add(one.text)
    assert len(texts) > 40
    assert word_elements(listed(), 0).label == ""


def test_mistakes_in_words_are_labelled_by_number_and_of_all_kinds() -> None:
    kinds: Counter[str] = Counter()
    elements, told = telling()
    for salt in range(30):
        played = word_elements(listed(salt=salt), 1)
        for label in played.label.split("; "):
            number, _, kind = label.partition(": ")
            text = played.answer["instructions"][int(number)]["text"]
            kinds[kind] += 1
            if kind == "quotes another element":
                assert not told.is_unambiguous(elements[int(number)], text)
            elif kind == "empty":
                assert text == ""
            else:
                assert "x=0." in text
    assert set(kinds) == set(ELEMENT_MISTAKES)
    assert sum(kinds.values()) == 30 * len(NAMES)


CLICK = "pyautogui.click(x=0.1, y=0.1)"
DRAG = "pyautogui.dragTo(from_coord=[0.1, 0.1], to_coord=[0.2, 0.1])"


def part(role: str, name: str = "", function: str = "", look: str = "") -> dict[str, Any]:
    return {"role": role, "name": name, "function": function, "look": look}


NO_PART = re.compile(r"\b(?:the|an?) *(?:[,.]|can |on |brings |among |so )|\ba [aeiou]|  ")
"""Where a template's place for a part of the page was left empty, or its article does not fit."""

STEPS: list[tuple[dict[str, Any] | None, str, str]] = [
    (part("link", "Rose lamp"), CLICK, 'Open "Rose lamp".'),
    (part("button", function="opens the cart"), CLICK, "Open the cart."),
    (part("shape", look="blue circle"), CLICK, "Click the blue circle."),
    (part("image"), CLICK, "Click the centre of the image."),
    (part("field", "Name"), "pyautogui.tripleClick(x=0.1, y=0.1)", "Select the name with three clicks."),
    (None, "pyautogui.write(message='it\\'s \"Rose\"')", "Type it."),
    (None, "pyautogui.press(keys='enter')", "Press Enter."),
    (None, "pyautogui.scroll(page=0.5)", "Scroll down."),
    (part("slider", "Sound"), DRAG, 'Drag the knob of "Sound" to 40 %.'),
    (None, "terminate(status='failure')", "Give up: the lamp is not there."),
]


def asked(
    element: dict[str, Any] | None, command: str, step: str, *, earlier: int = 0, mistake: str = ""
) -> dict[str, Any]:
    return {
        "goal": f'Order {earlier} of "Rose lamp".', "earlier_steps": ["Do it."] * earlier, "step": step,
        "command": command, "element": element, "mistake": mistake,
    }  # fmt: skip


def reasons(told: dict[str, Any], answer: dict[str, Any]) -> tuple[str, ...]:
    element = told["element"] and Element(
        element_id="1", kind="text", left=0.1, top=0.1, right=0.2, bottom=0.2, **told["element"]
    )
    slip = ScreenStep(screenshot="", action="pyautogui.click(x=0.9, y=0.9)", element=None, slip=bool(told["mistake"]))
    step = ScreenStep(screenshot="a", action=told["command"], element=element, instruction=told["step"])
    episode = Episode(
        episode_id="x", split="train", family="f", environment="apps", task="t", seed=1, goal=told["goal"], width=9,
        height=9, steps=(slip, step), reward=1, status="solved", cause="", actor="oracle",
    )  # fmt: skip
    return reasons_against(Monologue.model_validate(answer), episode, 1)


@pytest.mark.parametrize("told", STEPS, ids=[step[2] for step in STEPS])
def test_clean_monologues_pass_the_filter_whatever_the_act(told: tuple[dict[str, Any] | None, str, str]) -> None:
    for earlier in range(8):
        for mistake in ("", 'Click the tab "Help".'):
            request = asked(*told, earlier=earlier, mistake=mistake)
            played = write_monologue(request, 0)
            assert played.label == ""
            assert reasons(request, played.answer) == ()
            assert not NO_PART.search(" ".join(played.answer.values()))
            assert played == write_monologue(request, 0)


def test_planted_mistakes_are_of_all_kinds_labelled_and_refused() -> None:
    kinds: Counter[str] = Counter()
    for told in STEPS:
        for earlier in range(8):
            request = asked(*told, earlier=earlier)
            played = write_monologue(request, 1)
            assert reasons(request, played.answer), (played.label, played.answer)
            kinds[played.label] += 1
    assert set(kinds) == set(MONOLOGUE_MISTAKES)


def test_the_rate_decides_how_many_not_which() -> None:
    requests = [asked(*told, earlier=earlier) for told in STEPS for earlier in range(30)]
    labels = {rate: [write_monologue(request, rate).label for request in requests] for rate in (0.2, 1.0)}
    slipped = [label for label in labels[0.2] if label]
    assert 0.1 < len(slipped) / len(requests) < 0.3
    assert all(label in ("", always) for label, always in zip(labels[0.2], labels[1.0], strict=True))


def test_a_planner_gives_the_goal_as_the_first_step_and_then_the_end() -> None:
    for previous, said in (((), "Click the button OK."), (["Click the button OK."], "DONE")):
        question = screen_question("Click the\nbutton OK.", previous, "a" * 64)
        texts = tuple((message.role, message.text) for message in (planner_system(), question))
        answer = reply(Asked(answer="", texts=texts, marks=(), pictures=1), 1.0)
        assert (answer.role, read_plan(answer.text)) == ("planner", said)
