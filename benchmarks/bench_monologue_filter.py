"""Precision and recall of the monologue filter on planted corruptions, by kind; offline, no teacher, no browser.

Steps and wordings are this file's own, in the manner of several models; names are in four languages. "sly" kinds
say the same in words that no rule lists. Figures to reach: 98 % of clean monologues pass, 95 % of plain corruptions
are refused.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from journeyman.action_formats.pyautogui_call import (
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Write,
    write_command,
)
from journeyman.generation.screens.monologue_filter import reasons_against
from journeyman.generation.screens.teacher_answers import Monologue
from journeyman.schema.screen import Element, Episode, ScreenStep

CLEAN = 2000
CORRUPTED = 100
"""Of each kind."""
MISTAKES = 0.2
"""Share of corrupted monologues at which precision is told; of Aguvis' 13.3 % were spoilt."""
REACH_CLEAN, REACH_PLAIN = 0.98, 0.95

NAMES = (
    "Rose lamp 12", "Save", "In den Warenkorb", "Ajouter au panier", "Ver todos los pedidos", "Mail from Dr. Ash",
    "Sign up!", "Apply", "Next >", "Über uns", "Don't ask again", "Settings", "Order no. 4711", "14", "Aurora chair",
    "Terms & conditions", "Réglages", "All articles", "What's new?", "Cart (2)",
)  # fmt: skip
OTHERS = ("Delete everything", "Help centre", "Newsletter", "Mein Profil", "Voir la carte", "Rose vase 90", "Log out")
TEXTS = ("Ada Byron", "See you. Then we talk!", "it's 5 o'clock", "rose lamp", "a@b.example", "12.50", 'the "best" one')
FUNCTIONS = ("opens the cart", "deletes the mail", "shows the next month", "sorts the table by price", "zooms in")
OBSERVATIONS = (
    "The page shows a list with several entries and a bar at the top.",
    "I see a web shop with prices such as 4.95 and 12.50 beside each article.",
    "A form is open, with labels for name and address; the first field is still empty.",
    "The screen displays the app's main view. Nothing has been changed so far.",
    "There's a table with ten rows here, and {seen} stands out near the top.",
    "The previous step worked: the view is now open and {seen} is available.",
)
THOUGHTS = (
    "I have to reach this goal: {goal} The obvious way is {seen}, so I go for it.",
    "The user wants me to do this: {goal} I'll start with {seen}, since nothing else on the page leads there.",
    "My aim is still the same, and {seen} is what brings me closer, e.g. because it belongs to the right entry.",
    "Now that the view is open, I should use {seen}. That gets me to what was asked.",
    "I've found it: {seen} is what I need for the goal, which costs 19.99 at most.",
    "Since the goal is not reached yet, I need to go on, and for me {seen} is the natural next thing.",
    "Let me think. The label of the field says what belongs there, so I continue with {seen}.",
)


class Situation(NamedTuple):
    """A step and right words for it."""

    command: Command
    element: Element | None
    oracle: str
    goal: str
    instructions: tuple[str, ...]
    seen: str


def main() -> None:
    """Print what passes, what is refused, and by kind how much."""
    start = time.perf_counter()
    rng = random.Random("monologue filter")
    wrongly: Counter[tuple[str, str]] = Counter()
    passed = 0
    for _ in range(CLEAN):
        situation, told = _clean(rng)
        reasons = reasons_against(told, *_played(situation))
        passed += not reasons
        if reasons:
            wrongly[reasons[0], told.instruction] += 1
    refused: dict[str, list[bool]] = defaultdict(list)
    missed: dict[str, str] = defaultdict(str)
    for kind, corrupt in CORRUPTIONS.items():
        while len(refused[kind]) < CORRUPTED:
            situation, told = _clean(rng)
            spoilt = corrupt(situation, told, rng)
            if spoilt is not None:
                reasons = reasons_against(spoilt, *_played(situation, kind))
                refused[kind].append(bool(reasons))
                missed[kind] = missed[kind] if reasons else spoilt.instruction
    for kind, instruction in missed.items():
        if instruction and not kind.startswith(("sly", "hindsight")):
            print(f"  not refused as {kind!r}: {instruction}")
    _print(passed / CLEAN, refused, wrongly, time.perf_counter() - start)


