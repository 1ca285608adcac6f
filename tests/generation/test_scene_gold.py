"""Gold answers about pictures follow from what was put on them, and an unclear picture has none."""

import json
from typing import Any

import pytest

from journeyman.errors import SchemaError
from journeyman.generation.gold import GoldRule, compute_gold
from journeyman.generation.scene_gold import FILL
from journeyman.schema.query import FileSpec, Gold

Item = dict[str, Any]


def _shape(thing: str, left: int, top: int, size: int = 40) -> Item:
    colour, shape = thing.split()
    return {"kind": "shape", "shape": shape, "colour": colour, "left": left, "top": top, "size": size}


def _text(text: str) -> Item:
    return {"kind": "text", "text": text, "left": 10, "top": 100, "size": 30}


RED, BLUE = _shape("red circle", 10, 10), _shape("blue square", 170, 60, 50)
STAR = _shape("gray star", 90, 110)
CAT = {"kind": "photograph", "name": "chelsea", "left": 0, "top": 0, "width": 224, "height": 160}


def _gold(
    rule: str, *pictures: list[Item], text: str = "", label: str = "", column: str = "", ground: str = "white"
) -> Gold:
    files = [
        FileSpec(
            name=f"file_{n}.png",
            writer="png",
            spec_json=json.dumps({"width": 224, "height": 160, "background": ground, "items": items}),
        )
        for n, items in enumerate(pictures, 1)
    ]
    return compute_gold(GoldRule(rule=rule, label=label, column=column), files, text or f"{label} {column}")


@pytest.mark.parametrize(
    ("rule", "pictures", "given", "answer"),
    [
        ("place_of_thing", [[RED, BLUE]], {"label": "red circle", "column": "across"}, "left"),
        ("place_of_thing", [[RED, BLUE]], {"label": "blue square", "column": "down"}, "middle"),
        ("count_of_thing", [[RED, BLUE, RED]], {"label": "red circle"}, "2"),
        ("thing_is_there", [[RED]], {"label": "red circle"}, "yes"),
        ("thing_is_there", [[RED]], {"label": "red square"}, "no"),
        ("larger_thing", [[RED, BLUE]], {"label": "red circle", "column": "blue square"}, "blue square"),
        ("share_of_spot", [[RED, BLUE]], {"label": "[0.87, 0.53]"}, "7.0"),
        ("share_of_spot", [[RED, BLUE]], {"label": "[0.755, 0.37, 0.99, 0.69]"}, "7.0"),
        ("thing_at_spot", [[RED, BLUE]], {"label": "[0.13, 0.19]"}, "red circle"),
        ("kind_with_most_room", [[RED, RED, RED, BLUE]], {}, "red circle"),
        ("outermost_thing", [[RED, BLUE]], {"column": "right"}, "blue square"),
        ("outermost_thing", [[RED, BLUE, STAR]], {"column": "bottom"}, "grey star"),
        ("outermost_thing", [[RED, BLUE, STAR]], {"column": "top"}, "red circle"),
        ("only_kind", [[STAR, STAR]], {}, "grey star"),
        ("left_without", [[RED, BLUE, BLUE]], {"label": "red circle"}, "blue square"),
        ("description", [[RED]], {}, "a red circle at the top left"),
        ("description", [[_shape("orange star", 92, 60)]], {}, "an orange star in the centre"),
        ("description", [[_shape("red star", left, 110, 30) for left in (80, 115)]], {}, "two red stars at the bottom"),
        ("text_and_place", [[RED, _text("EXIT 4")]], {"label": "red circle", "column": "across"}, "EXIT 4, left"),
        ("texts_in_order", [[_text("EXIT 4")], [_text("HALL 7")]], {}, "EXIT 4, HALL 7"),
        ("highest_price", [[_text("9.50")], [_text("12.00")], [_text("3.20")]], {}, "12.00"),
        ("drawn_picture", [], {"label": "a red circle", "text": "Draw a red circle."}, "drawn_1.png"),
        ("drawn_picture", [], {"label": 'the word "SALE"', "text": 'Draw the word "SALE".'}, "drawn_1.png"),
        ("picture_without", [[RED, BLUE]], {"label": "red circle"}, "filled_1.png"),
        ("repainted_picture", [[RED, BLUE]], {"label": "red circle", "column": "green"}, "painted_1.png"),
        ("colour_of_ground", [[RED]], {"ground": "pink"}, "pink"),
        ("fact_of_photograph", [[CAT]], {"column": "maker"}, "Stefan van der Walt"),
    ],
)  # fmt: skip
def test_a_rule_gives_the_answer(rule: str, pictures: list[list[Item]], given: dict[str, str], answer: str) -> None:
    assert _gold(rule, *pictures, **given).value == answer


