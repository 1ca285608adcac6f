"""The commands of a GUI agent, each a record that cannot hold what no screen could do.

Coordinates are fractions of the screenshot's width and height, 0 to 1, from its top left. A record keeps
four decimals of them, an eighth of a pixel on a screen of 1280: what is done is then what was written
down, and playing a stored step again hits the same point.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any, Literal, get_args

from journeyman.action_formats._pyautogui_keys import key_name

Button = Literal["left", "right", "middle"]
Point = tuple[float, float]
Value = str | int | float | bool | None | Point
"""What an argument of a pluggable function can be."""

MAX_CHARS = 2_000
"""Of a written message, and of all texts in one call of a pluggable function."""
MAX_KEYS = 100
"""Pressed one after the other by one command."""
MAX_HELD = 6
"""Keys held together."""
MAX_PAGES = 10.0
"""Screens that one command scrolls."""
MAX_SECONDS = 60.0
"""Of one wait."""
MAX_ARGUMENTS = 8
"""Of a pluggable function."""
DECIMALS = 4

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Click:
    """Press and release a button of the mouse."""

    x: float | None = None
    """None, as ``y``, where the pointer is."""
    y: float | None = None
    button: Button = "left"
    clicks: Literal[1, 2, 3] = 1

    def __post_init__(self) -> None:
        if (self.x is None) is not (self.y is None):
            raise ValueError("x and y are given together, or neither for a click where the pointer is")
        if self.x is not None:
            _settle(self, x=fraction("x", self.x), y=fraction("y", self.y))
        if self.button not in get_args(Button):
            raise ValueError(f"button is {short(self.button)}; it is one of {', '.join(get_args(Button))}")
        if type(self.clicks) is not int or not 1 <= self.clicks <= 3:
            raise ValueError(f"clicks is {short(self.clicks)}; it is 1, 2 or 3")


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Move the pointer, pressing nothing."""

    x: float
    y: float

    def __post_init__(self) -> None:
        _settle(self, x=fraction("x", self.x), y=fraction("y", self.y))


@dataclass(frozen=True, slots=True)
class DragTo:
    """Move the pointer with the left button held, and let go."""

    x: float
    """Where it is let go."""
    y: float
    from_x: float | None = None
    """Where it is pressed; None, as ``from_y``, where the pointer is."""
    from_y: float | None = None

    def __post_init__(self) -> None:
        _settle(self, x=fraction("x", self.x), y=fraction("y", self.y))
        if (self.from_x is None) is not (self.from_y is None):
            raise ValueError("from_x and from_y are given together, or neither for a drag from the pointer")
        if self.from_x is not None:
            _settle(self, from_x=fraction("from_x", self.from_x), from_y=fraction("from_y", self.from_y))


@dataclass(frozen=True, slots=True)
class Scroll:
    """Turn the wheel where the pointer is."""

    pages: float
    """Share of the screen's height, or width; positive shows what is further down, or further right."""
    axis: Literal["vertical", "horizontal"] = "vertical"

    def __post_init__(self) -> None:
        pages = _rounded("page", self.pages)
        if not 0 < abs(pages) <= MAX_PAGES:
            raise ValueError(
                f"page is {short(self.pages)}; it is a share of the screen, at most {MAX_PAGES:g}, never 0: "
                "0.5 is half a screen down, -0.5 up"
            )
        _settle(self, pages=pages)
        if self.axis not in ("vertical", "horizontal"):
            raise ValueError(f"axis is {short(self.axis)}; it is vertical or horizontal")