def _print(clean: float, refused: Mapping[str, list[bool]], wrongly: Counter[tuple[str, str]], seconds: float) -> None:
    recalls = {kind: sum(found) / len(found) for kind, found in refused.items()}
    for kind, recall in recalls.items():
        print(f"  {kind:<32} refused {recall:7.1%} of {len(refused[kind])}")
    plain = [recall for kind, recall in recalls.items() if not kind.startswith("sly")]
    sly = [recall for kind, recall in recalls.items() if kind.startswith("sly")]
    for (reason, instruction), count in wrongly.most_common(8):
        print(f"  clean, yet refused {count} times as {reason!r}: {instruction}")
    recall, hard = sum(plain) / len(plain), sum(sly) / len(sly)
    lost = (1 - MISTAKES) * (1 - clean)
    print(f"clean monologues that pass: {clean:.1%} of {CLEAN} (to reach: {REACH_CLEAN:.0%})")
    print(f"plain corruptions refused: {recall:.1%} over {len(plain)} kinds (to reach: {REACH_PLAIN:.0%})")
    print(f"sly corruptions refused: {hard:.1%} over {len(sly)} kinds")
    for kind, share in (("plain", recall), ("sly", hard)):
        caught, left = MISTAKES * share, MISTAKES * (1 - share)
        print(
            f"at {MISTAKES:.0%} mistakes, all {kind}: precision of refusals {caught / (caught + lost):.1%}; "
            f"of what is taught {left / (left + (1 - MISTAKES) * clean):.1%} is corrupted"
        )
    total = CLEAN + CORRUPTED * len(recalls)
    print(f"{total / seconds:.0f} monologues a second")


def _clean(rng: random.Random) -> tuple[Situation, Monologue]:
    situation = rng.choice(SITUATIONS)(rng)
    told = Monologue(
        observation=rng.choice(OBSERVATIONS).format(seen=situation.seen),
        thought=rng.choice(THOUGHTS).format(goal=situation.goal, seen=situation.seen),
        instruction=rng.choice(situation.instructions),
    )
    return situation, told


def _played(situation: Situation, kind: str = "") -> tuple[Episode, int]:
    """An episode whose second step it is; what is before and after follows from the corruption."""
    slip = ScreenStep(
        screenshot="0", action="pyautogui.click(x=0.9, y=0.9)", element=None, instruction='Click the tab "Help".',
        slip=kind == "slip not told",
    )  # fmt: skip
    step = ScreenStep(
        screenshot="1",
        action=write_command(situation.command),
        element=situation.element,
        instruction=situation.oracle,
    )
    after = step.model_copy(update={"screenshot": "1" if kind == "no-op step" else "2", "element": _element("Done")})
    episode = Episode(
        episode_id="e", split="train", family="f", environment="apps", task="t", seed=1, goal=situation.goal,
        width=1280, height=800, steps=(slip, step, after), reward=1, status="solved", cause="", actor="oracle",
    )  # fmt: skip
    return episode, 1


def _element(name: str = "", role: str = "button", function: str = "", look: str = "") -> Element:
    return Element(
        element_id=name or function, kind="text" if name else "icon", role=role, name=name, function=function,
        look=look, left=0.1, top=0.1, right=0.2, bottom=0.2,
    )  # fmt: skip


