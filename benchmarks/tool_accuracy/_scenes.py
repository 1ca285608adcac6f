"""Composed scenes whose things are known: shapes, panels, print, codes and photographs on plain or grainy ground."""

import random
from dataclasses import dataclass
from typing import Any

from journeyman.file_writers._colours import COLOURS
from journeyman.file_writers._scene import Scene, draw_untreated
from journeyman.file_writers.png import WRITER
from journeyman.photographs import FACE_CROPS, find_photograph
from tool_accuracy._pictures import WORDS

SIZES = ((160, 120), (224, 160), (320, 240), (480, 360), (640, 480))
SHAPES = ("circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star")
PHOTOGRAPHS = ("chelsea", "coffee", "flower", "motorcycle_left", "china", "rocket", "clock_motion", "camera")
NAMES = {"gray": "grey"}
"""Where the spec's colour word is not the shelf's."""
_MORE_LABELS = {"chelsea": ("Egyptian cat",)}
"""Right, too: the first names of the classes that ``journeyman.photographs`` lists by their other names."""
CLOSE = ({"red", "orange"}, {"orange", "yellow"}, {"white", "gray"}, {"black", "gray"}, {"pink", "white"})
"""Colours that grain brings so close that people, too, lose small things."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Known:
    """One thing on a scene."""

    kind: str
    names: tuple[str, ...]
    """What it may rightly be called."""
    box: Box
    """Of what can be seen of it, in pixels."""
    mask: Any
    """(height, width), True on it."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A scene's file and what is on it."""

    data: bytes
    size: tuple[int, int]
    ground: str
    noise: float
    things: tuple[Known, ...]


def composed(
    rng: random.Random, *, kinds: tuple[str, ...] = ("shape", "panel", "text", "barcode", "photograph")
) -> Composed:
    """A scene of one to five things that do not overlap, but for print on panels."""
    width, height = rng.choice(SIZES)
    ground = rng.choice(sorted(COLOURS))
    noise = rng.choice((0.0, 0.0, 0.0, 0.05, 0.15, 0.3))
    items: list[dict[str, Any]] = []
    known: list[Known] = []
    taken: list[Box] = []
    for _ in range(rng.randint(1, 5)):
        item = _item(rng, rng.choice(kinds), width, height, ground)
        for _ in range(30):
            placed = _placed(rng, item, width, height)
            box = placed and _box_of(placed)
            if placed and box and all(_apart(box, other) for other in taken):
                added = [placed, *_on_panel(rng, placed)]
                items += added
                taken.append(box)
                known += [_known(one, width, height) for one in added]
                break
    scene = Scene(width=width, height=height, background=ground, noise=noise, items=tuple(items))
    return Composed(WRITER.write(scene, ""), (width, height), NAMES.get(ground, ground), noise, tuple(known))


