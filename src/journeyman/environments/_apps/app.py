"""What an app is: things drawn from a seed, a template that shows them, and tasks about them."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from journeyman.environment import ActionKind
from journeyman.environments._apps.spec import LANGUAGES, PageSpec
from journeyman.environments._apps.vocabulary import Four
from journeyman.environments._apps.words import word

Value = str | int | bool
"""What a page's state holds."""
Values = Mapping[str, Value]
"""By key."""
T = TypeVar("T")
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where an app's contents come from."""

    spec: PageSpec
    rng: random.Random

    def t(self, key: str) -> str:
        """What stands on a part of the page, in its language."""
        return word(self.spec.language, key)

    def of(self, four: Four, **values: object) -> str:
        """``four`` in the page's language, with ``values`` filled in."""
        return four[LANGUAGES.index(self.spec.language)].format(**values)

    def some(self, choices: Sequence[T], least: int, most: int) -> list[T]:
        """Between ``least`` and ``most`` of ``choices``, each at most once, in any order."""
        return self.rng.sample(choices, min(self.rng.randint(least, most), len(choices)))


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to press in the bar or the header."""

    key: str
    icon: str
    label: str
    function: str
    """What it does, in English, e.g. ``opens the shopping cart``."""
    do: str
    """In the words of ``page.js.j2``."""
    on: str = ""
    """When it is lit; empty for never."""
    count: str = ""
    """What of the state it counts; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Content(Generic[F]):
    """What is on a page of an app."""

    facts: F
    """The app's own things, for its template and its tasks."""
    entries: tuple[Entry, ...]
    """Of the bar."""
    state: Values
    """What tasks judge."""
    view: Values
    """What is open and shown, which no task judges."""
    brand: str
    tools: tuple[Entry, ...] = ()
    """Of the header, the app's own."""
    openings: tuple[Values, ...] = ()
    """Other views that a page without a task may begin in."""
    sums: Mapping[str, str] = field(default_factory=dict)
    """By name in the view: prefix of the state's values that it sums."""


MoveKind = Literal["click", "triple", "write", "press", "drag", "slide", "call"]


@dataclass(frozen=True, slots=True)
class Move:
    """A step towards a goal, named by elements instead of places."""

    kind: MoveKind
    say: str
    """What is done, in one sentence."""
    target: str = ""
    """``data-id`` of what is acted on; empty for the keyboard."""
    text: str = ""
    """Words to write, a key to press, or a function to call."""
    onto: str = ""
    """``data-id`` of where a drag ends."""
    share: float = 0.5
    """Where on the target's width a slide ends, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task on one page."""

    goal: str
    plan: tuple[Move, ...]
    """One way to do it."""
    want: Values | None = None
    """What the state must have become, all else being as it was; None where the page cannot be brought to it."""
    free: tuple[str, ...] = ()
    """Keys of the state that do not matter; one that ends in a dot stands for all that begin so."""
    answer: str | None = None
    """What is to be answered; None where nothing is asked."""


@dataclass(frozen=True, slots=True)
class TaskKind(Generic[F]):
    """Tasks of one kind, e.g. ``add-to-cart``."""

    name: str
    actions: tuple[ActionKind, ...]
    make: Callable[[Content[F], Drawing], Assignment]
    possible: bool = True
    """False where what is asked for is not on the page: the right thing is to say so."""


@dataclass(frozen=True, slots=True)
class App(Generic[F]):
    """An app; its template has its name."""

    name: str
    compose: Callable[[Drawing], Content[F]]
    tasks: tuple[TaskKind[F], ...]


def give_up(why: str) -> tuple[Move, ...]:
    """The plan of a task that cannot be done."""
    return (Move("call", f"Give up: {why}.", text="failure"),)


def fill(target: str, text: str, what: str) -> tuple[Move, ...]:
    """The moves that write ``text`` into an empty field."""
    return (
        Move("click", f"Click the field for {what}.", target),
        Move("write", f'Type "{text}" into the field for {what}.', text=text),
    )
