"""Gold answers of questions about composed pictures, computed from what was put on them, never judged.

A rule refuses a picture on which its answer is not clear: a thing that is there twice, areas that are
nearly equal, a middle near the border of two thirds.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeyman.errors import SchemaError
from journeyman.schema.query import Gold
from journeyman.tools._scenes.knowledge import FACTS

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SceneAsked:
    """What a rule reads."""

    specs: Sequence[Spec]
    """Of the files, in order."""
    text: str
    """Words of the query."""
    label: str
    """The thing, place or drawing that is asked about."""
    column: str
    """What else the question says: another thing, a colour, an edge, ``across`` or ``down``."""


SceneRule = Callable[[SceneAsked], Gold]
"""Gives the answer; raises SchemaError when words or picture do not hold what it needs."""

FILL = {
    "circle": math.pi / 4, "square": 1.0, "triangle": 0.5, "diamond": 0.5, "pentagon": 0.5944, "hexagon": 0.6495,
    "star": 0.2939,
}  # fmt: skip
"""Share of its bounding square that a shape covers."""
CLEARLY = 1.25
"""Ratio of two areas from which on it is clear which one is larger."""
NEAR_BORDER = 0.03
"""Share of a side; a middle nearer to the border of two thirds is in neither."""

_THIRDS = {"across": ("left", "middle", "right"), "down": ("top", "middle", "bottom")}
_ALSO = {"middle": ("centre", "center"), "top": ("upper",), "bottom": ("lower",)}
_EDGES = {"left": (0, 1), "right": (0, -1), "top": (1, 1), "bottom": (1, -1)}
"""Edge -> axis, and whether small (1) or large (-1) coordinates are near to it."""
_COLOURS = "red|green|blue|yellow|orange|purple|black|white|pink|brown|grey|gray"
_DRAWABLE = re.compile(rf'\b(?:{_COLOURS}) (?:{"|".join(FILL)})s?\b|"[^"]+"', re.IGNORECASE)
_NUMBERS = ("no", "a", "two", "three", "four")
_KNOWN = {
    ("rocket", "year"): "2015",
    ("grace_hopper", "year"): "1952",
    ("motorcycle_left", "year"): "2014",
    ("chelsea", "maker"): "Stefan van der Walt",
    ("camera", "maker"): "Lav Varshney",
    ("coffee", "maker"): "Rachel Michetti",
    ("china", "place"): "Beijing",
    ("rocket", "place"): "Cape Canaveral",
    ("coins", "place"): "Pompeii",
    ("astronaut", "person"): "Eileen Collins",
    ("grace_hopper", "person"): "Grace Hopper",
}
"""Photograph and what is asked of it -> words of what is known of it."""


def _place_of_thing(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    if asked.column not in _THIRDS:
        raise SchemaError(f"thirds {asked.column!r} are neither across nor down")
    place = _third(_only_thing(asked.specs[0], asked.label), asked.specs[0], asked.column)
    return Gold(kind="text", value=place, aliases=(f"{place} third", *_ALSO.get(place, ())))


def _count_of_thing(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    found = _called(asked.specs[0], asked.label)
    if not found:
        raise SchemaError(f"the picture has no {asked.label}, so there is nothing to count")
    return Gold(kind="number", value=str(len(found)))


def _thing_is_there(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    _shapes(asked.specs[0])
    return Gold(kind="text", value="yes" if _called(asked.specs[0], asked.label) else "no")


def _larger_thing(asked: SceneAsked) -> Gold:
    areas = {}
    for name in (asked.label, asked.column):
        _check_named(asked, name)
        areas[name] = _area(_only_thing(asked.specs[0], name))
    return _thing(_clearly_largest(areas))


def _share_of_spot(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    spec = asked.specs[0]
    percent = 100 * _area(_at(spec, asked.label)) / (spec["width"] * spec["height"])
    # Masks are whole pixels, and may end where the soft edge begins.
    return Gold(kind="number", value=f"{percent:.1f}", tolerance=round(max(0.4, 0.08 * percent), 2))


def _thing_at_spot(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    return _thing(_name(_at(asked.specs[0], asked.label)))


def _kind_with_most_room(asked: SceneAsked) -> Gold:
    areas: dict[str, float] = {}
    for item in _shapes(asked.specs[0]):
        areas[_name(item)] = areas.get(_name(item), 0.0) + _area(item)
    return _thing(_clearly_largest(areas))


def _outermost_thing(asked: SceneAsked) -> Gold:
    if asked.column not in _EDGES:
        raise SchemaError(f"{asked.column!r} is no edge; use {', '.join(_EDGES)}")
    _check_named(asked, asked.column)
    axis, sign = _EDGES[asked.column]
    shapes = _shapes(asked.specs[0])
    reach = {n: sign * (_middle(item)[axis] - sign * item["size"] / 2) for n, item in enumerate(shapes)}
    first, *others = sorted(reach, key=lambda n: reach[n])
    if others and reach[others[0]] - reach[first] < 4:
        raise SchemaError(f"two things are nearly as near to the {asked.column} edge")
    return _thing(_name(shapes[first]))


def _only_kind(asked: SceneAsked) -> Gold:
    return _thing(_single({_name(item) for item in _shapes(asked.specs[0])}))


def _left_without(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    _only_thing(asked.specs[0], asked.label)
    return _thing(_single({_name(item) for item in _shapes(asked.specs[0])} - {asked.label}))


def _description(asked: SceneAsked) -> Gold:
    """What, how many, and where: as one says it in a few words."""
    spec = asked.specs[0]
    shapes = _shapes(spec)
    name = _single({_name(item) for item in shapes})
    across = {_third(item, spec, "across") for item in shapes}
    down = {_third(item, spec, "down") for item in shapes}
    if len(across) > 1 or len(down) > 1 or len(shapes) >= len(_NUMBERS):
        raise SchemaError("the things are too many or in several places; few words cannot tell where")
    row, column = down.pop(), across.pop()
    sides = [side for side in (row, column) if side != "middle"]
    where = f"at the {' '.join(sides)}" if sides else "in the centre"
    what = _with_article(name) if len(shapes) == 1 else f"{_NUMBERS[len(shapes)]} {name}s"
    ground = spec["background"]
    full = f"{what} {where}, on {_with_article(ground)} ground"
    return Gold(kind="text", value=f"{what} {where}", aliases=(full, f"{what} {where.replace('centre', 'middle')}"))


def _text_and_place(asked: SceneAsked) -> Gold:
    text = _only_text(asked.specs[0])
    place = _place_of_thing(asked)
    return Gold(kind="text", value=f"{text}, {place.value}", aliases=tuple(f"{text}, {p}" for p in place.aliases))


def _texts_in_order(asked: SceneAsked) -> Gold:
    return Gold(kind="text", value=", ".join(_only_text(spec) for spec in asked.specs))


def _highest_price(asked: SceneAsked) -> Gold:
    prices = [_only_text(spec) for spec in asked.specs]
    if not all(re.fullmatch(r"\d+(?:\.\d+)?", price) for price in prices):
        raise SchemaError(f"of {', '.join(prices)} not all are prices such as 12.50")
    return Gold(kind="number", value=max(prices, key=float))


def _drawn_picture(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    if not _DRAWABLE.search(asked.label):
        raise SchemaError(f"{asked.label!r} names neither a coloured shape nor a quoted word, so it cannot be drawn")
    return Gold(kind="text", value="drawn_1.png")


def _picture_without(asked: SceneAsked) -> Gold:
    _check_named(asked, asked.label)
    _only_thing(asked.specs[0], asked.label)
    return Gold(kind="text", value="filled_1.png")


def _repainted_picture(asked: SceneAsked) -> Gold:
    for name in (asked.label, asked.column):
        _check_named(asked, name)
    _only_thing(asked.specs[0], asked.label)
    if asked.column not in _COLOURS.split("|") or asked.column == asked.specs[0]["background"]:
        raise SchemaError(f"{asked.column!r} is no colour that can be seen on {asked.specs[0]['background']}")
    return Gold(kind="text", value="painted_1.png")


def _colour_of_ground(asked: SceneAsked) -> Gold:
    colour = str(asked.specs[0]["background"])
    if colour not in _COLOURS.split("|"):
        raise SchemaError(f"the ground {colour} has no colour word")
    return Gold(kind="text", value=colour, aliases=("grey",) if colour == "gray" else ())


def _fact_of_photograph(asked: SceneAsked) -> Gold:
    names = [item["name"] for item in asked.specs[0].get("items", ()) if item["kind"] == "photograph"]
    value = _KNOWN.get((_single(set(names)), asked.column), "")
    if not value:
        raise SchemaError(f"no {asked.column} is known of photograph {names[0]!r}")
    if not any(value in fact for fact in FACTS[names[0]]):
        raise SchemaError(f"what is known of photograph {names[0]!r} does not say {value!r}")
    return Gold(kind="number" if value.isdigit() else "text", value=value)


def _shapes(spec: Spec) -> list[Mapping[str, Any]]:
    found = [item for item in spec.get("items", ()) if item["kind"] == "shape"]
    if not found:
        raise SchemaError("the picture has no shape, which the gold rule needs")
    return found


def _called(spec: Spec, name: str) -> list[Mapping[str, Any]]:
    return [item for item in spec.get("items", ()) if item["kind"] == "shape" and _name(item) == name]


def _only_thing(spec: Spec, name: str) -> Mapping[str, Any]:
    found = _called(spec, name)
    if len(found) != 1:
        raise SchemaError(f"the picture has {len(found)} things called {name!r}; exactly one is needed")
    return found[0]


def _only_text(spec: Spec) -> str:
    texts = [str(item["text"]) for item in spec.get("items", ()) if item["kind"] == "text"]
    if len(texts) != 1:
        raise SchemaError(f"the picture has {len(texts)} texts; exactly one is needed")
    return texts[0]


def _single(names: set[str]) -> str:
    if len(names) != 1:
        raise SchemaError(
            f"the picture has things of {len(names)} kinds where one is needed: {', '.join(sorted(names))}"
        )
    return next(iter(names))


def _name(item: Mapping[str, Any]) -> str:
    colour = "grey" if item["colour"] == "gray" else item["colour"]
    return f"{colour} {item['shape']}"


def _area(item: Mapping[str, Any]) -> float:
    return float(FILL[item["shape"]] * item["size"] ** 2)


def _middle(item: Mapping[str, Any]) -> tuple[float, float]:
    return item["left"] + item["size"] / 2, item["top"] + item["size"] / 2


def _third(item: Mapping[str, Any], spec: Spec, direction: str) -> str:
    axis = 0 if direction == "across" else 1
    middle = _middle(item)[axis] / (spec["width"], spec["height"])[axis]
    if min(abs(middle - 1 / 3), abs(middle - 2 / 3)) < NEAR_BORDER:
        raise SchemaError(f"the {_name(item)} is on the border of two thirds")
    return _THIRDS[direction][min(2, int(middle * 3))]


def _at(spec: Spec, label: str) -> Mapping[str, Any]:
    """The one shape in whose inner part the point is, or that fills the box."""
    try:
        spot = [float(number) for number in json.loads(label)]
    except (ValueError, TypeError) as exc:
        raise SchemaError(f"{label!r} is neither a point [x, y] nor a box") from exc
    if len(spot) not in (2, 4):
        raise SchemaError(f"{label!r} has {len(spot)} numbers; a point has 2 and a box has 4")
    x, y = ((spot[0] + spot[-2]) / 2 * spec["width"], (spot[1] + spot[-1]) / 2 * spec["height"])
    found = [
        item
        for item in _shapes(spec)
        if max(abs(x - _middle(item)[0]), abs(y - _middle(item)[1])) < 0.2 * item["size"]
        and (len(spot) == 2 or abs((spot[2] - spot[0]) * spec["width"] - item["size"]) < 0.2 * item["size"])
    ]
    if len(found) != 1:
        raise SchemaError(f"{len(found)} things are at {label}; exactly one is needed")
    return found[0]


def _clearly_largest(areas: Mapping[str, float]) -> str:
    first, *others = sorted(areas, key=lambda name: -areas[name])
    if others and areas[first] < CLEARLY * areas[others[0]]:
        raise SchemaError(f"{first} and {others[0]} cover nearly the same area")
    return first


def _thing(name: str) -> Gold:
    return Gold(kind="text", value=name, aliases=(f"the {name}", _with_article(name)))


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _check_named(asked: SceneAsked, name: str) -> None:
    if not name or name.casefold() not in asked.text.casefold():
        raise SchemaError(f"the query does not name {name!r}, which its gold rule needs")


SCENE_RULES: Mapping[str, SceneRule] = {
    "place_of_thing": _place_of_thing,
    "count_of_thing": _count_of_thing,
    "thing_is_there": _thing_is_there,
    "larger_thing": _larger_thing,
    "share_of_spot": _share_of_spot,
    "thing_at_spot": _thing_at_spot,
    "kind_with_most_room": _kind_with_most_room,
    "outermost_thing": _outermost_thing,
    "only_kind": _only_kind,
    "left_without": _left_without,
    "description": _description,
    "text_and_place": _text_and_place,
    "texts_in_order": _texts_in_order,
    "highest_price": _highest_price,
    "drawn_picture": _drawn_picture,
    "picture_without": _picture_without,
    "repainted_picture": _repainted_picture,
    "colour_of_ground": _colour_of_ground,
    "fact_of_photograph": _fact_of_photograph,
}
"""By name."""
