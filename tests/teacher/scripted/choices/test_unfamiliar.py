"""A user's own APIs: placed by their fields, asked for by their descriptions, matched by the words of both."""

import re
from typing import Any

import pytest

from journeyman.generator import STYLES
from journeyman.teacher.scripted.choices.roles import match_instructions, place_apis, write_instructions

OWN: list[dict[str, Any]] = [
    {
        "name": "ocr",
        "domain": "",
        "description": "Reads the printed letters of a scanned page. Needs 300 dpi.",
        "media_in": ["image"],
        "media_out": ["text"],
    },
    {
        "name": "acme/barcodeReader-v3",
        "domain": "scanning",
        "description": "Finds the barcode on a parcel label and gives its digits.",
        "media_in": ["text", "image"],
        "media_out": ["text"],
    },
    {
        "name": "birdsong",
        "domain": "audio-classification",
        "description": "Identifies the species of a bird by its call",
        "media_in": ["audio"],
        "media_out": ["text"],
    },
    {
        "name": "convert_units",
        "domain": "",
        "description": "Turns lengths and weights from one unit into another.",
        "media_in": ["text"],
        "media_out": ["text"],
    },
    {
        "name": "gait",
        "domain": "",
        "description": "Measures how fast somebody walks through the scene.",
        "media_in": ["video"],
        "media_out": ["text"],
    },
]


def _brief(api: dict[str, Any], number: int, kind: str = "one") -> dict[str, Any]:
    modality = next((one for one in api["media_in"] if one != "text"), "text")
    style = STYLES[number % len(STYLES)]
    return {"number": number, "kind": kind, "modality": modality, "style": style, "apis": [api]}


def test_own_apis_are_placed_each_in_a_class_of_its_own() -> None:
    places = {place["name"]: place for place in place_apis({"apis": OWN}).answer["placements"]}
    assert places["ocr"]["path"] == ["image", "general"]
    assert places["acme/barcodeReader-v3"]["path"] == ["image", "scanning"]
    assert places["acme/barcodeReader-v3"]["function_class"] == "barcodeReader-v3"
    assert places["convert_units"]["path"] == ["text", "general"]
    assert len({place["function_class"] for place in places.values()}) == len(OWN)
    assert all(place["boundary"] and place["differs_by"] == "" for place in places.values())


@pytest.mark.parametrize("api", OWN, ids=lambda api: api["name"])
def test_an_own_api_is_asked_for_without_its_name_and_accepted_alone(api: dict[str, Any]) -> None:
    briefs = [_brief(api, number) for number in range(12)]
    written = write_instructions({"briefs": briefs}, 0.0).answer["instructions"]
    tokens = set(re.findall(r"[a-z]{3,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", api["name"]).casefold()))
    for brief, one in zip(briefs, written, strict=True):
        assert not tokens & set(re.findall(r"[a-z]+", one["text"].casefold())), one["text"]
        assert len(one["media"]) == (brief["modality"] != "text")
        asked = [{"number": 0, "text": one["text"], "modality": brief["modality"], "media": None}]
        matched = match_instructions({"instructions": asked, "apis": OWN}, 0.0).answer["matches"]
        assert matched == [{"number": 0, "accepted": [api["name"]]}]
    assert len({one["text"] for one in written}) == len(written)


def test_own_apis_satisfy_no_unknown_wish() -> None:
    briefs = [{"number": n, "kind": "unknown", "modality": "image", "style": "child", "apis": []} for n in range(40)]
    written = write_instructions({"briefs": briefs}, 0.0).answer["instructions"]
    asked = [{"number": one["number"], "text": one["text"], "modality": "image", "media": None} for one in written]
    matched = match_instructions({"instructions": asked, "apis": OWN}, 0.0).answer["matches"]
    assert all(match["accepted"] == [] for match in matched)


def test_a_pair_of_own_apis_has_one_text_and_a_file_for_each() -> None:
    pair = _brief(OWN[0], 3, "pair") | {"apis": OWN[:2]}
    (one,) = write_instructions({"briefs": [pair]}, 0.0).answer["instructions"]
    assert len(set(one["media"])) == 2


def test_an_api_whose_description_is_its_name_is_still_asked_for_without_it() -> None:
    api = {"name": "calculate", "domain": "", "description": "Calculate.", "media_in": ["text"], "media_out": ["text"]}
    (one,) = write_instructions({"briefs": [_brief(api, 1)]}, 0.0).answer["instructions"]
    assert one["text"]
    assert "calculate" not in one["text"].casefold()