def _named_click(rng: random.Random) -> Situation:
    name, role = rng.choice(NAMES), rng.choice(("button", "link", "tab"))
    wordings = (
        f'Click the {role} "{name}".', f"Click on '{name}'.", f"Click the “{name}” {role} at the top.",
        f"Open “{name}” in the bar.", f"Select {name}.", f"I will click {name} to go on.",
        f'To go on, click the {role} "{name}".', f"Tap the {name} {role} next to the search field",
    )  # fmt: skip
    return Situation(
        Click(0.15, 0.15), _element(name, role), f'Open "{name}".', f'Go to "{name}" and have a look.', wordings,
        f'the {role} "{name}"',
    )  # fmt: skip


def _function_click(rng: random.Random) -> Situation:
    function = rng.choice(FUNCTIONS)
    base = function.replace("opens", "open").replace("deletes", "delete").replace("shows", "show")
    base = base.replace("sorts", "sort").replace("zooms", "zoom")
    wordings = (
        f"Click the icon that {function}.", f"Click the button to {base}.", f"{base.capitalize()} with the icon.",
        f"Press the button which {function}, i.e. the small one.", f"Click what {function}.",
    )  # fmt: skip
    goal = f"I want to {base}, please."
    oracle = f"{base.capitalize()}."
    return Situation(Click(0.15, 0.15), _element("", function=function), oracle, goal, wordings, f"what {function}")


def _typing(rng: random.Random) -> Situation:
    text, field = rng.choice(TEXTS), rng.choice(("search", "name", "message"))
    wordings = (
        f'Type "{text}" into the {field} field.', f'Enter "{text}" in the field for the {field}.', f"Write “{text}”.",
        f'Fill in "{text}" as the {field}.', f'Now type "{text}" to complete the {field}.',
    )  # fmt: skip
    goal = f'Put "{text}" into the {field} field and send it.'
    return Situation(Write(text), None, f'Type "{text}" into the field.', goal, wordings, f"the {field} field")


def _key(rng: random.Random) -> Situation:
    command, wordings = rng.choice(
        (
            (Press(("enter",)), ("Press Enter.", "Press the Enter key to search.", "Hit Return.", 'Press "Enter".')),
            (Press(("tab",)), ("Press Tab to go to the next field.", "Hit the Tab key.")),
            (Press(("down",)), ("Press the down arrow key.", "Press Arrow Down.", "Press the Down key once.")),
            (Hotkey(("ctrl", "a")), ("Press Ctrl+A to select all.", "Select the whole text with Ctrl+A.")),
            (Hotkey(("ctrl", "c")), ("Press Ctrl + C.", "Copy the text with Ctrl+C.", "Hold Ctrl and press C.")),
        )
    )
    return Situation(command, None, wordings[0], "Search for it and copy it.", wordings, "the keyboard")


def _scrolling(rng: random.Random) -> Situation:
    down = rng.random() < 0.5
    way, see = ("down", "further below") if down else ("up", "above")
    wordings = (
        f"Scroll {way} to see what is {see}.", f"Scroll the page {way} a little.", f"Scroll {way}.",
        f"Use the mouse wheel to scroll {way} the list.",
    )  # fmt: skip
    return Situation(Scroll(0.5 if down else -0.5), None, f"Scroll {way}.", "Find it.", wordings, f"what is {see}")


def _dragging(rng: random.Random) -> Situation:
    name, place = rng.choice(("Sound", "Helligkeit", "Zoom")), rng.randint(10, 90)
    wordings = (
        f'Drag the slider "{name}" to {place} %.', f"Set {name} to {place} % by dragging its knob.",
        f"Click and drag the {name} knob to {place} percent.", f'Move the slider "{name}" to about {place} %.',
    )  # fmt: skip
    element = _element(name, "slider")
    return Situation(
        DragTo(0.3, 0.1, 0.2, 0.1), element, f'Drag the knob of "{name}" to {place} %.', f'Set "{name}" to {place} %.',
        wordings, f'the slider "{name}"',
    )  # fmt: skip