@pytest.mark.parametrize(
    ("rule", "pictures", "given", "says"),
    [
        ("place_of_thing", [[RED]], {"label": "red circle", "column": "along"}, "neither across nor down"),
        ("place_of_thing", [[RED]], {"label": "red circle", "column": "down", "text": "Where?"}, "does not name"),
        ("place_of_thing", [[RED, RED]], {"label": "red circle", "column": "down"}, "has 2 things called"),
        ("place_of_thing", [[_shape("red star", 55, 9)]], {"label": "red star", "column": "across"}, "on the border"),
        ("count_of_thing", [[RED]], {"label": "red square"}, "nothing to count"),
        ("thing_is_there", [[_text("a")]], {"label": "red square"}, "has no shape"),
        (
            "larger_thing",
            [[RED, _shape("black circle", 90, 10, 42)]],
            {"label": "red circle", "column": "black circle"},
            "nearly the same area",
        ),
        ("share_of_spot", [[RED]], {"label": "[0.9, 0.9]"}, "0 things are at"),
        ("share_of_spot", [[RED]], {"label": "[0.1, 0.2, 0.3]"}, "has 3 numbers"),
        ("share_of_spot", [[BLUE]], {"label": "[0.805, 0.47, 0.935, 0.58]"}, "0 things are at"),
        ("thing_at_spot", [[RED]], {"label": "here"}, "neither a point"),
        ("outermost_thing", [[RED, _shape("blue star", 11, 90)]], {"column": "left"}, "nearly as near"),
        ("outermost_thing", [[RED]], {"column": "front"}, "is no edge"),
        ("only_kind", [[RED, BLUE]], {}, "of 2 kinds"),
        ("left_without", [[RED]], {"label": "red circle"}, "of 0 kinds"),
        ("description", [[RED, _shape("red circle", 170, 10)]], {}, "in several places"),
        ("text_and_place", [[RED]], {"label": "red circle", "column": "across"}, "has 0 texts"),
        ("texts_in_order", [[_text("A")], []], {}, "has 0 texts"),
        ("highest_price", [[_text("A")]], {}, "not all are prices"),
        ("drawn_picture", [], {"label": "a sunny beach"}, "cannot be drawn"),
        ("drawn_picture", [], {"label": "a red circle", "text": "Draw a blue circle."}, "does not name"),
        ("picture_without", [[BLUE]], {"label": "red circle"}, "has 0 things"),
        ("repainted_picture", [[RED]], {"label": "red circle", "column": "white"}, "can be seen on white"),
        ("colour_of_ground", [[RED]], {"ground": "#888070"}, "no colour word"),
        ("fact_of_photograph", [[CAT]], {"column": "year"}, "no year is known of photograph 'chelsea'"),
        ("fact_of_photograph", [[RED]], {"column": "year"}, "of 0 kinds"),
    ],
)
def test_a_rule_that_does_not_fit_says_why(
    rule: str, pictures: list[list[Item]], given: dict[str, str], says: str
) -> None:
    with pytest.raises(SchemaError, match=says):
        _gold(rule, *pictures, **given)


def test_a_share_may_be_off_by_what_a_mask_may_be_off() -> None:
    assert _gold("share_of_spot", [RED], label="[0.13, 0.19]").tolerance == 0.4
    assert _gold("share_of_spot", [_shape("red square", 40, 20, 120)], label="[0.45, 0.5]").tolerance == 3.21


@pytest.mark.parametrize("shape", FILL)
def test_the_area_of_a_shape_is_that_which_is_drawn(shape: str) -> None:
    from journeyman.file_writers._scene import Scene, draw_scene

    items = [_shape(f"red {shape}", 20, 20, 120)]
    drawn = draw_scene(Scene.model_validate({"width": 224, "height": 160, "items": items}))
    red = sum(count for count, (_, green, _) in drawn.getcolors(100_000) or () if green < 142)
    assert red == pytest.approx(FILL[shape] * 120**2, rel=0.02)


def test_right_ways_of_saying_it_count_as_right() -> None:
    assert "the red circle" in _gold("only_kind", [RED]).aliases
    assert "an orange star" in _gold("only_kind", [_shape("orange star", 9, 9)]).aliases
    assert "a red circle at the top left, on a white ground" in _gold("description", [RED]).aliases
    assert "left third" in _gold("place_of_thing", [RED], label="red circle", column="across").aliases
