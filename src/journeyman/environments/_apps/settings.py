"""Settings: pages of switches, sliders and lists, and a button that nobody should press."""

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
    give_up,
)
from journeyman.environments._apps.settings_words import LISTS, PARTS, SLIDERS, SWITCHES
from journeyman.environments._apps.vocabulary import BRANDS


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of a page of settings."""

    key: str
    kind: str
    """``switch``, ``slider`` or ``list``."""
    part: str
    """Key of its page."""
    label: str
    english: str
    options: tuple[tuple[str, str, str], ...] = ()
    """Of a list: key, label, function."""


@dataclass(frozen=True, slots=True)
class Panel:
    """All settings."""

    parts: tuple[tuple[str, str], ...]
    """Key and name of each page."""
    lines: tuple[Setting, ...]
    absent: str
    """Label of a switch that is not there."""

    def of_kind(self, kind: str) -> list[Setting]:
        """Lines of a kind."""
        return [line for line in self.lines if line.kind == kind]


def _compose(drawing: Drawing) -> Content[Panel]:
    rng = drawing.rng
    parts = drawing.some(tuple(PARTS), 4, len(PARTS))
    # The parts with what every task needs are always there.
    parts += [part for part in ("sound", "display", "language") if part not in parts]
    lines: list[Setting] = []
    left: list[str] = []
    for part in parts:
        switches = [key for key, (where, _) in SWITCHES.items() if where == part]
        shown = drawing.some(switches, max(1, len(switches) - 2), max(1, len(switches) - 1))
        left += [drawing.of(SWITCHES[key][1]) for key in switches if key not in shown]
        own = [_line(drawing, "switch", key, part, SWITCHES[key][1]) for key in shown]
        own += [_line(drawing, "slider", key, part, four) for key, (where, four) in SLIDERS.items() if where == part]
        for key, (where, four, options) in LISTS.items():
            if where == part:
                choices = tuple((name, drawing.of(text), f"chooses {text[0]}") for name, text in options.items())
                own.append(_line(drawing, "list", key, part, four, choices))
        rng.shuffle(own)
        lines += own
    facts = Panel(tuple((part, drawing.of(PARTS[part][1])) for part in parts), tuple(lines), rng.choice(left))
    entries = tuple(
        Entry(
            part,
            PARTS[part][0],
            name,
            f"opens the settings for {PARTS[part][1][0].lower()}",
            f"set part={part}",
            f"part={part}",
        )
        for part, name in facts.parts
    )
    state: dict[str, Value] = {"erased": False}
    for line in lines:
        if line.kind == "switch":
            state[f"set.{line.key}"] = rng.random() < 0.5
        elif line.kind == "slider":
            state[f"set.{line.key}"] = 5 * rng.randint(2, 18)
        else:
            state[f"set.{line.key}"] = rng.choice(line.options)[0]
    one = rng.choice([line for line in lines if line.kind == "list"])
    openings: tuple[Values, ...] = (
        *({"part": part} for part in parts[1:]),
        {"part": one.part, "menu": one.key},
        {"dialog": "erase"},
    )
    view: Values = {"part": parts[0], "dialog": ""}
    return Content(facts, entries, state, view, rng.choice(BRANDS), (), openings)


def _line(
    drawing: Drawing,
    kind: str,
    key: str,
    part: str,
    four: tuple[str, str, str, str],
    options: tuple[tuple[str, str, str], ...] = (),
) -> Setting:
    return Setting(key, kind, part, drawing.of(four), four[0], options)


def _open(content: Content[Panel], line: Setting) -> tuple[Move, ...]:
    if line.part == content.view["part"]:
        return ()
    name = dict(content.facts.parts)[line.part]
    return (Move("click", f'Open the settings "{name}".', f"bar-{line.part}"),)


def _toggle(content: Content[Panel], drawing: Drawing) -> Assignment:
    line = drawing.rng.choice(content.facts.of_kind("switch"))
    name, on = dict(content.facts.parts)[line.part], not content.state[f"set.{line.key}"]
    word = "on" if on else "off"
    goal = drawing.rng.choice(
        (
            f'Turn {word} "{line.label}" in the settings under "{name}".',
            f'Switch "{line.label}" {word}. It is under "{name}".',
            f'I want "{line.label}" to be {word}; look in "{name}".',
        )
    )
    plan = (*_open(content, line), Move("click", f'Turn "{line.label}" {word}.', f"set-{line.key}"))
    return Assignment(goal, plan, {f"set.{line.key}": on})


def _slide(content: Content[Panel], drawing: Drawing) -> Assignment:
    line = drawing.rng.choice(content.facts.of_kind("slider"))
    old = content.state[f"set.{line.key}"]
    to = drawing.rng.choice([value for value in range(10, 100, 10) if abs(value - int(old)) >= 10])
    name = dict(content.facts.parts)[line.part]
    goal = drawing.rng.choice(
        (
            f'Set "{line.label}" to {to} % (under "{name}").',
            f'Move the slider "{line.label}" in "{name}" to {to}.',
            f'Change "{line.label}" from {old} to {to} %. You find it in "{name}".',
        )
    )
    say = f'Drag the knob of "{line.label}" to {to} %.'
    slide = Move("slide", say, f"set-{line.key}", share=to / 100)
    return Assignment(goal, (*_open(content, line), slide), {f"set.{line.key}": to})


def _choose(content: Content[Panel], drawing: Drawing) -> Assignment:
    line = drawing.rng.choice(content.facts.of_kind("list"))
    now = content.state[f"set.{line.key}"]
    key, label, _ = drawing.rng.choice([option for option in line.options if option[0] != now])
    name = dict(content.facts.parts)[line.part]
    goal = drawing.rng.choice(
        (
            f'Set "{line.label}" to "{label}" in the settings under "{name}".',
            f'Choose "{label}" as "{line.label}"; it is in "{name}".',
            f'Under "{name}", change "{line.label}" to "{label}".',
        )
    )
    plan = (
        *_open(content, line),
        Move("click", f'Open the list "{line.label}".', line.key),
        Move("click", f'Choose "{label}".', f"{line.key}-{key}"),
    )
    return Assignment(goal, plan, {f"set.{line.key}": key})


def _absent(content: Content[Panel], drawing: Drawing) -> Assignment:
    label = content.facts.absent
    goal = drawing.rng.choice((f'Turn on "{label}".', f'Switch "{label}" off.', f'Find "{label}" and turn it on.'))
    return Assignment(goal, give_up(f'there is no setting "{label}"'))


APP = App(
    "settings",
    _compose,
    (
        TaskKind("switch", ("click",), _toggle),
        TaskKind("slide", ("click", "drag"), _slide),
        TaskKind("choose", ("click",), _choose),
        TaskKind("absent-setting", (), _absent, possible=False),
    ),
)