def _other_clicks(rng: random.Random) -> Situation:
    name = rng.choice(NAMES)
    command, wordings = rng.choice(
        (
            (Click(0.1, 0.1, clicks=2), (f'Double-click "{name}".', f'Double click the icon "{name}" to open it.')),
            (
                Click(0.1, 0.1, clicks=3),
                (f'Triple-click "{name}" to select it.', f'Select "{name}" with three clicks.'),
            ),
            (Click(0.1, 0.1, button="right"), (f'Right-click "{name}".', f'Open the context menu of "{name}".')),
            (MoveTo(0.1, 0.1), (f'Hover over "{name}".', f'Move the pointer over the menu "{name}".')),
        )
    )
    return Situation(command, _element(name, "item"), wordings[0], f'Use "{name}".', wordings, f'"{name}"')


def _calls(rng: random.Random) -> Situation:
    number = str(rng.randint(2, 900))
    command, wordings = rng.choice(
        (
            (
                Call("terminate", (("status", "failure"),)),
                ("Give up: there is no such article.", "Stop here, since the article cannot be found."),
            ),
            (Call("terminate", (("status", "success"),)), ("Finish the task.", "End the episode, as all is done.")),
            (Call("answer", (("answer", number),)), (f"Answer with {number}.", f'Report "{number}" as the answer.')),
        )
    )
    return Situation(command, None, wordings[0], "Tell me what it costs.", wordings, "all that the page says")


SITUATIONS: tuple[Callable[[random.Random], Situation], ...] = (
    _named_click, _named_click, _named_click, _function_click, _typing, _key, _scrolling, _dragging, _other_clicks,
    _calls,
)  # fmt: skip

Corruption = Callable[[Situation, Monologue, random.Random], Monologue | None]


def _adds(part: str, *sentences: str) -> Corruption:
    def corrupt(_: Situation, told: Monologue, rng: random.Random) -> Monologue:
        words = getattr(told, part)
        # One that ends without a mark would run on.
        ended = words if words.endswith((".", "!", "?")) or not sentences[0][0].isupper() else f"{words}."
        return told.model_copy(update={part: f"{ended} {rng.choice(sentences)}"})

    return corrupt


def _puts(part: str, *texts: str) -> Corruption:
    def corrupt(_: Situation, told: Monologue, rng: random.Random) -> Monologue:
        return told.model_copy(update={part: rng.choice(texts)})

    return corrupt


def _another_element(template: str) -> Corruption:
    def corrupt(situation: Situation, told: Monologue, rng: random.Random) -> Monologue | None:
        if situation.element is None or not isinstance(situation.command, Click) or situation.command.clicks > 1:
            return None
        verb = "Right-click" if situation.command.button == "right" else "Click"
        return told.model_copy(update={"instruction": template.format(verb=verb, name=rng.choice(OTHERS))})

    return corrupt


def _near_name(situation: Situation, told: Monologue, _: random.Random) -> Monologue | None:
    """The name of another thing of its kind, unquoted, where the oracle's words fit both but for the name."""
    if situation.element is None or situation.element.name != "Rose lamp 12":
        return None
    return told.model_copy(update={"instruction": told.instruction.replace("Rose lamp 12", "Rose lamp 15")})


def _another_act(situation: Situation, told: Monologue, rng: random.Random) -> Monologue | None:
    acts = {
        Click: "Click {it}.",
        Scroll: "Scroll to {it}.",
        Write: 'Type "hello" into {it}.',
        DragTo: "Drag {it} to the left.",
        Press: "Press Enter on {it}.",
    }
    name = situation.element.name if situation.element else ""
    kinds = [kind for kind in acts if not isinstance(situation.command, (kind, Hotkey) if kind is Press else kind)]
    if isinstance(situation.command, Click):
        kinds = [kind for kind in kinds if kind is not Click]
    instruction = acts[rng.choice(kinds)].format(it=f'"{name}"' if name else "the page")
    return told.model_copy(update={"instruction": instruction})


