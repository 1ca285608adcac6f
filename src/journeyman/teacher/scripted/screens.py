"""The three roles about screens: wording what elements are asked for by, the inner monologue, and planning."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from journeyman.teacher.scripted.choices.draws import draws

Told = Mapping[str, Any]
ELEMENT_MISTAKES = ("quotes another element", "states coordinates", "empty")
MONOLOGUE_MISTAKES = ("hindsight", "two sentences", "coordinates", "third person", "wrong element")
"""The last only where an element is acted on."""

_WORDINGS: Mapping[str, tuple[str, ...]] = {
    "name": ('Open "{name}" for me.', 'I need the {role} "{name}".', 'Please go to "{name}".', 'Where is "{name}"?'),
    "function": (
        "I am looking for what {function}.",
        "Use whatever {function}.",
        "Please click the {role} that {function}.",
        "Which part of the page {function}?",
    ),
    "look": ("Click the {look}.", "I mean the {look}.", "Please use the {look}.", "Find the {look} for me."),
}
_OBSERVATIONS = (
    "The page is open and {seen} can be seen. {done}",
    "I see a page with {seen} on it. {done}",
    "On the screen there is {seen}, among other things. {done}",
)
_THOUGHTS = (
    "I have this to do: {goal} {left} I can get there by {seen}, so that is what I use now.",
    "My goal is this: {goal} {left} I think that {seen} brings me closer to it.",
    "{left} I still want to reach the goal, which is: {goal} For that I need {seen}.",
)
_TAKEN_BACK = "My last click was a mistake and did not help, so I go back to what the goal wants. "
_CLICKS = ('Click the {role} "{name}".', 'Click "{name}".', 'Click on the {role} named "{name}".')
_NAMELESS = ("Click the {role} that {function}.", "Click what {function}.")
_TYPING = ('Type "{text}".', 'Type the text "{text}" with the keyboard.', 'Enter "{text}".')
_ELSEWHERE = ("Print preview", "Terms of use", "Rate this page")
"""Names of what is on no generated page."""
_LONGEST_STEP = 400
"""Characters of a planner's step."""


class Played(NamedTuple):
    """What a role says, and the planted mistakes in it."""

    answer: dict[str, Any]
    label: str


def word_elements(elements: Sequence[Told], mistake_rate: float) -> Played:
    """An ``InstructionsOnScreen`` for the elements of the prompt, with mistakes at the rate."""
    instructions, labels = [], []
    for element in elements:
        text, mistake = _worded(element, elements, mistake_rate)
        instructions.append({"number": element["number"], "text": text})
        if mistake:
            labels.append(f"{element['number']}: {mistake}")
    return Played({"instructions": instructions}, "; ".join(labels))


def write_monologue(step: Told, mistake_rate: float) -> Played:
    """A ``Monologue`` about the step of the prompt, with a mistake at the rate."""
    rng = draws("monologue", json.dumps(step, sort_keys=True))
    slips, kind = rng.random() < mistake_rate, rng.random()
    answer = _monologue(step, rng)
    if not slips:
        return Played(answer, "")
    possible = MONOLOGUE_MISTAKES if step["element"] else MONOLOGUE_MISTAKES[:-1]
    mistake = possible[int(kind * len(possible))]
    return Played(answer | _spoilt(answer, mistake, rng), mistake)


def is_planner(system: str) -> bool:
    """Whether a system prompt is a planner's (agent/screen_prompt.py)."""
    return system.startswith("You plan for an agent that works on a screen")


def plan_step(question: str) -> str:
    """A planner's reply: the goal as the first step, then the end. It does not look at the screen."""
    told = re.fullmatch(r"Instruction: (.*)\n\nPrevious actions:\n(.*)", question, re.DOTALL)
    if told is None:
        raise ValueError("a planner is asked with an instruction and the previous actions")
    return " ".join(told[1].split())[:_LONGEST_STEP] if told[2] == "None" else "DONE"


