"""Small worlds: everything a query, its files and its solution need, from a kind and a number."""

import random
from dataclasses import dataclass, field

from journeyman.photographs import FACE_CROPS, photographs
from journeyman.teacher.scripted import names

WORDS = ("GATE", "ROOM", "EXIT", "HALL", "DOCK", "LANE", "PORT", "DESK")
COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "white", "black")
SHAPES = ("circle", "square", "triangle")
COLUMNS = ("Units", "Revenue", "Cost", "Visits", "Orders", "Weight")
LABELS = ("City", "Product", "Month")
ROWS = {
    "City": ("Lisbon", "Oslo", "Quito", "Nairobi", "Kyoto", "Lima", "Cairo", "Perth", "Bergen", "Turin"),
    "Product": ("Lamp", "Chair", "Desk", "Clock", "Shelf", "Vase", "Mirror", "Rug", "Stool", "Bench"),
    "Month": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
}
FIELDS = ("Reference", "Contact", "Deadline")
PROJECTS = ("Falcon", "Heron", "Osprey", "Swift", "Kestrel", "Plover", "Wren", "Robin")
PLACES = ("Lisbon", "Oslo", "Quito", "Nairobi", "Kyoto", "Lima", "Cairo", "Perth")
PEOPLE = ("Ada Moore", "Jon Berg", "Mira Sato", "Ivo Petrov", "Lena Roth", "Omar Aziz")


KEPT_BACK = ("coffee", "motorcycle_left")
"""Photographs that only held-out problems show."""


def is_held_out(number: int) -> bool:
    """Whether the plan (generation/plan.py) numbers a held-out problem so."""
    return number % 1_000_000 >= 500_000


@dataclass(frozen=True, slots=True)
class World:
    """The truth behind one query."""

    kind: str
    number: int
    mistake: str = ""
    """Planted mistake in the query or its file; empty for none."""
    text: str = ""
    other_text: str = ""
    half: str = ""
    count: int = 0
    column: str = ""
    label: str = ""
    rows: tuple[tuple[str | float, ...], ...] = ()
    columns: tuple[str, ...] = ()
    background: str = ""
    shapes: tuple[tuple[str, str], ...] = ()
    photographs: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    stated: tuple[str, ...] = ()
    """What the words of a query without files state: a list of words, or two numbers."""


def make_world(kind: str, number: int, mistake_rate: float) -> World:
    """The world of ``kind`` and ``number``; the rate decides about the mistake alone, not what is true."""
    rng = random.Random(f"{kind}/{number}")  # noqa: S311 - reproducible choice, no secret
    mistake = ""
    if rng.random() < mistake_rate / 2:
        mistake = random.Random(f"mistake/{kind}/{number}").choice(("vague query", "missing fact"))  # noqa: S311
    return _MAKERS[kind](World(kind=kind, number=number, mistake=mistake), rng)


def sign_text(rng: random.Random) -> str:
    """A short line of capitals and a number, as on a sign."""
    return f"{rng.choice(WORDS)} {rng.randint(2, 98)}"


def price_text(rng: random.Random) -> str:
    """A price as on a tag."""
    return f"{rng.randint(1, 89)}.{rng.choice(('00', '20', '50', '75', '90'))}"


def _with(world: World, **values: object) -> World:
    kept = {name: getattr(world, name) for name in ("kind", "number", "mistake")}
    return World(**(kept | values))  # type: ignore[arg-type]  # values come from the makers below


def _barcode(world: World, rng: random.Random) -> World:
    return _with(world, text=f"LOT-{rng.randint(1000, 99999)}")


def _sign(world: World, rng: random.Random) -> World:
    return _with(world, text=sign_text(rng), background=rng.choice(("white", "yellow", "#dde8f5", "#e7f0dd")))


def _faces(world: World, rng: random.Random) -> World:
    names = [crop.photograph for crop in FACE_CROPS]
    return _with(world, photographs=tuple(rng.choice(names) for _ in range(rng.randint(1, 3))))


