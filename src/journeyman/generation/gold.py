"""Gold answers computed from the file specs, never judged: MAT's largest gap.

A rule reads what a file was made to contain (or, for a user's own table, what an independent reader
found in it) and gives the answer. Rules are a closed list, so the teacher can name one but never
state an answer of its own. Those of queries without files are in word_rules.py, those about where
things lie on a picture and what skills make of it in scene_gold.py, those that tell of several things in
things_gold.py.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from journeyman.errors import SchemaError
from journeyman.generation.scene_gold import SCENE_RULES, SceneAsked, SceneRule
from journeyman.generation.things_gold import THINGS_RULES
from journeyman.generation.word_rules import WORD_RULES
from journeyman.photographs import photographs
from journeyman.schema.query import FileSpec, Gold
from journeyman.schema.record import Record


class GoldRule(Record):
    """Which rule, and what it is applied to; unused arguments are empty."""

    rule: str
    """Name of a rule in this module, in word_rules.py, in scene_gold.py or in things_gold.py."""
    column: str = ""
    """Column of a table whose values count; or what else a question about a picture says."""
    label: str = ""
    """Column that names a table's rows; or the field, project, country, element, airport or thing that is asked for."""
    half: str = ""
    """``upper`` or ``lower``."""
    count: int = 0
    """Number of pieces."""


def compute_gold(rule: GoldRule, files: Sequence[FileSpec], text: str) -> Gold:
    """The gold answer that ``rule`` gives for ``files``, or for the words ``text`` of a query without files.

    Raises:
        SchemaError: No such rule, or files or words do not hold what it needs; the message says which.
    """
    if rule.rule in WORD_RULES:
        return WORD_RULES[rule.rule](text, rule.label)
    specs = [json.loads(f.spec_json) for f in files]
    if rule.rule in _ON_PICTURES:
        return _ON_PICTURES[rule.rule](SceneAsked(specs, text, rule.label, rule.column))
    if rule.rule not in _RULES:
        known = sorted((*_RULES, *WORD_RULES, *_ON_PICTURES))
        raise SchemaError(f"no gold rule {rule.rule!r}; there is: {', '.join(known)}")
    return _RULES[rule.rule](rule, specs)


def table_gold(rule: GoldRule, columns: Sequence[str], rows: Sequence[Sequence[str | float]]) -> Gold:
    """The gold answer of a table rule over rows that a reader found in a user's own file."""
    if rule.rule == "column_sum":
        return _column_sum(rule, columns, rows)
    if rule.rule == "row_with_highest":
        return _row_with_highest(rule, columns, rows)
    raise SchemaError(f"gold rule {rule.rule!r} is not for tables; use column_sum or row_with_highest")


