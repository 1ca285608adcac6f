"""A map of an invented town: places with pins, layers, zoom, and a flag to drag."""

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
from journeyman.environments._apps.vocabulary import BRANDS, LAST_NAMES, Four

_SIGHTS: dict[str, tuple[str, str, Four]] = {
    "museum": ("columns", "purple", ("Museum", "Museum", "Musée", "Museo")),
    "cafe": ("cup", "orange", ("Café", "Café", "Café", "Café")),
    "station": ("train", "blue", ("Station", "Bahnhof", "Gare", "Estación")),
    "park": ("tree", "green", ("Park", "Park", "Parc", "Parque")),
    "hotel": ("bed", "grey", ("Hotel", "Hotel", "Hôtel", "Hotel")),
    "library": ("book", "red", ("Library", "Bücherei", "Bibliothèque", "Biblioteca")),
    "pharmacy": ("medical", "red", ("Pharmacy", "Apotheke", "Pharmacie", "Farmacia")),
}
_LAYERS: dict[str, Four] = {
    "traffic": ("Traffic", "Verkehr", "Trafic", "Tráfico"),
    "water": ("Water", "Wasser", "Eau", "Agua"),
    "parks": ("Green areas", "Grünflächen", "Espaces verts", "Zonas verdes"),
    "tram": ("Tram lines", "Straßenbahn", "Tramway", "Tranvía"),
    "relief": ("Relief", "Relief", "Relief", "Relieve"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A pin."""

    key: str
    name: str
    sort: str
    icon: str
    colour: str
    x: int
    """Per cent of the map's width; so is ``y`` of its height."""
    y: int


@dataclass(frozen=True, slots=True)
class Town:
    """What is on the map."""

    places: tuple[Place, ...]
    sorts: tuple[str, ...]
    layers: tuple[tuple[str, str, str], ...]
    """Key, label, English label."""
    left: bool
    """Whether the buttons on the map are at its left."""
    lettered: bool
    """Whether names stand at the pins."""
    streets: tuple[tuple[int, int, int, int], ...]
    """Ends, per mille."""
    river: tuple[int, ...]
    """Heights, per mille, at even distances from left to right."""
    greens: tuple[tuple[int, int, int, int], ...]
    """Left, top, width, height, per mille."""
    absent: str
    """Name of a place that is not there."""


def _compose(drawing: Drawing) -> Content[Town]:
    rng = drawing.rng
    count = rng.randint(6, 11)
    names = rng.sample(LAST_NAMES, count + 1)
    left = rng.random() < 0.5
    # A place a square of a coarse grid, so that no pin covers another; the flag and the buttons have theirs.
    taken = {(0, 0), *((0 if left else 4, line) for line in (2, 3))}
    squares = rng.sample([(x, y) for x in range(5) for y in range(4) if (x, y) not in taken], count)
    sorts = drawing.some(tuple(_SIGHTS), 4, 6)
    places = []
    for number, (column, line) in enumerate(squares):
        sort = rng.choice(sorts)
        icon, colour, four = _SIGHTS[sort]
        x, y = 12 + 17 * column + rng.randint(-2, 2), 22 + 20 * line + rng.randint(-2, 2)
        places.append(Place(f"p{number}", f"{drawing.of(four)} {names[number]}", sort, icon, colour, x, y))
    facts = Town(
        tuple(places),
        tuple(sort for sort in sorts if any(place.sort == sort for place in places)),
        tuple((key, drawing.of(_LAYERS[key]), _LAYERS[key][0]) for key in drawing.some(tuple(_LAYERS), 3, 5)),
        left,
        rng.random() < 0.6,
        tuple(_street(drawing) for _ in range(rng.randint(7, 13))),
        tuple(rng.randint(300, 800) for _ in range(6)),
        tuple(
            (rng.randint(0, 850), rng.randint(0, 800), rng.randint(80, 220), rng.randint(80, 220))
            for _ in range(rng.randint(2, 5))
        ),
        f"{drawing.of(_SIGHTS[sorts[0]][2])} {names[-1]}",
    )
    entries = (
        Entry("all", "pin", drawing.t("all"), "shows all places", "set only=all", "only=all"),
        *(
            Entry(
                sort,
                _SIGHTS[sort][0],
                drawing.of(_SIGHTS[sort][2]),
                f"shows places of the kind {sort}",
                f"set only={sort}",
                f"only={sort}",
            )
            for sort in facts.sorts
        ),
    )
    state: dict[str, Value] = {"opened": "", "zoom": 0, "flag": "", "route": ""}
    state |= {f"layer.{key}": rng.random() < 0.6 for key, _, _ in facts.layers}
    state |= {f"saved.{place.key}": False for place in places}
    openings: tuple[Values, ...] = (
        {"menu": "layers"},
        {"opened": places[0].key, f"saved.{places[0].key}": True},
        {"opened": places[-1].key},
        {"zoom": 1},
        {"only": facts.sorts[0]},
    )
    return Content(facts, entries, state, {"only": "all"}, rng.choice(BRANDS), (), openings)


def _street(drawing: Drawing) -> tuple[int, int, int, int]:
    rng = drawing.rng
    if rng.random() < 0.5:
        return 0, rng.randint(0, 1000), 1000, rng.randint(0, 1000)
    return rng.randint(0, 1000), 0, rng.randint(0, 1000), 1000


def _layer(content: Content[Town], drawing: Drawing) -> Assignment:
    key, label, _ = drawing.rng.choice(content.facts.layers)
    on = not content.state[f"layer.{key}"]
    goal = drawing.rng.choice(
        (
            f'{"Show" if on else "Hide"} the layer "{label}".',
            f'Turn {"on" if on else "off"} "{label}" on the map.',
            f'The map should {"show" if on else "no longer show"} "{label}". Set its layers so.',
        )
    )
    plan = (
        Move("click", "Open the layers of the map.", "layers"),
        Move("click", f'{"Tick" if on else "Untick"} "{label}".', f"layer-{key}"),
    )
    return Assignment(goal, plan, {f"layer.{key}": on}, ("zoom",))


def _save(content: Content[Town], drawing: Drawing) -> Assignment:
    place = drawing.rng.choice(_told_apart(content))
    told = f'"{place.name}"'
    goal = drawing.rng.choice(
        (
            f"Open {told} on the map and save it with the star.",
            f"Star the place {told}.",
            f"Keep {told} among the saved places.",
        )
    )
    plan = (
        Move("click", f"Click the pin of {told}.", f"pin-{place.key}"),
        Move("click", "Click the star to save the place.", f"save-{place.key}"),
    )
    return Assignment(goal, plan, {f"saved.{place.key}": True}, ("opened", "zoom"))


def _told_apart(content: Content[Town]) -> list[Place]:
    facts = content.facts
    if facts.lettered:
        return list(facts.places)
    sorts = [place.sort for place in facts.places]
    alone = [place for place in facts.places if sorts.count(place.sort) == 1]
    return alone or list(facts.places)


def _drag(content: Content[Town], drawing: Drawing) -> Assignment:
    place = drawing.rng.choice(_told_apart(content))
    goal = drawing.rng.choice(
        (
            f'Drag the flag to "{place.name}".',
            f'Put the flag where "{place.name}" is.',
            f'Move your flag on the map onto the pin of "{place.name}".',
        )
    )
    say = f'Drag the flag onto the pin of "{place.name}".'
    return Assignment(
        goal, (Move("drag", say, "flag", onto=f"pin-{place.key}"),), {"flag": place.key}, ("opened", "zoom")
    )


def _zoom(_: Content[Town], drawing: Drawing) -> Assignment:
    times = drawing.rng.randint(2, 3)
    goal = drawing.rng.choice(
        (
            f"Zoom in {times} times.",
            f"Enlarge the map by {times} steps.",
            f"Make the map bigger: press the button that zooms in {times} times.",
        )
    )
    plan = (Move("click", "Click the plus sign to zoom in.", "zoom-in"),) * times
    return Assignment(goal, plan, {"zoom": times}, ("opened",))


def _absent(content: Content[Town], drawing: Drawing) -> Assignment:
    name = content.facts.absent
    goal = drawing.rng.choice(
        (f'Star the place "{name}".', f'Show the route to "{name}".', f'Drag the flag to "{name}".')
    )
    return Assignment(goal, give_up(f'"{name}" is not on the map'))


APP = App(
    "map",
    _compose,
    (
        TaskKind("set-layer", ("click",), _layer),
        TaskKind("save-place", ("click",), _save),
        TaskKind("drag-flag", ("drag",), _drag),
        TaskKind("zoom", ("click",), _zoom),
        TaskKind("absent-place", (), _absent, possible=False),
    ),
)
