"""Read what a prompt asks to draw: shapes in colours, quoted words, places, a ground. Nothing else can be drawn."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from journeyman.errors import ToolError
from journeyman.tools._pictures.lettering import undrawable
from journeyman.tools._scenes.phrases import COLOUR_WORDS, singular
from journeyman.tools._scenes.sentence import NUMBERS

MOST_ITEMS = 24
LONGEST_TEXT = 60
"""Characters."""

NOUNS = {
    "circle": "circle", "disc": "circle", "disk": "circle", "dot": "circle", "ball": "circle", "oval": "oval",
    "ellipse": "oval", "square": "square", "rectangle": "rectangle", "panel": "rectangle", "box": "rectangle",
    "sign": "rectangle", "triangle": "triangle", "diamond": "diamond", "rhombus": "diamond", "pentagon": "pentagon",
    "hexagon": "hexagon", "star": "star",
}  # fmt: skip
_TEXT = {"text", "word", "letter", "lettering", "caption", "title"}
_GROUND = {"ground", "background", "canvas", "backdrop"}
_ROWS = {"top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom"}
_COLUMNS = {"left": "left", "right": "right"}
_MIDDLE = {"centre", "center", "middle"}
_ABOVE, _BELOW = {"above", "over"}, {"below", "under", "beneath"}
_ONTO = {"with", "saying", "say", "reading", "read", "containing"}
_SIZES = {
    "small": 0.6, "little": 0.6, "tiny": 0.45, "large": 1.3, "big": 1.3, "huge": 1.3,
}  # fmt: skip
_NUMBERS = {word: number for number, word in enumerate(NUMBERS) if number} | {"single": 1, "pair": 2}
_FILLER_WORDS = (
    "a an the of in on at to and or it is are be has that there this its side corner edge draw drawing make paint show "
    "shows create please picture image scene simple plain solid filled coloured colored shape near next from into "
    "becomes become turn turned repaint colour color put place placed standing lies lying which "
)
_FILLERS = frozenset(_FILLER_WORDS.split())
_TOKENS = re.compile(r'["\u201c]([^"\u201d]*)["\u201d]|#[0-9a-fA-F]{6}\b|[\w\'-]+|\S')
_SILENT = set(".,;:!()-")


@dataclass(slots=True)
class Asked:
    """Something to draw."""

    colour: str = ""
    """A colour word; empty when none was said."""
    shape: str = ""
    """Empty for print."""
    text: str = ""
    count: int = 1
    size: float = 1.0
    places: list[str] = field(default_factory=list)
    """Of ``top left``, ``left``, ``centre``, ...; the last one holds for the rest of ``count``."""
    host: "Asked | None" = None
    """The shape that print stands on."""
    new_colour: str = ""
    """``blue`` of ``the red circle in blue``: a second colour, for repainting."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """All of a prompt."""

    items: tuple[Asked, ...]
    ground: str
    """A colour word; empty when none was said."""


def read_prompt(prompt: str) -> Prompt:
    """What ``prompt`` asks for.

    Raises:
        ToolError: It names what cannot be drawn, or nothing.
    """
    reader = _Reader()
    for match in _TOKENS.finditer(prompt):
        if match.group(1) is not None:
            reader.take_quote(match.group(1).strip())
        elif match.group() not in _SILENT:
            reader.take_word(match.group().casefold())
    return reader.finished()


class _Reader:
    """Goes through a prompt word by word."""

    def __init__(self) -> None:
        self.items: list[Asked] = []
        self.ground = ""
        self.unknown: list[str] = []
        self._next = Asked()
        self._place_was_last = False
        self._follow: Callable[[Asked], None] | None = None
        self._host: Asked | None = None
        self._ground_waits = False
        self._in = False

    def take_quote(self, text: str) -> None:
        """Print to draw."""
        if not text or len(text) > LONGEST_TEXT:
            raise ToolError(f"quoted text {text[:20]!r} has {len(text)} characters; give 1 to {LONGEST_TEXT}")
        if odd := undrawable(text):
            raise ToolError(f"the font (DejaVu Sans) has no letters for {odd[:20]!r}")
        self._next.text = text
        self._next.host, self._host = self._host, None
        self._add()

    def take_word(self, word: str) -> None:
        """The next word."""
        one = singular(word)
        was_place, self._place_was_last = self._place_was_last, False
        was_in, self._in = self._in, word in ("in", "to", "into", "becomes", "is", "turn")
        if one in COLOUR_WORDS:
            self._take_colour(COLOUR_WORDS[one], after_in=was_in)
        elif one in NOUNS:
            self._next.shape = NOUNS[one]
            self._add()
        elif word in _GROUND:
            self._ground_waits = not self._next.colour
            self.ground = self._next.colour or self.ground
            self._next = Asked()
        elif one in _TEXT:
            pass  # the quote that follows says what to write
        elif word in _ROWS or word in _COLUMNS or word in _MIDDLE:
            self._take_place(word, goes_on=was_place)
        elif word == "of" and was_place and self.items and self.items[-1].places[-1] in ("left", "right"):
            self._relate("left" if self.items[-1].places[-1] == "right" else "right")
        elif word in _ABOVE or word in _BELOW:
            if self.items and not self.items[-1].places:
                self.items[-1].places.append("top" if word in _ABOVE else "bottom")
            self._relate("bottom" if word in _ABOVE else "top")
        elif one in _ONTO:
            self._host = self.items[-1] if self.items and self.items[-1].shape else None
        elif word in _SIZES:
            self._next.size = _SIZES[word]
        elif word in _NUMBERS or (word.isascii() and word.isdigit() and 0 < int(word[:4]) <= MOST_ITEMS):
            self._next.count = _NUMBERS.get(word) or int(word)
        elif word not in _FILLERS and one not in _FILLERS:
            self.unknown.append(word)

    def finished(self) -> Prompt:
        """The prompt's content."""
        if self.unknown:
            words = ", ".join(dict.fromkeys(word[:30] for word in self.unknown[:5]))
            raise ToolError(
                f"cannot draw {words!r}: this draws {', '.join(dict.fromkeys(NOUNS.values()))} in"
                f" {', '.join(dict.fromkeys(COLOUR_WORDS.values()))}, and words in double quotes; for anything else"
                " generate_image needs a model of the user's"
            )
        self._give_left_over()
        if self._next.colour:
            raise ToolError(f"the prompt says {self._next.colour}, and not what is {self._next.colour}")
        if not self.items and not self.ground:
            raise ToolError('the prompt names nothing to draw; say e.g. a red circle and the word "EXIT"')
        if sum(item.count for item in self.items) > MOST_ITEMS:
            raise ToolError(f"the prompt names {sum(item.count for item in self.items)} things; at most {MOST_ITEMS}")
        return Prompt(tuple(self.items), self.ground)

    def _take_colour(self, colour: str, *, after_in: bool) -> None:
        if self._ground_waits:
            self.ground, self._ground_waits = colour, False
        elif after_in and self.items and not self._next.colour:
            self._give_last(colour)
        else:
            self._give_left_over()
            self._next.colour = colour

    def _give_left_over(self) -> None:
        """A colour that no noun followed is the last thing's: ``make the red circle blue``."""
        if self._next.colour and self.items:
            self._give_last(self._next.colour)
            self._next.colour = ""

    def _give_last(self, colour: str) -> None:
        last = self.items[-1]
        if last.colour:
            last.new_colour = colour
        else:
            last.colour = colour

    def _take_place(self, word: str, *, goes_on: bool) -> None:
        if not self.items:
            return
        places = self.items[-1].places
        name = _ROWS.get(word) or _COLUMNS.get(word) or "centre"
        if goes_on and places and {places[-1], name} & set(_ROWS.values()) and "centre" not in (places[-1], name):
            row, column = (places[-1], name) if places[-1] in _ROWS.values() else (name, places[-1])
            places[-1] = f"{row} {column}" if column in _COLUMNS else places[-1]
        elif not (goes_on and name == "centre"):
            places.append(name)
        self._place_was_last = True

    def _relate(self, place: str) -> None:
        def follow(item: Asked) -> None:
            item.places.append(place)

        self._follow = follow

    def _add(self) -> None:
        if self._follow is not None:
            self._follow(self._next)
            self._follow = None
        self.items.append(self._next)
        self._next = Asked()
