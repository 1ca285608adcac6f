"""Worlds of the skills recipe: what lies on a picture, where, and what is asked about it."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from journeyman.photographs import FACE_CROPS, find_photograph
from journeyman.teacher.scripted.world import price_text, sign_text

WIDTH, HEIGHT = 224, 160
COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "black")
SHAPES = ("circle", "square", "triangle", "diamond", "star")
GROUNDS = ("white", "#dde8f5", "#e7f0dd", "#fdf3d8")
TOPICS = ("our summer sale", "the school fair", "the new garden", "our open day", "the street market")
TONES = ("plain", "cheerful")
KNOWN = {
    "year": ("rocket", "grace_hopper", "motorcycle_left"),
    "maker": ("chelsea", "camera", "coffee"),
    "place": ("china", "rocket", "coins"),
    "person": ("astronaut", "grace_hopper"),
}
"""What can be asked about photographs of which more is known than they show."""

_SIDES = {"left": (0, 0), "right": (0, 2), "top": (1, 0), "bottom": (1, 2)}
"""Edge -> whether columns (0) or rows (1) count, and which of them is nearest to it."""
_ALIKE = (("circle", "square"), ("triangle", "diamond"))
"""Shapes that fill about as much of their square, so that the larger square covers more."""
_CELL = (74, 53)
Item = Mapping[str, Any]
Cell = tuple[int, int]
"""Column and row, 0 to 2."""


@dataclass(frozen=True, slots=True)
class SkillWorld:
    """The truth behind one query."""

    kind: str
    number: int
    mistake: str = ""
    """Planted mistake in the query or its file; empty for none."""
    background: str = "white"
    pictures: tuple[tuple[Item, ...], ...] = ()
    """Items of each picture, as the writers take them."""
    label: str = ""
    column: str = ""
    stated: tuple[str, ...] = ()
    """What the words state beside label and column."""


def make_skill_world(kind: str, number: int, mistake_rate: float) -> SkillWorld:
    """The world of ``kind`` and ``number``; the rate decides about the mistake alone, not what is true."""
    rng = random.Random(f"{kind}/{number}")  # noqa: S311 - reproducible choice, no secret
    mistake = ""
    if rng.random() < mistake_rate / 2:
        mistake = random.Random(f"mistake/{kind}/{number}").choice(("vague query", "missing fact"))  # noqa: S311
    world = replace(_MAKERS[kind](rng), kind=kind, number=number, mistake=mistake)
    return _without_fact(world) if mistake == "missing fact" else world


def _without_fact(world: SkillWorld) -> SkillWorld:
    """The world with what the query is about taken away; of two pictures the first one stays."""
    if world.kind in ("draw", "post"):
        return replace(world, label="a sunny beach")
    if world.kind == "told":
        return replace(world, stated=(world.stated[0], "some"))
    if world.kind == "ground":
        return replace(world, background="#888070")
    return replace(world, pictures=(*world.pictures[:-1], ()))


def _scene(*items: Item, background: str = "white", label: str = "", column: str = "") -> SkillWorld:
    return SkillWorld("", 0, background=background, pictures=(items,), label=label, column=column)


def _shape(rng: random.Random, cell: Cell, thing: str, size: int) -> Item:
    """``thing`` somewhere in ``cell``, its middle well inside that third of the picture."""
    colour, shape = thing.split()
    left = cell[0] * _CELL[0] + 1 + rng.randint(0, _CELL[0] - size - 1)
    top = cell[1] * _CELL[1] + rng.randint(0, _CELL[1] - size - 1)
    return {"kind": "shape", "shape": shape, "colour": colour, "left": left, "top": top, "size": size}


def _cells(rng: random.Random, count: int) -> list[Cell]:
    return rng.sample([(column, row) for column in range(3) for row in range(3)], count)


def _things(rng: random.Random, count: int, shapes: Sequence[str] = SHAPES) -> list[str]:
    """Names of ``count`` things, no two of one colour, so that each can be spoken of."""
    return [f"{colour} {rng.choice(shapes)}" for colour in rng.sample(COLOURS, count)]


def _several(rng: random.Random, things: Sequence[str], sizes: tuple[int, int] = (30, 46)) -> tuple[Item, ...]:
    cells = _cells(rng, len(things))
    return tuple(_shape(rng, cell, thing, rng.randint(*sizes)) for cell, thing in zip(cells, things, strict=True))


def _text(rng: random.Random, text: str, top: int) -> Item:
    at = {"left": rng.randint(8, 24), "top": top, "size": rng.randint(28, 32)}
    return {"kind": "text", "text": text, "colour": rng.choice(("black", "#202060", "#602020")), **at}


def _people(rng: random.Random) -> SkillWorld:
    count = rng.randint(1, 3)
    items = []
    for place in rng.sample(range(3), count):
        crop = rng.choice(FACE_CROPS)
        ratio = (crop.box[3] - crop.box[1]) / (crop.box[2] - crop.box[0])
        width = rng.randint(56, 62)
        high = int(width * ratio)
        at = {"left": place * 75 + rng.randint(4, 68 - width), "top": rng.randint(6, 154 - high)}
        look = {"mirror": rng.random() < 0.5, "brightness": round(rng.uniform(0.85, 1.15), 2)}
        box = {"crop": list(crop.box), "width": width, "height": high}
        items.append({"kind": "photograph", "name": crop.photograph, **box, **at, **look})
    return _scene(*items)


def _tags(rng: random.Random) -> SkillWorld:
    (thing,) = _things(rng, 1)
    return _scene(*_several(rng, [thing] * rng.randint(1, 4)), background=rng.choice(GROUNDS))


def _where(rng: random.Random) -> SkillWorld:
    things = _things(rng, rng.randint(2, 4))
    items = _several(rng, things)
    return _scene(*items, background=rng.choice(GROUNDS), label=things[0], column=rng.choice(("across", "down")))


def _count(rng: random.Random) -> SkillWorld:
    counted, *others = _things(rng, 3)
    things = [counted] * rng.randint(2, 5) + [rng.choice(others) for _ in range(rng.randint(1, 3))]
    return _scene(*_several(rng, things, (28, 42)), background=rng.choice(GROUNDS), label=counted)


def _present(rng: random.Random) -> SkillWorld:
    things = _things(rng, rng.randint(3, 4))
    absent, *shown = things
    items = _several(rng, shown)
    return _scene(*items, background=rng.choice(GROUNDS), label=rng.choice((absent, shown[0])))


def _larger_thing(rng: random.Random) -> SkillWorld:
    small, large, *others = _things(rng, rng.randint(2, 3), rng.choice(_ALIKE))
    sizes = [rng.randint(28, 30), rng.randint(42, 47), *(rng.randint(28, 44) for _ in others)]
    things = [small, large, *others]
    cells = _cells(rng, len(things))
    items = [_shape(rng, cell, thing, size) for cell, thing, size in zip(cells, things, sizes, strict=True)]
    label, column = rng.sample((small, large), 2)
    return _scene(*items, label=label, column=column)


def _covered(rng: random.Random) -> SkillWorld:
    items = _several(rng, _things(rng, rng.randint(2, 4)), (34, 48))
    asked = items[0]
    if rng.random() < 0.5:
        return _scene(*items, label=_middle(asked), column="point")
    edges = (asked["left"] - 1, asked["top"] - 1, asked["left"] + asked["size"] + 1, asked["top"] + asked["size"] + 1)
    box = [round(max(0, edge) / side, 3) for edge, side in zip(edges, (WIDTH, HEIGHT) * 2, strict=True)]
    return _scene(*items, label=str(box), column="box")


def _middle(item: Item) -> str:
    x, y = item["left"] + item["size"] / 2, item["top"] + item["size"] / 2
    return f"[{x / WIDTH:.2f}, {y / HEIGHT:.2f}]"


def _most_room(rng: random.Random) -> SkillWorld:
    one, many, other = _things(rng, 3, ("circle", "square"))
    if rng.random() < 0.5:
        sized = [(one, rng.randint(44, 47))] + [(many, rng.randint(22, 23))] * rng.randint(1, 2)
    else:
        sized = [(one, rng.randint(40, 46))] + [(many, rng.randint(36, 38))] * 4
    sized.append((other, rng.randint(22, 24)))
    cells = _cells(rng, len(sized))
    return _scene(*(_shape(rng, cell, thing, size) for cell, (thing, size) in zip(cells, sized, strict=True)))


def _outermost(rng: random.Random) -> SkillWorld:
    side = rng.choice(tuple(_SIDES))
    axis, nearest = _SIDES[side]
    cells = [(column, row) for column in range(3) for row in range(3)]
    first = rng.choice([cell for cell in cells if cell[axis] == nearest])
    others = rng.sample([cell for cell in cells if cell[axis] != nearest], rng.randint(1, 3))
    things = _things(rng, 1 + len(others))
    placed = zip((first, *others), things, strict=True)
    return _scene(*(_shape(rng, cell, thing, rng.randint(30, 46)) for cell, thing in placed), column=side)


def _at_point(rng: random.Random) -> SkillWorld:
    items = _several(rng, _things(rng, rng.randint(3, 5)))
    return _scene(*items, label=_middle(items[0]), background=rng.choice(GROUNDS))


def _describe(rng: random.Random) -> SkillWorld:
    (thing,) = _things(rng, 1)
    (cell,) = _cells(rng, 1)
    if rng.random() < 0.5:
        return _scene(_shape(rng, cell, thing, rng.randint(34, 46)))
    size, top = rng.randint(28, 30), cell[1] * _CELL[1] + rng.randint(2, 20)
    lefts = (cell[0] * _CELL[0] + 3, cell[0] * _CELL[0] + 9 + size)
    pair = [{**_shape(rng, cell, thing, size), "left": left, "top": top} for left in lefts]
    return _scene(*pair)


def _sign_and_place(rng: random.Random) -> SkillWorld:
    thing, other = _things(rng, 2)
    columns = rng.sample(range(3), 2)
    shapes = [_shape(rng, (c, 0), t, rng.randint(30, 44)) for c, t in zip(columns, (thing, other), strict=True)]
    return _scene(*shapes, _text(rng, sign_text(rng), rng.randint(70, 115)), label=thing, column="across")


def _two_signs(rng: random.Random) -> SkillWorld:
    first, second = (_text(rng, sign_text(rng), rng.randint(20, 100)) for _ in range(2))
    return SkillWorld("", 0, background=rng.choice(GROUNDS), pictures=((first,), (second,)))


def _three_prices(rng: random.Random) -> SkillWorld:
    texts = {price_text(rng) for _ in range(8)}
    prices = rng.sample(sorted(texts), 3)
    pictures = tuple((_text(rng, price, rng.randint(20, 100)),) for price in prices)
    return SkillWorld("", 0, background=rng.choice(GROUNDS), pictures=pictures)


def _drawing(rng: random.Random) -> str:
    """What can be drawn, in words that name it."""
    one, other = _things(rng, 2)
    return rng.choice(
        (
            f"{with_article(one)} and {with_article(other)}",
            f"two {one}s and {with_article(other)}",
            f"{with_article(one)} at the left and {with_article(other)} at the right",
            f'{with_article(one)} and the word "{sign_text(rng).split()[0]}"',
        )
    )


def _draw(rng: random.Random) -> SkillWorld:
    return SkillWorld("", 0, label=_drawing(rng))


def _post(rng: random.Random) -> SkillWorld:
    return SkillWorld("", 0, label=_drawing(rng), stated=(rng.choice(TONES), rng.choice(TOPICS)))


def _erase(rng: random.Random) -> SkillWorld:
    things = _things(rng, rng.randint(2, 4))
    return _scene(*_several(rng, things), background=rng.choice(GROUNDS), label=things[0])


def _left_after(rng: random.Random) -> SkillWorld:
    gone, stays = _things(rng, 2)
    items = _several(rng, [gone, *([stays] * rng.randint(1, 3))])
    return _scene(*items, background=rng.choice(GROUNDS), label=gone)


def _repaint(rng: random.Random) -> SkillWorld:
    *things, fresh = _things(rng, rng.randint(3, 4))
    return _scene(*_several(rng, things), label=things[0], column=fresh.split()[0])


def _ground(rng: random.Random) -> SkillWorld:
    background, *others = rng.sample((*COLOURS, "white", "pink"), 4)
    things = [f"{colour} {rng.choice(SHAPES)}" for colour in others]
    return _scene(*_several(rng, things), background=background)


def _told(rng: random.Random) -> SkillWorld:
    (thing,) = _things(rng, 1)
    world = _scene(*_several(rng, _things(rng, rng.randint(2, 4))), background=rng.choice(GROUNDS), label=thing)
    return replace(world, stated=(str(rng.randint(2, 30)), str(rng.randint(2, 30))))


def _boxes(rng: random.Random) -> SkillWorld:
    asked, *others = _things(rng, 3)
    things = [asked] * rng.randint(1, 3) + [rng.choice(others) for _ in range(rng.randint(1, 3))]
    return _scene(*_several(rng, things), background=rng.choice(GROUNDS), label=asked)


def _list_things(rng: random.Random) -> SkillWorld:
    kinds = _things(rng, rng.randint(2, 4))
    things = [*kinds, *(rng.choice(kinds) for _ in range(rng.randint(0, 2)))]
    return _scene(*_several(rng, things), background=rng.choice(GROUNDS))


def _sentence(rng: random.Random) -> SkillWorld:
    background = rng.choice(("white", "yellow", "pink"))
    world = _describe(rng)
    told = ("yellow", "orange") if background == "yellow" else ("red", "purple") if background == "pink" else ()
    (items,) = world.pictures
    free = [colour for colour in COLOURS if colour not in told]
    colour = items[0]["colour"] if items[0]["colour"] in free else rng.choice(free)
    return replace(world, background=background, pictures=(tuple({**item, "colour": colour} for item in items),))


def _lines(rng: random.Random) -> SkillWorld:
    texts = [sign_text(rng) for _ in range(rng.randint(1, 3))]
    high = HEIGHT // len(texts)
    tops = [number * high + rng.randint(4, max(4, high - 44)) for number in range(len(texts))]
    items = (_text(rng, text, top) for text, top in zip(texts, tops, strict=True))
    return _scene(*items, background=rng.choice(GROUNDS))


def _knowledge(rng: random.Random) -> SkillWorld:
    asked = rng.choice(tuple(KNOWN))
    name = rng.choice(KNOWN[asked])
    crops = [crop for crop in FACE_CROPS if crop.photograph == name]
    look = {"mirror": rng.random() < 0.5, "brightness": round(rng.uniform(0.85, 1.15), 2)}
    at: dict[str, Any] = {"left": 0, "top": 0, "width": WIDTH, "height": HEIGHT}
    if crops:
        high = round(120 * (crops[0].box[3] - crops[0].box[1]) / (crops[0].box[2] - crops[0].box[0]))
        at = {"left": rng.randint(10, 90), "top": rng.randint(4, 156 - high), "width": 120, "height": high}
        at |= {"crop": list(crops[0].box)}
    item = {"kind": "photograph", "name": find_photograph(name).name, **at, **look}
    return _scene(item, column=asked)


def with_article(words: str) -> str:
    """``a red circle``, ``an orange star``."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


_MAKERS: Mapping[str, Callable[[random.Random], SkillWorld]] = {
    "people": _people,
    "tags": _tags,
    "where": _where,
    "count": _count,
    "present": _present,
    "larger_thing": _larger_thing,
    "covered": _covered,
    "most_room": _most_room,
    "outermost": _outermost,
    "at_point": _at_point,
    "describe": _describe,
    "sign_and_place": _sign_and_place,
    "two_signs": _two_signs,
    "three_prices": _three_prices,
    "draw": _draw,
    "post": _post,
    "erase": _erase,
    "left_after": _left_after,
    "repaint": _repaint,
    "ground": _ground,
    "told": _told,
    "boxes": _boxes,
    "list_things": _list_things,
    "sentence": _sentence,
    "lines": _lines,
    "knowledge": _knowledge,
}
SKILL_KINDS = frozenset(_MAKERS)
"""Kinds of query that are made here; others of the recipe are those of :mod:`journeyman.teacher.scripted.world`."""
