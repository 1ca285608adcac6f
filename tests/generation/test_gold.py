"""Gold answers follow from the files by rule, and a rule that does not fit says why."""

import json

import pytest

from journeyman.errors import SchemaError
from journeyman.generation.gold import GoldRule, compute_gold, table_gold
from journeyman.schema.query import FileSpec

TABLE = {"columns": ["City", "Units"], "rows": [["Oslo", 3], ["Lima", 4.5]]}


def _gold(rule: str, *specs: dict[str, object], **given: object) -> str:
    files = [FileSpec(name=f"file_{n}.x", writer="x", spec_json=json.dumps(spec)) for n, spec in enumerate(specs, 1)]
    return compute_gold(GoldRule.model_validate({"rule": rule, **given}), files, "").value


def _scene(*items: dict[str, object], **given: object) -> dict[str, object]:
    return {"width": 200, "height": 100, "background": "white", "items": list(items), **given}


def _text(text: str, top: int) -> dict[str, object]:
    return {"kind": "text", "text": text, "top": top, "size": 20}


@pytest.mark.parametrize(
    ("rule", "specs", "given", "answer"),
    [
        ("barcode_payload", [_scene({"kind": "barcode", "payload": "LOT-1"})], {}, "LOT-1"),
        ("only_text", [_scene(_text("EXIT 4", 5))], {}, "EXIT 4"),
        (
            "number_of_faces",
            [_scene({"kind": "photograph", "name": "astronaut"}, {"kind": "photograph", "name": "coffee"})],
            {},
            "1",
        ),
        (
            "main_colour",
            [_scene({"kind": "shape", "shape": "square", "colour": "red", "size": 90}, background="blue")],
            {},
            "blue",
        ),
        ("subject", [_scene({"kind": "photograph", "name": "coffee"})], {}, None),
        ("text_in_half", [_scene(_text("UP", 5), _text("DOWN", 60))], {"half": "lower"}, "DOWN"),
        ("price_times", [_scene(_text("12.50", 5))], {"count": 3}, "37.50"),
        (
            "price_in_half_times",
            [_scene(_text("12.50", 5), _text("3.20", 60))],
            {"half": "lower", "count": 4},
            "12.80",
        ),
        ("prices_together", [_scene(_text("12.50", 5)), _scene(_text("EUR 3.20", 5))], {}, "15.70"),
        ("column_sum", [TABLE], {"column": "Units"}, "7.5"),
        ("column_sum", [{"sheets": [{"name": "a", **TABLE}]}], {"column": "Units"}, "7.5"),
        ("row_with_highest", [TABLE], {"column": "Units", "label": "City"}, "Lima"),
        ("stated_field", [{"paragraphs": ["x", "Contact: Ada"]}], {"label": "Contact"}, "Ada"),
        ("stated_field", [{"slides": [{"bullets": ["Contact: Ada"]}]}], {"label": "Contact"}, "Ada"),
        (
            "place_of_project",
            [{"paragraphs": []}, {"paragraphs": ["Project Wren is in Lima."]}],
            {"label": "Wren"},
            "Lima",
        ),
    ],
)
def test_a_rule_gives_the_answer(
    rule: str, specs: list[dict[str, object]], given: dict[str, object], answer: str | None
) -> None:
    value = _gold(rule, *specs, **given)
    assert value == answer if answer else value


@pytest.mark.parametrize(
    ("rule", "spec", "given", "says"),
    [
        ("no_such", TABLE, {}, "no gold rule 'no_such'"),
        ("column_sum", TABLE, {"column": "Profit"}, "no column 'Profit'; it has: City, Units"),
        ("column_sum", TABLE, {"column": "City"}, "not a number"),
        (
            "row_with_highest",
            {"columns": ["A", "B"], "rows": [["x", 1], ["y", 1]]},
            {"column": "B", "label": "A"},
            "2 rows share",
        ),
        ("only_text", _scene(), {}, "no text"),
        ("only_text", _scene(_text("a", 1), _text("b", 2)), {}, "2 items"),
        ("main_colour", _scene({"kind": "shape", "shape": "square", "colour": "red", "size": 100}), {}, "not clear"),
        ("stated_field", {"paragraphs": ["Contact: A", "Contact: B"]}, {"label": "Contact"}, "2 times"),
        ("price_times", _scene(_text("12.50", 5)), {}, "no number of pieces"),
        ("price_in_half_times", _scene(_text("EXIT", 5)), {"half": "upper", "count": 2}, "no price in 'EXIT'"),
        ("price_in_half_times", _scene(_text("1.00", 5)), {"half": "left", "count": 2}, "neither upper nor lower"),
        ("prices_together", _scene(), {}, "no text"),
    ],
)
def test_a_rule_that_does_not_fit_says_why(
    rule: str, spec: dict[str, object], given: dict[str, object], says: str
) -> None:
    with pytest.raises(SchemaError, match=says):
        _gold(rule, spec, **given)


def test_a_users_table_has_a_computed_answer_too() -> None:
    rule = GoldRule(rule="column_sum", column="Units")
    assert table_gold(rule, ("City", "Units"), (("Oslo", 1.0), ("Lima", 2.0))).value == "3.0"
