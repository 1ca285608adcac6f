"""What the files of a world contain, in the writers' own schemas."""

import io
import json
import random
from dataclasses import replace
from functools import cache
from typing import Any

from PIL import Image

from journeyman.photographs import FACE_CROPS, photograph_bytes
from journeyman.teacher.scripted.names import NAMES
from journeyman.teacher.scripted.world import World

SIZE = (224, 160)
MARK = "scripted-teacher"
"""The teacher recognises its own pictures by this comment in their metadata; models see only pixels."""


def plan_files(world: World, writer: str) -> dict[str, Any]:
    """The answer to a file writer's request."""
    rng = random.Random(f"files/{world.kind}/{world.number}")  # noqa: S311 - reproducible choice, no secret
    column = "Profit" if world.mistake == "missing fact" and world.columns else world.column
    return {
        "contents": [json.dumps(spec) for spec in _specs(world, writer, rng)],
        "comment": f"{MARK}:{world.kind}:{world.number}",
        "column": column,
        "label": world.label,
        "half": world.half,
        "count": world.count,
    }


def _specs(world: World, writer: str, rng: random.Random) -> list[dict[str, Any]]:
    if world.stated or world.kind in NAMES:
        return []
    if world.kind in ("total", "top"):
        return [_table(world, writer)]
    if world.kind == "fact":
        lines = ["This page was drawn up by the office and replaces all earlier ones."]
        lines += [
            f"{name}: {value}"
            for name, value in world.facts.items()
            if not (world.mistake == "missing fact" and name == world.label)
        ]
        return [_document("Notice", lines, writer)]
    if world.kind == "search":
        lines = [f"Project {name} is in {place}." for name, place in world.facts.items()]
        if world.mistake == "missing fact":
            lines = [line for line in lines if f"Project {world.label} " not in line]
        return [_document("Projects, part one", lines[:3], writer), _document("Projects, part two", lines[3:], writer)]
    if world.kind == "price_pair":
        # Where a fact is missing it is the second price; the first picture is as it should be.
        first = replace(world, mistake="")
        return [_scene(first, rng), _scene(replace(world, text=world.other_text), rng)]
    return [_scene(world, rng)]


def _table(world: World, writer: str) -> dict[str, Any]:
    table = {"columns": list(world.columns), "rows": [list(row) for row in world.rows]}
    return {"sheets": [{"name": "Sheet1", **table}]} if writer == "xlsx" else table


def _document(title: str, lines: list[str], writer: str) -> dict[str, Any]:
    if writer == "pptx":
        return {"slides": [{"title": title, "bullets": lines}]}
    return {"title": title, "paragraphs": lines}


def _scene(world: World, rng: random.Random) -> dict[str, Any]:
    width, height = SIZE
    items = [] if world.mistake == "missing fact" else _ITEMS[world.kind](world, rng)
    return {"width": width, "height": height, "background": world.background or "white", "items": items}


def _barcode(world: World, rng: random.Random) -> list[dict[str, Any]]:
    if rng.random() < 0.6:
        side = rng.randint(100, 130)
        at = {"left": rng.randint(5, 85), "top": rng.randint(5, 155 - side), "width": side}
        return [{"kind": "barcode", "symbology": "qr", "payload": world.text, **at}]
    at = {"left": rng.randint(4, 12), "top": rng.randint(10, 60), "width": rng.randint(190, 205)}
    return [{"kind": "barcode", "symbology": "code128", "payload": world.text, **at}]


def _text(text: str, top: int, rng: random.Random, size: int) -> dict[str, Any]:
    return {
        "kind": "text",
        "text": text,
        "left": rng.randint(8, 24),
        "top": top,
        "size": size,
        "colour": rng.choice(("black", "#202060", "#602020")),
    }


def _sign(world: World, rng: random.Random) -> list[dict[str, Any]]:
    return [_text(world.text, rng.randint(20, 100), rng, rng.randint(28, 34))]


def _part(world: World, rng: random.Random) -> list[dict[str, Any]]:
    upper, lower = (world.text, world.other_text) if world.half == "upper" else (world.other_text, world.text)
    return [_text(upper, rng.randint(10, 35), rng, 28), _text(lower, rng.randint(90, 115), rng, 28)]


def _price(world: World, rng: random.Random) -> list[dict[str, Any]]:
    return [_text(world.text, rng.randint(40, 70), rng, rng.randint(36, 44))]


def _faces(world: World, rng: random.Random) -> list[dict[str, Any]]:
    crops = {crop.photograph: crop for crop in FACE_CROPS}
    slot = SIZE[0] // 3
    places = rng.sample(range(3), len(world.photographs))
    items = []
    for place, name in zip(places, world.photographs, strict=True):
        box = crops[name].box
        ratio = (box[3] - box[1]) / (box[2] - box[0])
        items.append(
            {
                "kind": "photograph",
                "name": name,
                "crop": list(box),
                "left": place * slot + 1,
                "top": rng.randint(5, 150 - int(slot * ratio)) if slot * ratio < 140 else 5,
                "width": slot - 2,
                "height": int((slot - 2) * ratio),
                "mirror": rng.random() < 0.5,
                "brightness": round(rng.uniform(0.85, 1.15), 2),
            }
        )
    return items


def _colours(world: World, rng: random.Random) -> list[dict[str, Any]]:
    slot = SIZE[0] // 4
    places = rng.sample(range(4), len(world.shapes))
    return [
        {
            "kind": "shape",
            "shape": shape,
            "colour": colour,
            "left": place * slot + 2,
            "top": rng.randint(4, 100),
            "size": rng.randint(36, 52),
        }
        for place, (shape, colour) in zip(places, world.shapes, strict=True)
    ]


def _subject(world: World, rng: random.Random) -> list[dict[str, Any]]:
    # Only the rim is cut away: cutting away the subject would leave a photograph of something else.
    width, height = _photograph_size(world.photographs[0])
    left, top = rng.randint(0, width // 12), rng.randint(0, height // 12)
    right, bottom = width - rng.randint(0, width // 12), height - rng.randint(0, height // 12)
    return [
        {
            "kind": "photograph",
            "name": world.photographs[0],
            "crop": [left, top, right, bottom],
            "left": 0,
            "top": 0,
            "width": SIZE[0],
            "height": SIZE[1],
            "mirror": rng.random() < 0.5,
            "brightness": round(rng.uniform(0.8, 1.2), 2),
        }
    ]


@cache
def _photograph_size(name: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(photograph_bytes(name))) as picture:
        return picture.size


_ITEMS = {
    "barcode": _barcode,
    "sign": _sign,
    "part": _part,
    "price": _price,
    "price_part": _part,
    "price_pair": _price,
    "faces": _faces,
    "colours": _colours,
    "subject": _subject,
}
