"""Scenes for the picture wishes: the number draws the scene, the content what is done to it or shown on it."""

import random
from typing import Any

from journeyman.teacher.scripted.choices.draws import draws, pick

Spec = dict[str, Any]

SIZES = {
    "astronaut": (512, 512),
    "camera": (512, 512),
    "chelsea": (451, 300),
    "china": (640, 427),
    "clock_motion": (400, 300),
    "coffee": (600, 400),
    "coins": (384, 303),
    "flower": (640, 427),
    "grace_hopper": (512, 600),
    "hubble_deep_field": (1000, 872),
    "moon": (512, 512),
    "motorcycle_left": (741, 500),
    "page": (384, 191),
    "retina": (1411, 1411),
    "rocket": (640, 427),
}
"""Photograph -> width and height in pixels."""
CLEAR = ("astronaut", "camera", "chelsea", "coffee", "coins", "flower")
"""Photographs that are sharp and bright, so that what is done to them shows."""
KEPT_BACK = ("china", "grace_hopper", "motorcycle_left")
"""Photographs that no training file shows."""
_BY_LABEL = {
    "animal": (("chelsea",), ()),
    "food": (("coffee",), ()),
    "vehicle": (("rocket",), ("motorcycle_left",)),
    "sky": (("moon",), ("hubble_deep_field",)),
}
_LOOSE = 0.6
_CLOSE = 0.85
"""Share of the widest cut that is shown at least; less of it may miss what a label is for."""
_FILLING = ("animal", "sky")
"""Labels whose photographs are full of what they show, so that any cut of them will do."""
_TINTS = ("#f4efe6", "#e3ebf2", "#e9f2e4", "#f6e8ea", "#ececf6", "#fff8dc", "#dfe7e3", "#f2f2f2")
_INKS = ("black", "#1d2b53", "#3b2314", "#22402b", "#5a1a2e")
_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "white")
_SHAPES = ("circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star")
_POSES = ("standing", "running", "waving", "sitting")
_SIGNS = ("OPEN", "EXIT", "SALE", "LANE 4", "NEW", "HALL B", "NORTH", "TODAY")
_LINES = (
    *("The ferry sails at nine.", "Bring bread and cheese.", "Two rooms are still free."),
    *("Our garden needs rain.", "The clock was mended.", "Meet us by the gate."),
    *("Prices rose in spring.", "Nobody saw the letter.", "The choir sings at noon."),
    *("Keep this side dry.", "Chapter four begins.", "He wrote it in ink."),
)
_LINES_KEPT_BACK = (
    *("Snow fell on the pass.", "The mill is for sale.", "She paid in silver."),
    *("Wait for the signal.", "Three ships came home.", "Apples go in the shed."),
)
_BARS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Oslo", "Lima", "Rome", "Tea", "Milk", "Rice")
_BARS_KEPT_BACK = ("Aug", "Sep", "Oct", "Bonn", "Cork", "Nice", "Oats", "Corn")


def make_picture(wish: str, content: str, number: int) -> Spec:
    """Scene for the jpg and png writers; equal numbers of one wish give like scenes, whatever the content."""
    rng = draws("picture", wish, number)
    match wish:
        case "guided" if content == "figure":
            return _figures(rng, _canvas(rng))
        case "describe" if content == "chart":
            return _chart(rng, _canvas(rng), number)
        case "describe" if content == "page":
            return _page(rng, _canvas(rng), number)
        case "label":
            shown, kept_back = _BY_LABEL[content]
            least = _LOOSE if content in _FILLING else _CLOSE
            return _photographed(rng, _canvas(rng), pick(rng, number, shown, kept_back), least)
        case "describe":
            return make_scene(rng, number)
        case _:
            return make_scene(rng, number) | {"treatment": content}


def make_scene(rng: random.Random, number: int, size: tuple[int, int] | None = None) -> Spec:
    """A photograph with a few shapes, and now and then a sign, in front of it; ``size`` is drawn when left out."""
    scene = _canvas(rng, size)
    return _with_things(rng, _photographed(rng, scene, pick(rng, number, CLEAR, KEPT_BACK), _LOOSE))


def _canvas(rng: random.Random, size: tuple[int, int] | None = None) -> Spec:
    drawn = (rng.randrange(160, 225, 8), rng.randrange(120, 161, 8))
    width, height = size or drawn
    return {"width": width, "height": height, "background": rng.choice(_TINTS), "items": []}


