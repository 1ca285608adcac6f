"""Instructions from templates: an element told by its name, look, place or function, where that tells only it.

A description that fits two elements of a screen is not used; where nothing tells an element apart, it is
left out. The templates that Aguvis used on its "augmented" data were never published.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.schema.screen import Element, InstructionStyle, TemplateStyle

LEAST_CHARS, MOST_CHARS = 1, 60
"""Of a name that is quoted (SeeClick's own limits)."""
CORNER = 0.12
"""Share of the screen's diagonal by which an element must be nearer to its corner than the next one."""

EVEN: Mapping[TemplateStyle, float] = {"name": 1, "look": 1, "place": 1, "function": 1}
"""Every style as often."""
IN_PLACE = 0.3
"""Share of the diagonal within which a corner's element lies; in the middle half as much. One far off is in no corner,
even where nothing else of its kind is on the screen."""

_NOUNS: Mapping[str, str] = {
    "button": "button", "link": "link", "field": "field", "checkbox": "checkbox", "radio": "option", "tab": "tab",
    "cell": "cell", "option": "option", "slider": "slider", "menuitem": "menu item", "image": "picture",
    "shape": "shape", "text": "text", "area": "area",
}  # fmt: skip
_BY_NAME = (
    'Click on the {noun} "{name}"',
    'Press the {noun} that says "{name}"',
    'Select "{name}"',
    "{name}",
    'Choose the {noun} named "{name}"',
    'Tap "{name}"',
)
_BY_LOOK = ("Click on the {look}", "Find the {look} and click it", "The {look}", "Press the {look}")
_BY_FUNCTION = (
    "Click on what {function}",
    "Find the element that {function}",
    "Which element {function}? Click it",
    "Use the {noun} that {function}",
)
_BY_PLACE = ("Click on the {noun} {place}", "The {noun} {place}", "Select the {noun} {place}")


@dataclass(frozen=True, slots=True)
class Described:
    """An instruction and the one element that it means."""

    element: Element
    style: InstructionStyle
    instruction: str


def describe(
    elements: Sequence[Element], *, most: int, seed: int, styles: Mapping[TemplateStyle, float] = EVEN
) -> list[Described]:
    """At most ``most`` instructions about a screen, no two for one element; equal arguments give equal ones.

    Args:
        elements: All of the screen.
        most: Instructions at most.
        seed: Draws elements, styles and templates.
        styles: Weights by which one of the styles that tell an element apart is drawn; one of weight 0 is not used.
    """
    rng = random.Random(f"describe/{seed}")  # noqa: S311 - reproducible choice, no secret
    told = Telling(elements)
    order = list(elements)
    rng.shuffle(order)
    found: list[Described] = []
    for element in order:
        ways = {style: values for style, values in told.ways(element).items() if styles.get(style, 0)}
        if ways and len(found) < most:
            style = rng.choices(sorted(ways), [styles[style] for style in sorted(ways)])[0]
            found.append(Described(element, style, rng.choice(_templates(style)).format(**ways[style])))
    return found


class Telling:
    """What tells the elements of one screen apart."""

    def __init__(self, elements: Sequence[Element]) -> None:
        """Count what they have in common."""
        self._elements = tuple(elements)
        self._names = Counter(_plain(e.name) for e in elements)
        self._functions = Counter(_plain(e.function) for e in elements)
        self._looks = Counter(_plain(e.look) for e in elements)

    def ways(self, element: Element) -> dict[TemplateStyle, dict[str, str]]:
        """Styles in which ``element`` can be told from all others -> what their templates take."""
        ways: dict[TemplateStyle, dict[str, str]] = {}
        noun = _noun(element)
        name = " ".join(element.name.split())
        if LEAST_CHARS <= len(name) <= MOST_CHARS and self._names[_plain(name)] == 1 and not _inside(self._names, name):
            ways["name"] = {"name": name, "noun": noun}
        if element.function and self._functions[_plain(element.function)] == 1:
            ways["function"] = {"function": element.function, "noun": noun}
        if element.look and self._looks[_plain(element.look)] == 1:
            ways["look"] = {"look": element.look}
        place = self._place(element)
        if place:
            ways["place"] = {"place": place, "noun": noun}
        return ways

    def is_unambiguous(self, element: Element, instruction: str) -> bool:
        """Whether an instruction in free words quotes no other element's name instead of, or beside, its own."""
        words = f" {_plain(instruction)} "
        own = _plain(element.name)
        for other in self._elements:
            name = _plain(other.name)
            if other is element or not name or name in own or other.element_id == element.element_id:
                continue
            if f' "{name}" ' in words or f"'{name}'" in words or f'"{name}"' in words:
                return False
        return not (own and self._names[own] > 1 and f'"{own}"' in words)

    def _place(self, element: Element) -> str:
        alike = [e for e in self._elements if _noun(e) == _noun(element)]
        for words, x, y, within in _CORNERS:
            reach = sorted((_distance(e, x, y), e.element_id) for e in alike)
            (nearest, nearest_id), *others = reach
            is_alone = not others or others[0][0] - nearest > CORNER
            if nearest_id == element.element_id and nearest <= within and is_alone:
                return words
        return ""


_CORNERS = (
    ("in the top left corner", 0.0, 0.0, IN_PLACE),
    ("in the top right corner", 1.0, 0.0, IN_PLACE),
    ("in the bottom left corner", 0.0, 1.0, IN_PLACE),
    ("in the bottom right corner", 1.0, 1.0, IN_PLACE),
    ("in the middle of the screen", 0.5, 0.5, IN_PLACE / 2),
)


def _noun(element: Element) -> str:
    return _NOUNS.get(element.role, "element")


def _templates(style: InstructionStyle) -> tuple[str, ...]:
    return {"name": _BY_NAME, "look": _BY_LOOK, "function": _BY_FUNCTION}.get(style, _BY_PLACE)


def _inside(names: Counter[str], name: str) -> bool:
    """Whether another element's name holds ``name`` as words of its own: "Save" beside "Save as"."""
    own = f" {_plain(name)} "
    return any(own in f" {other} " and other != _plain(name) for other in names if other)


def _distance(element: Element, x: float, y: float) -> float:
    across, down = element.middle
    return float((((across - x) ** 2 + (down - y) ** 2) / 2) ** 0.5)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