def _item(rng: random.Random, kind: str, width: int, height: int, ground: str) -> dict[str, Any]:
    short = min(width, height)
    colour = rng.choice([c for c in sorted(COLOURS) if c != ground and {c, ground} not in CLOSE])
    if kind == "shape":
        side = rng.randint(max(14, short // 9), short // 3)
        return {"kind": "shape", "shape": rng.choice(SHAPES), "colour": colour, "size": side}
    if kind == "panel":
        high = rng.randint(max(18, short // 8), short // 3)
        return {"kind": "panel", "width": rng.randint(high * 3 // 2, high * 3), "height": high, "colour": colour}
    if kind == "text":
        dark = ground in ("black", "blue", "purple", "brown", "red", "green", "gray")
        size = rng.randint(max(12, short // 14), max(14, short // 6))
        return {"kind": "text", "text": rng.choice(WORDS).upper(), "size": size, "colour": "white" if dark else "black"}
    if kind == "barcode":
        symbology = rng.choice(("qr", "code128"))
        payload = (
            f"{rng.choice(WORDS).upper()}-{rng.randint(10, 99)}" if symbology == "qr" else f"A{rng.randint(100, 999)}"
        )
        wide = (33 if symbology == "qr" else 101) * max(1, short // 120)
        return {"kind": "barcode", "symbology": symbology, "payload": payload, "width": wide}
    if rng.random() < 0.3:
        crop = rng.choice(FACE_CROPS)
        wide = max(crop.minimal_width + 8, short // 3)
        return {"kind": "photograph", "name": crop.photograph, "crop": crop.box, "width": wide}
    return {"kind": "photograph", "name": rng.choice(PHOTOGRAPHS), "width": rng.randint(short // 3, short // 2)}


def _placed(rng: random.Random, item: dict[str, Any], width: int, height: int) -> dict[str, Any] | None:
    box = _box_of({**item, "left": 0, "top": 0})
    wide, high = box[2], box[3]
    if wide > width - 4 or high > height - 4:
        return None
    return {**item, "left": rng.randint(2, width - wide - 2), "top": rng.randint(2, height - high - 2)}


def _box_of(item: dict[str, Any]) -> Box:
    """Room that it takes."""
    probe = Scene(width=2000, height=2000, background="black", items=({**item, **_seen(item)},))
    box = draw_untreated(probe).getbbox()
    assert box is not None
    side = item.get("size", 0) if item["kind"] == "shape" else 0
    right, bottom = max(box[2], item["left"] + side), max(box[3], item["top"] + side)
    return min(item["left"], box[0]), min(item["top"], box[1]), right, bottom


def _seen(item: dict[str, Any]) -> dict[str, Any]:
    if item["kind"] in ("barcode", "photograph"):
        return {}
    return {"colour": "white"}


def _on_panel(rng: random.Random, item: dict[str, Any]) -> list[dict[str, Any]]:
    if item["kind"] != "panel" or rng.random() < 0.4:
        return []
    dark = item["colour"] in ("black", "blue", "purple", "brown", "red", "green", "gray")
    size = max(10, int(item["height"] * 0.5))
    text = {"kind": "text", "text": rng.choice(WORDS)[:6].upper(), "size": size, "colour": "white" if dark else "black"}
    box = _box_of({**text, "left": 0, "top": 0})
    if box[2] > item["width"] - 8:
        return []
    left = item["left"] + (item["width"] - box[2]) // 2
    return [{**text, "left": left, "top": item["top"] + (item["height"] - box[3]) // 2}]


def _apart(one: Box, two: Box) -> bool:
    return one[0] - 6 > two[2] or two[0] - 6 > one[2] or one[1] - 6 > two[3] or two[1] - 6 > one[3]


def _known(item: dict[str, Any], width: int, height: int) -> Known:
    import numpy as np

    ground = "white" if item["kind"] == "barcode" else "black"
    alone = Scene(width=width, height=height, background=ground, items=({**item, **_seen(item)},))
    drawn = np.asarray(draw_untreated(alone), dtype=int)
    kind = item["kind"]
    box: Box
    if kind == "photograph":
        high = round(item["width"] * _proportion(item))
        box = (item["left"], item["top"], item["left"] + item["width"], item["top"] + max(1, high))
        mask = np.zeros((height, width), dtype=bool)
        mask[box[1] : box[3], box[0] : box[2]] = True
    else:
        mask = drawn.mean(axis=2) < 128 if kind == "barcode" else drawn.mean(axis=2) > 127
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        if kind == "barcode":
            mask[box[1] : box[3], box[0] : box[2]] = True
    return Known(
        kind if kind != "panel" else "shape", _names(item), box, mask, item.get("text", item.get("payload", ""))
    )


def _proportion(item: dict[str, Any]) -> float:
    from PIL import Image

    from journeyman.photographs import package_file

    if "crop" in item:
        left, top, right, bottom = item["crop"]
        return float((bottom - top) / (right - left))
    photograph = find_photograph(item["name"])
    with Image.open(package_file(photograph.package, photograph.path)) as picture:
        return picture.height / picture.width


def _names(item: dict[str, Any]) -> tuple[str, ...]:
    colour = NAMES.get(item.get("colour", ""), item.get("colour", ""))
    match item["kind"]:
        case "shape":
            return (f"{colour} {item['shape']}",)
        case "panel":
            square = max(item["width"], item["height"]) <= 1.12 * min(item["width"], item["height"])
            return (f"{colour} {'square' if square else 'rectangle'}",)
        case "text":
            return ("text",)
        case "barcode":
            return ("QR code", "barcode") if item["symbology"] == "qr" else ("barcode",)
        case _:
            return ("photograph", *find_photograph(item["name"]).labels, *_MORE_LABELS.get(item["name"], ()))