def _photographed(rng: random.Random, scene: Spec, name: str, least: float) -> Spec:
    """The canvas filled by a cut of the photograph, but for a border that may be nothing."""
    border = rng.choice((0, 0, 4, 7, 14))
    width, height = scene["width"] - 2 * border, scene["height"] - 2 * border
    full_width, full_height = SIZES[name]
    widest = min(full_width, full_height * width / height)
    cut_width = round(widest * rng.uniform(least, 1.0))
    cut_height = min(full_height, round(cut_width * height / width))
    left, top = rng.randint(0, full_width - cut_width), rng.randint(0, full_height - cut_height)
    photograph = {
        "kind": "photograph",
        "name": name,
        "crop": [left, top, left + cut_width, top + cut_height],
        "left": border,
        "top": border,
        "width": width,
        "height": height,
        "mirror": rng.random() < 0.5,
        "brightness": round(rng.uniform(0.85, 1.2), 2),
    }
    return scene | {"items": [photograph]}


def _with_things(rng: random.Random, scene: Spec) -> Spec:
    things: list[Spec] = []
    for _ in range(rng.randint(0, 2)):
        size = rng.randint(14, 30)
        things.append(
            {
                "kind": "shape",
                "shape": rng.choice(_SHAPES),
                "colour": rng.choice(_COLOURS),
                "left": rng.randint(0, scene["width"] - size),
                "top": rng.randint(0, scene["height"] - size),
                "size": size,
            }
        )
    if rng.random() < 0.25:
        left, top = rng.randint(2, scene["width"] - 70), rng.randint(2, scene["height"] - 26)
        things.append({"kind": "panel", "left": left, "top": top, "width": 66, "height": 22, "colour": "white"})
        things.append({"kind": "text", "text": rng.choice(_SIGNS), "left": left + 6, "top": top + 3, "size": 14})
    return scene | {"items": [*scene["items"], *things]}


def _figures(rng: random.Random, scene: Spec) -> Spec:
    """One or two stick figures, one in each half when there are two."""
    count = rng.randint(1, 2)
    room = scene["width"] // count
    figures = []
    for place in range(count):
        height = rng.randint(round(0.5 * scene["height"]), round(0.85 * scene["height"]))
        height = min(height, int(room / 0.7) - 6)
        figures.append(
            {
                "kind": "figure",
                "pose": rng.choice(_POSES),
                "left": place * room + rng.randint(0, room - round(0.7 * height) - 2),
                "top": rng.randint(0, scene["height"] - height - 1),
                "height": height,
                "colour": rng.choice(_INKS),
            }
        )
    return scene | {"items": figures}


def _chart(rng: random.Random, scene: Spec, number: int) -> Spec:
    first = pick(rng, number, _BARS, _BARS_KEPT_BACK)
    bank = _BARS_KEPT_BACK if first in _BARS_KEPT_BACK else _BARS
    labels = [first, *rng.sample([label for label in bank if label != first], rng.randint(2, 4))]
    bars = {
        "kind": "bars",
        "values": [float(rng.randint(3, 99)) for _ in labels],
        "labels": labels,
        "left": rng.randint(4, 10),
        "top": rng.randint(4, 14),
        "width": scene["width"] - rng.randint(18, 26),
        "height": scene["height"] - rng.randint(22, 32),
        "colour": rng.choice(_COLOURS[:8]),
        "show_values": rng.random() < 0.6,
    }
    return scene | {"items": [bars]}


def _page(rng: random.Random, scene: Spec, number: int) -> Spec:
    """Lines of print; some held-out ones are cut from a scanned book, which training never shows."""
    first = pick(rng, number, _LINES, (*_LINES_KEPT_BACK, *("",) * len(_LINES_KEPT_BACK)))
    if not first:
        return _photographed(rng, scene, "page", _LOOSE)
    bank = [line for line in (_LINES if first in _LINES else _LINES_KEPT_BACK) if line != first]
    size = rng.randint(10, 12)
    gap = size + rng.randint(3, 7)
    ink, left, top = rng.choice(_INKS), rng.randint(5, 12), rng.randint(5, 14)
    room = (scene["height"] - top - size - 4) // gap + 1
    lines = [first, *rng.sample(bank, min(room, rng.randint(4, 6)) - 1)]
    printed = [
        {"kind": "text", "text": line, "left": left, "top": top + row * gap, "size": size, "colour": ink}
        for row, line in enumerate(lines)
    ]
    return scene | {"items": printed}
