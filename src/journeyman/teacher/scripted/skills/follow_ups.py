"""Further questions about a picture: they ask for what its content tells clearly."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, TypeVar

from journeyman.teacher.scripted.skills.scenes import COLOURS, SHAPES, SkillWorld
from journeyman.teacher.scripted.skills.sentences import word_skill_query

T = TypeVar("T")

_FILL = {"circle": 0.785, "triangle": 0.5, "diamond": 0.5, "pentagon": 0.594, "hexagon": 0.65, "star": 0.294}
"""Share of its bounding square that a shape covers; all of it where it is not named."""
_CLEARLY_LARGER = 1.4
"""Ratio of areas."""
_CLEAR_OF_BORDER = 0.05
"""Share of a side between a thing's middle and the border of two thirds."""
_CLEARLY_NEARER = 6
"""Pixels."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """A shape on the picture; lengths in pixels."""

    name: str
    box: tuple[float, float, float, float]
    area: float

    @property
    def middle(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


@dataclass(frozen=True, slots=True)
class _Picture:
    """What can be asked about."""

    width: float
    height: float
    things: tuple[_Thing, ...]

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """What the edges of a box are shares of."""
        return self.width, self.height, self.width, self.height


def write_follow_up(asked: Mapping[str, Any], mistake_rate: float) -> tuple[dict[str, Any], str]:
    """The query and what its gold rule is applied to, and the planted mistake or ''.

    Args:
        asked: The request's kind, number, wording group, style and files.
        mistake_rate: Half of this share of queries does not say what is wanted.

    Raises:
        ValueError: Nothing is known to be asked further in that kind.
    """
    kind, number = asked["kind"], asked["number"]
    if kind not in _CHOSEN:
        raise ValueError(f"the scripted teacher asks nothing further of kind {kind!r}")
    rng = random.Random(f"follow-up/{kind}/{number}")  # noqa: S311 - reproducible choice, no secret
    mistake = "vague query" if rng.random() < mistake_rate / 2 else ""
    world = _CHOSEN[kind](_picture(asked["files"][0]["content"]), rng)
    world = replace(world, kind=kind, number=number, mistake=mistake)
    text = word_skill_query(world, asked["wording_group"], asked["style"])
    return {"text": text, "column": world.column, "label": world.label, "half": "", "count": 0}, mistake


def _picture(spec: Mapping[str, Any]) -> _Picture:
    width, height = float(spec["width"]), float(spec["height"])
    things = [_thing(item) for item in spec["items"] if item["kind"] == "shape"]
    # Of a picture that lacks its things something is asked all the same; its gold answer cannot be computed.
    lacking = COLOURS[: max(0, 2 - len(things))]
    things += [_Thing(f"{colour} circle", (0.0, 0.0, width, height), 1.0) for colour in lacking]
    return _Picture(width, height, tuple(things))


def _thing(item: Mapping[str, Any]) -> _Thing:
    left, top, size = item["left"], item["top"], item["size"]
    box = (left, top, left + size, top + size)
    return _Thing(f"{item['colour']} {item['shape']}", box, _FILL.get(item["shape"], 1.0) * size**2)


def _asks(label: str = "", column: str = "") -> SkillWorld:
    return SkillWorld("", 0, label=label, column=column)


def _where(picture: _Picture, rng: random.Random) -> SkillWorld:
    places = [(thing, column) for thing in picture.things for column in ("across", "down")]
    thing, column = _choice(places, lambda place: _clear_of_border(picture, *place), rng)
    return _asks(thing.name, column)


def _clear_of_border(picture: _Picture, thing: _Thing, column: str) -> bool:
    axis = 0 if column == "across" else 1
    middle = thing.middle[axis] / picture.sides[axis]
    return min(abs(middle - 1 / 3), abs(middle - 2 / 3)) >= _CLEAR_OF_BORDER


def _present(picture: _Picture, rng: random.Random) -> SkillWorld:
    shown = rng.choice(picture.things).name
    absent = [colour for colour in COLOURS if all(not thing.name.startswith(colour) for thing in picture.things)]
    return _asks(rng.choice((shown, f"{rng.choice(absent)} {rng.choice(SHAPES)}")))


def _larger_thing(picture: _Picture, rng: random.Random) -> SkillWorld:
    pairs = list(permutations(picture.things, 2))
    one, other = _choice(pairs, lambda pair: _ratio(*pair) >= _CLEARLY_LARGER, rng)
    return _asks(one.name, other.name)


def _ratio(one: _Thing, other: _Thing) -> float:
    return max(one.area, other.area) / min(one.area, other.area)


def _covered(picture: _Picture, rng: random.Random) -> SkillWorld:
    thing = rng.choice(picture.things)
    if rng.random() < 0.5:
        return _asks(_point(picture, thing), "point")
    left, top, right, bottom = thing.box
    edges = (left - 1, top - 1, right + 1, bottom + 1)
    box = [round(max(0, edge) / side, 3) for edge, side in zip(edges, picture.sides, strict=True)]
    return _asks(str(box), "box")


def _at_point(picture: _Picture, rng: random.Random) -> SkillWorld:
    return _asks(_point(picture, rng.choice(picture.things)))


def _point(picture: _Picture, thing: _Thing) -> str:
    x, y = thing.middle
    return f"[{x / picture.width:.2f}, {y / picture.height:.2f}]"


def _outermost(picture: _Picture, rng: random.Random) -> SkillWorld:
    return _asks(column=_choice(list(_EDGES), lambda edge: _lead(picture, edge) >= _CLEARLY_NEARER, rng))


def _lead(picture: _Picture, edge: str) -> float:
    """Pixels by which one thing is nearer to ``edge`` than the next one."""
    at, sign = _EDGES[edge]
    first, second, *_ = sorted(sign * thing.box[at] for thing in picture.things)
    return second - first


def _choice(among: Sequence[T], is_clear: Callable[[T], bool], rng: random.Random) -> T:
    """One of those that are clear; of all where none is."""
    return rng.choice([one for one in among if is_clear(one)] or list(among))


_EDGES = {"left": (0, 1), "top": (1, 1), "right": (2, -1), "bottom": (3, -1)}
"""Edge -> place in a box, and whether small (1) or large (-1) numbers are near to it."""
_CHOSEN: Mapping[str, Callable[[_Picture, random.Random], SkillWorld]] = {
    "where": _where,
    "present": _present,
    "larger_thing": _larger_thing,
    "covered": _covered,
    "outermost": _outermost,
    "at_point": _at_point,
}
"""Kind -> what is asked."""
