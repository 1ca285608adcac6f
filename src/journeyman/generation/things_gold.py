"""Gold answers that tell of several things at once: their boxes, the names of all kinds, or all lines of print."""

from collections.abc import Mapping
from typing import Any

from journeyman.errors import SchemaError
from journeyman.file_writers._extents import box_in_shares
from journeyman.generation.scene_gold import SceneAsked, SceneRule
from journeyman.metrics.skills import LEAST_IOU
from journeyman.schema.query import Gold
from journeyman.schema.record import canonical_json

MOST_KINDS = 6
"""More are not named in a short answer."""


def _boxes_of_thing(asked: SceneAsked) -> Gold:
    if not asked.label or asked.label.casefold() not in asked.text.casefold():
        raise SchemaError(f"the query does not name {asked.label!r}, which its gold rule needs")
    (spec, *_) = asked.specs
    boxes = [box_in_shares(item, spec) for name, item in _things(spec) if name == asked.label]
    if not boxes:
        raise SchemaError(f"the picture has no {asked.label}, so there is no box to give")
    return Gold(kind="boxes", value=canonical_json(boxes), tolerance=LEAST_IOU)


def _kinds_of_things(asked: SceneAsked) -> Gold:
    (spec, *_) = asked.specs
    others = sorted({item["kind"] for item in spec.get("items", ()) if item["kind"] != "shape"})
    if others:
        raise SchemaError(f"the picture has {', '.join(others)}, which the gold rule has no name for; use shapes alone")
    names = dict.fromkeys(name for name, _ in _things(spec))
    unnamed = [name for name in names if name.startswith("#")]
    if unnamed:
        raise SchemaError(f"the colour of {unnamed[0]} has no name; use the basic colours")
    if not 2 <= len(names) <= MOST_KINDS:
        raise SchemaError(f"the picture has {len(names)} kinds of thing; 2 to {MOST_KINDS} are needed")
    return Gold(kind="set", value=", ".join(names))


def _lines_in_order(asked: SceneAsked) -> Gold:
    (spec, *_) = asked.specs
    texts = sorted((item["top"], item["text"]) for item in spec.get("items", ()) if item["kind"] == "text")
    if not texts:
        raise SchemaError("the picture has no text, so there is no line to copy")
    if len({top for top, _ in texts}) < len(texts):
        raise SchemaError("two texts begin at one height, so that they have no order from top to bottom")
    return Gold(kind="text", value="\n".join(str(text) for _, text in texts))


def _things(spec: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Name and item of each shape."""
    colours = {"gray": "grey"}
    return [
        (f"{colours.get(item['colour'], item['colour'])} {item['shape']}", item)
        for item in spec.get("items", ())
        if item["kind"] == "shape"
    ]


THINGS_RULES: Mapping[str, SceneRule] = {
    "boxes_of_thing": _boxes_of_thing,
    "kinds_of_things": _kinds_of_things,
    "lines_in_order": _lines_in_order,
}
"""By name."""