@dataclass(frozen=True, slots=True)
class Write:
    """Type a text into what has the focus."""

    message: str

    def __post_init__(self) -> None:
        if not isinstance(self.message, str) or not self.message:
            raise ValueError(f"message is {short(self.message)}; it is a text that is not empty")
        if len(self.message) > MAX_CHARS:
            raise ValueError(f"message has {len(self.message)} characters; {MAX_CHARS} is the limit")
        check_storable("message", self.message)


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys one after the other."""

    keys: tuple[str, ...]
    """As :func:`~journeyman.action_formats._pyautogui_keys.key_name` names them."""

    def __post_init__(self) -> None:
        keys = _key_names(self.keys)
        if not 1 <= len(keys) <= MAX_KEYS:
            raise ValueError(f"{len(keys)} keys are pressed; 1 to {MAX_KEYS} can be")
        _settle(self, keys=keys)


@dataclass(frozen=True, slots=True)
class Hotkey:
    """Press keys together: held in this order, let go in the other."""

    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        keys = _key_names(self.keys)
        if not 2 <= len(keys) <= MAX_HELD:
            raise ValueError(f"{len(keys)} keys are held together; 2 to {MAX_HELD} can be, one key is pressed")
        if len(set(keys)) < len(keys):
            raise ValueError(f"a key is held twice in {', '.join(keys)}")
        _settle(self, keys=keys)


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while."""

    seconds: float

    def __post_init__(self) -> None:
        seconds = _rounded("seconds", self.seconds)
        if not 0 < seconds <= MAX_SECONDS:
            raise ValueError(f"seconds is {short(self.seconds)}; it is more than 0, at most {MAX_SECONDS:g}")
        _settle(self, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Call:
    """A pluggable function: what a screen can do that mouse and keyboard cannot, such as open an app."""

    name: str
    """Without the ``mobile.`` or ``browser.`` it is written with."""
    arguments: tuple[tuple[str, Value], ...] = ()
    """By name. A pair of numbers is a point, and so are ``x`` and ``y``: fractions, as everywhere."""

    def __post_init__(self) -> None:
        check_name("a function", self.name)
        if self.name in RESERVED_NAMES:
            raise ValueError(f"{self.name} is a command of its own, no pluggable function")
        if len(self.arguments) > MAX_ARGUMENTS:
            raise ValueError(f"{self.name} is given {len(self.arguments)} arguments; {MAX_ARGUMENTS} is the limit")
        settled = tuple((name, _argument(name, value)) for name, value in self.arguments)
        if len(dict(settled)) < len(settled):
            raise ValueError(f"an argument of {self.name} is given twice")
        if sum(len(value) for _, value in settled if isinstance(value, str)) > MAX_CHARS:
            raise ValueError(f"the texts given to {self.name} have more than {MAX_CHARS} characters")
        _settle(self, arguments=settled)


Command = Click | MoveTo | DragTo | Scroll | Write | Press | Hotkey | Wait | Call

RESERVED_NAMES: frozenset[str] = frozenset(
    {
        *("click", "leftClick", "rightClick", "middleClick", "doubleClick", "tripleClick", "moveTo", "dragTo"),
        *("scroll", "vscroll", "hscroll", "write", "typewrite", "press", "hotkey", "wait", "sleep"),
    }
)
"""What a command is read from; no pluggable function has such a name."""


def fraction(name: str, value: object) -> float:
    """``value`` as a coordinate, 0 to 1, to four decimals.

    Raises:
        ValueError: It is no number of that range.
    """
    if not _is_number(value) or not 0 <= value <= 1:  # type: ignore[operator]
        raise ValueError(f"{name} is {short(value)}; coordinates are fractions of the screenshot, 0 to 1")
    return _rounded(name, value)


def check_name(what: str, name: object) -> None:
    """Refuse what Python could not read as a name.

    Raises:
        ValueError: It is no ASCII identifier of at most 64 characters.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or iskeyword(name):
        raise ValueError(f"{what} is named {short(name)}; a name has letters, digits and _, 64 at most")


def check_storable(what: str, text: str) -> None:
    """Refuse a text that has no UTF-8: a literal can spell halves of a surrogate pair.

    Raises:
        ValueError: It has one.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{what} holds half of a surrogate pair, which is no character")


def short(value: object) -> str:
    """``value`` for a message: a text's beginning, or what kind of value it is where it is long."""
    if isinstance(value, str):
        return ascii(value if len(value) <= 30 else f"{value[:30]}...")
    shown = f"{value:.6g}" if isinstance(value, float) else repr(value) if _is_small(value) else ""
    return shown or f"a {type(value).__name__}"


def in_ascii(words: str) -> str:
    """``words`` in one line of characters that any log can show."""
    return " ".join(words.split()).encode("ascii", "backslashreplace").decode()


def _is_small(value: object) -> bool:
    # Digits of a huge integer cannot even be printed.
    return value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**15)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rounded(name: str, value: Any) -> float:
    if not _is_number(value) or not abs(value) < 1e15:
        raise ValueError(f"{name} is {short(value)}; it is a number")
    return round(float(value), DECIMALS) + 0.0  # + 0.0 turns -0.0 into 0.0


def _key_names(keys: Sequence[object]) -> tuple[str, ...]:
    if isinstance(keys, str) or not isinstance(keys, Sequence):
        raise ValueError(f"keys is {short(keys)}; it is a list of names")
    if len(keys) > MAX_KEYS:
        raise ValueError(f"{len(keys)} keys are given; {MAX_KEYS} is the limit")
    return tuple(key_name(key) for key in keys)


def _argument(name: object, value: object) -> Value:
    check_name("an argument", name)
    if name in ("x", "y"):
        return fraction(str(name), value)
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(f"{name} is a list of {len(value)}; the only lists are points, [x, y]")
        return fraction(f"x of {name}", value[0]), fraction(f"y of {name}", value[1])
    if isinstance(value, str):
        check_storable(str(name), value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is {value}, which JSON does not have")
    elif isinstance(value, int) and abs(value) > 2**53:
        raise ValueError(f"{name} is an integer beyond 2 ** 53")
    elif value is not None and not isinstance(value, int | float):
        raise ValueError(f"{name} is a {type(value).__name__}; it is a text, a number, True, False, None or a point")
    return value


def _settle(command: Command, **fields: object) -> None:
    """Keep the checked form of a field in a frozen record."""
    for name, value in fields.items():
        object.__setattr__(command, name, value)