def _colours(world: World, rng: random.Random) -> World:
    background, *others = rng.sample(COLOURS, 4)
    shapes = tuple((rng.choice(SHAPES), rng.choice(others)) for _ in range(rng.randint(2, 4)))
    return _with(world, background=background, shapes=shapes)


def _subject(world: World, rng: random.Random) -> World:
    faces = {crop.photograph for crop in FACE_CROPS}
    known = [p.name for p in photographs() if p.labels and p.name not in faces]
    # Another cut of a photograph is not a new picture: some photographs are for held-out problems only.
    kept_back = [name for name in known if name in KEPT_BACK]
    shown = [name for name in known if name not in KEPT_BACK]
    return _with(world, photographs=(rng.choice(kept_back if is_held_out(world.number) else shown),))


def _part(world: World, rng: random.Random) -> World:
    return _with(world, text=sign_text(rng), other_text=sign_text(rng), half=rng.choice(("upper", "lower")))


def _price(world: World, rng: random.Random) -> World:
    return _with(world, text=price_text(rng), count=rng.randint(2, 9))


def _price_part(world: World, rng: random.Random) -> World:
    values = {"text": price_text(rng), "other_text": price_text(rng), "count": rng.randint(2, 9)}
    return _with(world, half=rng.choice(("upper", "lower")), **values)


def _price_pair(world: World, rng: random.Random) -> World:
    return _with(world, text=price_text(rng), other_text=price_text(rng))


def _nth_word(world: World, rng: random.Random) -> World:
    stated = tuple(rng.sample(names.WORDS, rng.randint(5, 7)))
    place = rng.randint(1, len(stated))
    return _with(world, stated=stated, count=len(stated) + 1 if world.mistake == "missing fact" else place)


def _larger(world: World, rng: random.Random) -> World:
    return _two_numbers(world, rng.sample(range(11, 999), 2))


def _sum(world: World, rng: random.Random) -> World:
    return _two_numbers(world, [rng.randint(2, 30), rng.randint(2, 30)])


def _two_numbers(world: World, numbers: list[int]) -> World:
    first, second = (str(number) for number in numbers)
    return _with(world, stated=(first, "another one" if world.mistake == "missing fact" else second))


def _table_fact(world: World, _rng: random.Random) -> World:
    known = names.NAMES[world.kind]
    name = names.NOWHERE[world.kind] if world.mistake == "missing fact" else known[world.number % len(known)]
    return _with(world, label=name)


def _table(world: World, rng: random.Random) -> World:
    label = rng.choice(LABELS)
    columns = (label, *rng.sample(COLUMNS, 3))
    names = rng.sample(ROWS[label], rng.randint(5, 8))
    values = [rng.sample(range(10, 999), len(names)) for _ in columns[1:]]
    rows = tuple((name, *(column[i] for column in values)) for i, name in enumerate(names))
    return _with(world, label=label, columns=columns, column=rng.choice(columns[1:]), rows=rows)


def _fact(world: World, rng: random.Random) -> World:
    facts = {
        "Reference": f"R-{rng.randint(100, 9999)}",
        "Contact": rng.choice(PEOPLE),
        "Deadline": f"{rng.randint(1, 28)} {rng.choice(ROWS['Month'])} {rng.randint(2026, 2031)}",
    }
    return _with(world, label=rng.choice(FIELDS), facts=facts)


def _search(world: World, rng: random.Random) -> World:
    projects = rng.sample(PROJECTS, 6)
    facts = {name: rng.choice(PLACES) for name in projects}
    return _with(world, label=rng.choice(projects), facts=facts)


_MAKERS = {
    "barcode": _barcode,
    "sign": _sign,
    "faces": _faces,
    "colours": _colours,
    "subject": _subject,
    "part": _part,
    "price": _price,
    "total": _table,
    "top": _table,
    "fact": _fact,
    "search": _search,
    "price_part": _price_part,
    "price_pair": _price_pair,
    "nth_word": _nth_word,
    "larger": _larger,
    "sum": _sum,
    **dict.fromkeys(names.NAMES, _table_fact),
}