def _typed_otherwise(situation: Situation, told: Monologue, rng: random.Random) -> Monologue | None:
    if not isinstance(situation.command, Write) or situation.command.message == "12.50":
        return None
    text = situation.command.message
    spoilt = rng.choice(
        (f"Type {text} into the field.", f'Type "{text}s".', f'Type "{text.swapcase()}".', "Type the text.")
    )
    return told.model_copy(update={"instruction": spoilt})


def _scrolled_otherwise(situation: Situation, told: Monologue, _: random.Random) -> Monologue | None:
    if not isinstance(situation.command, Scroll):
        return None
    way = "up" if situation.command.pages > 0 else "down"
    return told.model_copy(update={"instruction": f"Scroll {way} to see more."})


def _two_acts(situation: Situation, told: Monologue, rng: random.Random) -> Monologue | None:
    if isinstance(situation.command, Call):
        return None
    more = rng.choice((" and scroll down", ", then wait a second", ' and type "hello"', " and then click Save"))
    if isinstance(situation.command, (Press, Hotkey, Scroll)):
        more = " and then click Save"
    return told.model_copy(update={"instruction": told.instruction.rstrip(".!") + f"{more}."})


def _unchanged(_: Situation, told: Monologue, __: random.Random) -> Monologue | None:
    return told


def _no_op(situation: Situation, told: Monologue, _: random.Random) -> Monologue | None:
    return told if isinstance(situation.command, (Click, Scroll, Write, DragTo)) else None


CORRUPTIONS: dict[str, Corruption] = {
    "hindsight: mark": _adds("thought", "The red box is round it.", "It is highlighted.", "The bounding box shows it."),
    "hindsight: answer": _adds("thought", "It is the ground-truth action.", "The labelled action agrees.",
                               "The provided command confirms it."),
    "hindsight: observation": _adds("observation", "A red rectangle is round it.", "A button is highlighted."),
    "coordinates: fractions": _adds("thought", "It is at x=0.1512, y=0.1498.", "It is near (0.15, 0.15)."),
    "coordinates: pixels": _adds("thought", "It is 120 px from the top.", "Its place is (192, 120)."),
    "coordinates: shares": _adds("thought", "It is at 15% from the left.", "I find it at coordinates 15 and 20."),
    "code": _adds("instruction", "pyautogui.click(x=0.1512, y=0.1498)", "`click(element=3)`"),
    "third person": _puts("thought", "The user should now use this part of the page.",
                          "The agent must go on with the list, since the goal is not reached.",
                          "It is necessary to use the bar, as the goal asks for it."),
    "German, French, Spanish": _puts("thought", "Ich muss zum Ziel und klicke jetzt auf den Knopf in der Leiste.",
                                     "Je dois atteindre le but, donc je clique sur le bouton dans la barre.",
                                     "Tengo que llegar al objetivo, por eso hago clic en el botón de la barra."),
    "no thought": _puts("thought", "", "Okay.", "I see."),
    "no observation": _puts("observation", "", "Page."),
    "endless thought": _adds("thought", "I look at it once more. " * 40),
    "two sentences": _adds("instruction", "Then wait for the page.", "After that the page changes.", "This is needed."),
    "two actions": _two_acts,
    "another element, quoted": _another_element('{verb} the button "{name}".'),
    "another element, unquoted": _another_element("{verb} the {name} button."),
    "another element's number": _near_name,
    "no element": _another_element("{verb} here to go on."),
    "another action": _another_act,
    "another text": _typed_otherwise,
    "another way": _scrolled_otherwise,
    "no-op step": _no_op,
    "slip not told": _unchanged,
    "sly hindsight": _adds("thought", "The picture already tells me where to click.", "It has a line of red round it.",
                           "The step that I was given confirms this choice.", "I know the solution is this one."),
    "sly place": _adds("thought", "It lies a sixth of the way across.", "It is two fingers below the top edge."),
    "sly third person": _puts("thought", "Our agent goes on with my list.", "He now needs the bar to get to my goal."),
    "sly second act": _adds("instruction", "before going on to save it", "while holding the key"),
}  # fmt: skip


if __name__ == "__main__":
    main()
