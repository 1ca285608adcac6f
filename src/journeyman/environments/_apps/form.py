"""A form: fields, choices and ticks that are sent once."""

from dataclasses import dataclass

from journeyman.environments._apps.app import (
    App,
    Assignment,
    Content,
    Drawing,
    Entry,
    Move,
    TaskKind,
    Value,
    Values,
    fill,
    give_up,
)
from journeyman.environments._apps.form_words import ASKED, CHOICES, KINDS, TICKS
from journeyman.environments._apps.vocabulary import BRANDS, CITIES, FIRST_NAMES, LAST_NAMES


@dataclass(frozen=True, slots=True)
class Option:
    """One of several."""

    key: str
    label: str
    english: str


@dataclass(frozen=True, slots=True)
class Question:
    """A part of the form."""

    key: str
    kind: str
    """``text``, ``radio``, ``list`` or ``tick``."""
    label: str
    english: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked."""

    title: str
    questions: tuple[Question, ...]
    wrong: tuple[str, str]
    """Key of the field that is filled in already, and what with."""
    absent: Option
    """A choice that is not offered by the question of its key."""

    def of_kind(self, *kinds: str) -> list[Question]:
        """Questions of these kinds."""
        return [question for question in self.questions if question.kind in kinds]


def _compose(drawing: Drawing) -> Content[Form]:
    rng = drawing.rng
    texts = [Question(key, "text", drawing.of(ASKED[key]), ASKED[key][0]) for key in drawing.some(tuple(ASKED), 3, 5)]
    picked = drawing.some(tuple(CHOICES), 2, 3)
    choices = []
    for number, key in enumerate(picked):
        label, options = CHOICES[key]
        shown = drawing.some(tuple(options), 3, len(options) - 1)
        kind = ("radio", "list")[number % 2]
        choices.append(
            Question(key, kind, drawing.of(label), label[0], tuple(_option(drawing, key, name) for name in shown))
        )
    left = [name for name in CHOICES[picked[0]][1] if name not in {option.key for option in choices[0].options}]
    absent = _option(drawing, picked[0], rng.choice(left))
    ticks = [Question(key, "tick", drawing.of(TICKS[key]), TICKS[key][0]) for key in drawing.some(tuple(TICKS), 2, 4)]
    rest = [*texts, *choices]
    rng.shuffle(rest)
    wrong = rng.choice(texts).key
    facts = Form(
        drawing.of(rng.choice(KINDS)),
        (*rest, *ticks),
        (wrong, _said(drawing, wrong)),
        Option(picked[0], absent.label, absent.english),
    )
    entries = tuple(
        Entry(key, icon, drawing.t(key), function, "set sent=false" if key == "details" else "")
        for key, icon, function in (
            ("details", "book", "goes to the details"),
            ("help", "help", "explains the form"),
            ("contact", "phone", "shows how to call"),
            ("terms", "lock", "opens the conditions"),
        )
    )
    state: dict[str, Value] = {"submitted": False}
    for question in facts.questions:
        state[f"in.{question.key}"] = False if question.kind == "tick" else ""
    state[f"in.{wrong}"] = facts.wrong[1]
    some = choices[-1]
    openings: tuple[Values, ...] = (
        {"menu": some.key} if some.kind == "list" else {"sent": False},
        {f"in.{some.key}": some.options[0].key, f"in.{ticks[0].key}": True},
        {f"in.{texts[-1].key}": _said(drawing, texts[-1].key), f"in.{ticks[-1].key}": True},
    )
    return Content(facts, entries, state, {"sent": False}, rng.choice(BRANDS), (), openings)


def _option(drawing: Drawing, key: str, name: str) -> Option:
    four = CHOICES[key][1][name]
    return Option(name, drawing.of(four), four[0])


def _said(drawing: Drawing, key: str) -> str:
    rng = drawing.rng
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    known = {
        "name": f"{first} {last}",
        "city": rng.choice(CITIES),
        "email": f"{first}@example.org".lower(),
        "phone": f"0{rng.randint(100, 999)} {rng.randint(100000, 999999)}",
        "company": f"{last} & Co",
        "street": f"{last} street {rng.randint(1, 99)}",
        "postcode": str(rng.randint(10000, 99999)),
        "code": f"{first[:2].upper()}-{rng.randint(100, 999)}",
    }
    return known[key]


def _fill(content: Content[Form], drawing: Drawing) -> Assignment:
    asked = [question for question in content.facts.of_kind("text") if question.key != content.facts.wrong[0]]
    one, other = drawing.rng.sample(asked, 2)
    said = {question.key: _said(drawing, question.key) for question in (one, other)}
    told = f'"{one.label}" is "{said[one.key]}", "{other.label}" is "{said[other.key]}"'
    goal = drawing.rng.choice(
        (
            f"Fill in the form and submit it: {told}. Leave the rest as it is.",
            f"Enter these into the form, change nothing else, and send it off: {told}.",
            f"Complete two fields ({told}), then submit.",
        )
    )
    plan = (
        *fill(f"in-{one.key}", said[one.key], one.english.lower()),
        *fill(f"in-{other.key}", said[other.key], other.english.lower()),
        Move("click", "Submit the form.", "submit"),
    )
    want = {f"in.{key}": text for key, text in said.items()} | {"submitted": True}
    return Assignment(goal, plan, want)


def _choose(content: Content[Form], drawing: Drawing) -> Assignment:
    question = drawing.rng.choice(content.facts.of_kind("radio"))
    option, tick = drawing.rng.choice(question.options), drawing.rng.choice(content.facts.of_kind("tick"))
    goal = drawing.rng.choice(
        (
            f'Choose "{option.label}" for "{question.label}", tick "{tick.label}" and submit.',
            f'Submit the form with "{tick.label}" ticked and "{option.label}" as "{question.label}".',
            f'"{question.label}": "{option.label}". Also tick "{tick.label}". Then send the form.',
        )
    )
    plan = (
        Move("click", f'Choose "{option.label}".', f"in-{question.key}-{option.key}"),
        Move("click", f'Tick "{tick.label}".', f"in-{tick.key}"),
        Move("click", "Submit the form.", "submit"),
    )
    return Assignment(goal, plan, {f"in.{question.key}": option.key, f"in.{tick.key}": True, "submitted": True})


def _pick(content: Content[Form], drawing: Drawing) -> Assignment:
    question = drawing.rng.choice(content.facts.of_kind("list"))
    option = drawing.rng.choice(question.options)
    goal = drawing.rng.choice(
        (
            f'Pick "{option.label}" from the list "{question.label}" and submit the form.',
            f'Set "{question.label}" to "{option.label}", then submit.',
            f'For "{question.label}" I want "{option.label}". Send the form with that.',
        )
    )
    plan = (
        Move("click", f'Open the list "{question.label}".', question.key),
        Move("click", f'Pick "{option.label}".', f"{question.key}-{option.key}"),
        Move("click", "Submit the form.", "submit"),
    )
    return Assignment(goal, plan, {f"in.{question.key}": option.key, "submitted": True})


def _correct(content: Content[Form], drawing: Drawing) -> Assignment:
    key, old = content.facts.wrong
    question = next(question for question in content.facts.questions if question.key == key)
    new = _said(drawing, key)
    while new == old:
        new = _said(drawing, key)
    goal = drawing.rng.choice(
        (
            f'"{question.label}" is wrong. Replace it by "{new}" and submit.',
            f'Change "{question.label}" from "{old}" to "{new}", then send the form.',
            f'Correct the field "{question.label}": it should say "{new}". Submit the form.',
        )
    )
    plan = (
        Move("triple", "Select what stands in the field with three clicks.", f"in-{key}"),
        Move("write", f'Type "{new}" in its place.', text=new),
        Move("click", "Submit the form.", "submit"),
    )
    return Assignment(goal, plan, {f"in.{key}": new, "submitted": True})


def _absent(content: Content[Form], drawing: Drawing) -> Assignment:
    option = content.facts.absent
    question = next(question for question in content.facts.questions if question.key == option.key)
    goal = drawing.rng.choice(
        (
            f'Choose "{option.label}" for "{question.label}" and submit.',
            f'Submit the form with "{option.label}" as "{question.label}".',
        )
    )
    return Assignment(goal, give_up(f'"{question.label}" does not offer "{option.label}"'))


APP = App(
    "form",
    _compose,
    (
        TaskKind("fill", ("click", "type"), _fill),
        TaskKind("choose", ("click",), _choose),
        TaskKind("pick-from-list", ("click",), _pick),
        TaskKind("correct", ("click", "type"), _correct),
        TaskKind("absent-option", (), _absent, possible=False),
    ),
)