def _items(specs: Sequence[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    found = [item for spec in specs for item in spec.get("items", ()) if item["kind"] == kind]
    if not found:
        raise SchemaError(f"the picture has no {kind}, which the gold rule needs")
    return found


def _barcode_payload(_rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return Gold(kind="text", value=str(_only(_items(specs, "barcode"), "barcode")["payload"]))


def _only_text(_rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return Gold(kind="text", value=str(_only(_items(specs, "text"), "text")["text"]))


def _only(items: Sequence[Mapping[str, Any]], what: str) -> Mapping[str, Any]:
    if len(items) != 1:
        raise SchemaError(f"the picture has {len(items)} items of kind {what}; the gold rule needs exactly one")
    return items[0]


def _number_of_faces(_rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    faces = {p.name: p.faces for p in photographs()}
    return _number(sum(faces[item["name"]] for item in _items(specs, "photograph")))


def _main_colour(_rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    spec = specs[0]
    areas: dict[str, float] = {spec["background"]: float(spec["width"] * spec["height"])}
    for item in _items(specs, "shape"):
        area = item["size"] ** 2 * _SHAPE_FILL.get(item["shape"], 1.0)
        areas[item["colour"]] = areas.get(item["colour"], 0.0) + area
        areas[spec["background"]] -= area
    (first, most), *others = sorted(areas.items(), key=lambda pair: -pair[1])
    if others and others[0][1] > 0.8 * most:
        raise SchemaError(f"{first} and {others[0][0]} cover nearly the same area, so the main colour is not clear")
    return Gold(kind="text", value=first, aliases=("gray",) if first == "grey" else ())


_SHAPE_FILL = {"circle": 0.785, "triangle": 0.5, "square": 1.0}


def _subject(_rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    name = _only(_items(specs, "photograph"), "photograph")["name"]
    photograph = next((p for p in photographs() if p.name == name), None)
    if photograph is None or not photograph.labels:
        raise SchemaError(f"photograph {name!r} has no known subject")
    return Gold(kind="text", value=photograph.subject, aliases=photograph.labels)


def _text_in_half(rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return Gold(kind="text", value=_in_half(rule.half, specs))


def _in_half(half: str, specs: Sequence[Mapping[str, Any]]) -> str:
    middle = specs[0]["height"] / 2
    upper = [i for i in _items(specs, "text") if i["top"] + i["size"] <= middle]
    lower = [i for i in _items(specs, "text") if i["top"] >= middle]
    if half not in ("upper", "lower"):
        raise SchemaError(f"half {half!r} is neither upper nor lower")
    return str(_only(upper if half == "upper" else lower, "text")["text"])


def _price_times(rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return _times(_price_in(specs), rule)


def _price_in_half_times(rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return _times(_price(_in_half(rule.half, specs)), rule)


def _prices_together(_rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return _number(sum((_price_in([spec]) for spec in specs), Decimal(0)))


def _price_in(specs: Sequence[Mapping[str, Any]]) -> Decimal:
    return _price(str(_only(_items(specs, "text"), "text")["text"]))


def _price(text: str) -> Decimal:
    match = re.search(r"\d+(?:\.\d+)?", text)
    if match is None:
        raise SchemaError(f"no price in {text!r}")
    return Decimal(match.group())


def _times(price: Decimal, rule: GoldRule) -> Gold:
    if rule.count < 1:
        raise SchemaError(f"no number of pieces ({rule.count})")
    return _number(price * rule.count)


def _table_sum(rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return _column_sum(rule, *_table(specs))


def _table_top(rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return _row_with_highest(rule, *_table(specs))


def _table(specs: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    spec = specs[0]["sheets"][0] if "sheets" in specs[0] else specs[0]
    if "columns" not in spec:
        raise SchemaError("the file has no table, which the gold rule needs")
    return list(spec["columns"]), [list(row) for row in spec["rows"]]


def _column_sum(rule: GoldRule, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Gold:
    return _number(sum(_decimals(rule.column, columns, rows), Decimal(0)), tolerance=0.01)


def _row_with_highest(rule: GoldRule, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Gold:
    values = _decimals(rule.column, columns, rows)
    best = max(values)
    if values.count(best) > 1:
        raise SchemaError(f"{values.count(best)} rows share the highest {rule.column}")
    return Gold(kind="text", value=str(rows[values.index(best)][_position(rule.label, columns)]))


def _decimals(column: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Decimal]:
    at = _position(column, columns)
    try:
        values = [Decimal(str(row[at])) for row in rows]
    except (InvalidOperation, IndexError) as exc:
        raise SchemaError(f"column {column!r} holds a value that is not a number") from exc
    if not values:
        raise SchemaError("the table has no rows")
    return values


def _position(column: str, columns: Sequence[str]) -> int:
    if column not in columns:
        raise SchemaError(f"the table has no column {column!r}; it has: {', '.join(columns)}")
    return list(columns).index(column)


def _stated_field(rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return _one_match(rf"\b{re.escape(rule.label)}: ([^\n]+)", specs, rule.label)


def _place_of_project(rule: GoldRule, specs: Sequence[Mapping[str, Any]]) -> Gold:
    return _one_match(rf"Project {re.escape(rule.label)} is in (\w+)\.", specs, rule.label)


def _one_match(pattern: str, specs: Sequence[Mapping[str, Any]], what: str) -> Gold:
    found = {m for line in _lines(specs) for m in re.findall(pattern, line)}
    if len(found) != 1:
        raise SchemaError(f"the documents state {what!r} {len(found)} times in different words; once is needed")
    return Gold(kind="text", value=found.pop().strip())


def _lines(specs: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for spec in specs:
        lines += [str(p) for p in spec.get("paragraphs", ())]
        lines += [str(b) for slide in spec.get("slides", ()) for b in slide.get("bullets", ())]
    return lines


def _number(value: Decimal | int, tolerance: float = 0.005) -> Gold:
    return Gold(kind="number", value=str(value), tolerance=tolerance if isinstance(value, Decimal) else 0.0)


_ON_PICTURES: Mapping[str, SceneRule] = {**SCENE_RULES, **THINGS_RULES}
_RULES: Mapping[str, Callable[[GoldRule, Sequence[Mapping[str, Any]]], Gold]] = {
    "barcode_payload": _barcode_payload,
    "only_text": _only_text,
    "number_of_faces": _number_of_faces,
    "main_colour": _main_colour,
    "subject": _subject,
    "text_in_half": _text_in_half,
    "price_times": _price_times,
    "price_in_half_times": _price_in_half_times,
    "prices_together": _prices_together,
    "column_sum": _table_sum,
    "row_with_highest": _table_top,
    "stated_field": _stated_field,
    "place_of_project": _place_of_project,
}