def _worded(element: Told, elements: Sequence[Told], mistake_rate: float) -> tuple[str, str]:
    rng = draws("element words", json.dumps(element, sort_keys=True))
    slips, kind = rng.random() < mistake_rate, rng.random()
    others = [one["name"] for one in elements if one["name"] and one["name"] not in element["name"]]
    clean = rng.choice(_ways(element, elements)).format(**element)
    if not slips:
        return clean, ""
    possible = ELEMENT_MISTAKES if others else ELEMENT_MISTAKES[1:]
    mistake = possible[int(kind * len(possible))]
    left, top, right, bottom = element["box"]
    spoilt = {
        "quotes another element": f'Open "{rng.choice(others or [""])}" for me.',
        "states coordinates": f"Click at x={(left + right) / 2:.3f}, y={(top + bottom) / 2:.3f}.",
        "empty": "",
    }
    return spoilt[mistake], mistake


def _ways(element: Told, elements: Sequence[Told]) -> Sequence[str]:
    """Templates of whatever tells the element from the others that are listed; its place where nothing does."""
    telling = [
        template
        for field, templates in _WORDINGS.items()
        for template in templates
        if element[field] and sum(one[field].casefold() == element[field].casefold() for one in elements) == 1
    ]
    return telling or [f"Click the {{role}} at the {_place(element['box'])} of the screen."]


def _place(box: Sequence[float]) -> str:
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return f"{'top' if down < 0.5 else 'bottom'} {'left' if across < 0.5 else 'right'}"


def _monologue(step: Told, rng: Random) -> dict[str, str]:
    earlier = len(step["earlier_steps"])
    seen = _seen(step["element"])
    done = "Nothing has been done yet." if not earlier else f"Of the task {earlier} steps have been done."
    left = "I have not begun yet." if not earlier else "A part of it is done, and something is left."
    thought = rng.choice(_THOUGHTS).format(goal=step["goal"], left=left, seen=seen)
    return {
        "observation": rng.choice(_OBSERVATIONS).format(seen=seen, done=done),
        "thought": (_TAKEN_BACK if step["mistake"] else "") + thought,
        "instruction": _instruction(step, rng),
    }


def _seen(element: Told | None) -> str:
    if element is None:
        return "what the last step led to"
    if element["name"]:
        return f'the {element["role"]} "{element["name"]}"'
    if element["function"]:
        return f"{_a(element['role'])} that {element['function']}"
    return f"the {element['look']}" if element["look"] else _a(element["role"])


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def _instruction(step: Told, rng: Random) -> str:
    """By the command where that is enough; what is dragged, scrolled or called is worded as it was given."""
    command, element = step["command"], step["element"]
    typed = re.fullmatch(r"pyautogui\.write\(message=(.*)\)", command, re.DOTALL)
    if typed:
        return rng.choice(_TYPING).format(text=ast.literal_eval(typed[1]))
    if element and command.startswith("pyautogui.click("):
        if element["name"] and '"' not in element["name"]:
            return rng.choice((*_CLICKS, "{step}")).format(step=step["step"], **element)
        if element["function"]:
            return rng.choice((*_NAMELESS, "{step}")).format(step=step["step"], **element)
    return str(step["step"])


def _spoilt(answer: Told, mistake: str, rng: Random) -> dict[str, str]:
    """The parts of ``answer`` that the mistake is in."""
    match mistake:
        case "hindsight":
            return {"thought": f"{answer['thought']} The red box shows me that this is right."}
        case "two sentences":
            return {"instruction": f"{answer['instruction']} Then wait for the page."}
        case "coordinates":
            return {"thought": f"{answer['thought']} It is at ({rng.random():.3f}, {rng.random():.3f})."}
        case "third person":
            return {"thought": "The user should go on with the task, and this part of the page serves that."}
        case _:
            return {"instruction": f'Click the button "{rng.choice(_ELSEWHERE)}".'}
