"""Gold answers of several things follow from what was put on the picture; an unclear one has none."""

import json
from typing import Any

import pytest

from journeyman.answer import answer_matches
from journeyman.errors import SchemaError
from journeyman.generation.gold import GoldRule, compute_gold
from journeyman.schema.query import FileSpec, Gold

Item = dict[str, Any]


def _shape(thing: str, left: int, top: int, size: int = 40) -> Item:
    colour, shape = thing.split()
    return {"kind": "shape", "shape": shape, "colour": colour, "left": left, "top": top, "size": size}


def _gold(rule: str, *items: Item, text: str = "", label: str = "") -> Gold:
    spec = json.dumps({"width": 200, "height": 100, "background": "white", "items": items})
    files = [FileSpec(name="file_1.png", writer="png", spec_json=spec)]
    return compute_gold(GoldRule(rule=rule, label=label), files, text or label)


RED, BLUE, STAR = _shape("red circle", 20, 10), _shape("blue square", 100, 40), _shape("gray star", 150, 50)
TEXT = {"kind": "text", "text": "EXIT", "left": 5, "top": 5, "size": 20}


def test_boxes_are_those_of_every_thing_of_that_name_as_shares() -> None:
    gold = _gold("boxes_of_thing", RED, BLUE, _shape("red circle", 120, 0, 20), label="red circle")
    assert (gold.kind, gold.tolerance) == ("boxes", 0.5)
    assert json.loads(gold.value) == [[0.1, 0.1, 0.3, 0.5], [0.6, 0.0, 0.7, 0.2]]
    assert answer_matches(gold, json.dumps("[[0.6, 0.0, 0.7, 0.2], [0.1, 0.1, 0.3, 0.5]]"))


def test_a_grey_thing_may_be_written_gray_in_the_file() -> None:
    (box,) = json.loads(_gold("boxes_of_thing", STAR, RED, label="grey star").value)
    assert box[3] < 0.9, "a star ends above its square's lower edge"


def test_a_set_names_every_kind_once() -> None:
    gold = _gold("kinds_of_things", RED, BLUE, RED, STAR)
    assert (gold.kind, gold.value) == ("set", "red circle, blue square, grey star")


def test_lines_stand_from_top_to_bottom() -> None:
    gold = _gold("lines_in_order", {**TEXT, "top": 60, "text": "Push here"}, RED, TEXT)
    assert (gold.kind, gold.value) == ("text", "EXIT\nPush here")


@pytest.mark.parametrize(
    ("rule", "items", "given", "says"),
    [
        ("boxes_of_thing", [RED], {"label": "red circle", "text": "Where?"}, "does not name 'red circle'"),
        ("boxes_of_thing", [RED], {"label": ""}, "does not name ''"),
        ("boxes_of_thing", [RED], {"label": "red square"}, "no red square, so there is no box"),
        ("boxes_of_thing", [], {"label": "red square"}, "no red square, so there is no box"),
        ("lines_in_order", [RED], {}, "no text, so there is no line to copy"),
        ("lines_in_order", [TEXT, {**TEXT, "left": 90, "text": "B"}], {}, "two texts begin at one height"),
        ("kinds_of_things", [RED, RED], {}, "has 1 kinds of thing; 2 to 6"),
        ("kinds_of_things", [], {}, "has 0 kinds of thing"),
        ("kinds_of_things", [RED, BLUE, TEXT], {}, "has text, which the gold rule has no name for"),
        ("kinds_of_things", [RED, _shape("#102030 star", 0, 0)], {}, "the colour of #102030 star has no name"),
    ],
)
def test_a_rule_that_does_not_fit_says_why(rule: str, items: list[Item], given: dict[str, str], says: str) -> None:
    with pytest.raises(SchemaError, match=says):
        _gold(rule, *items, **given)
