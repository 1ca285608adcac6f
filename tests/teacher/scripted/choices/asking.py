"""Briefs and instructions as the stages put them into prompts."""

import json
from typing import Any

from journeyman.catalogue.sources import read_catalogue
from journeyman.schema.api import Api
from journeyman.teacher.scripted.choices.knowledge import KNOWN_BY_NAME, WISH_BY_KEY
from journeyman.teacher.scripted.choices.media import WRITERS
from journeyman.teacher.scripted.choices.roles import match_instructions, write_instructions

APIS: tuple[Api, ...] = tuple(read_catalogue("embedded").apis)
TOLD: list[dict[str, Any]] = [api.model_dump(mode="json") for api in APIS]
NUMBERS = (0, 7, 1_234, 500_003, 500_204)
MEDIA_WISHES = sorted(key for key, wish in WISH_BY_KEY.items() if wish.modality != "text")


def modality_of(name: str) -> str:
    return WISH_BY_KEY[KNOWN_BY_NAME[name].wish].modality


def brief(
    number: int, *names: str, kind: str = "one", style: str = "plain question", modality: str = ""
) -> dict[str, Any]:
    takes = modality or modality_of(names[0])
    return {
        "number": number,
        "kind": kind,
        "modality": takes,
        "style": style,
        "writer": WRITERS.get(takes, ""),  # type: ignore[call-overload]
        "differs_by": "",
        "apis": [next(api for api in TOLD if api["name"] == name) for name in names],
    }


def written(*briefs: dict[str, Any], mistake_rate: float = 0.0) -> list[dict[str, Any]]:
    return list(write_instructions({"briefs": list(briefs)}, mistake_rate).answer["instructions"])


def accepted(text: str, modality: str, media: str = "", apis: list[dict[str, Any]] | None = None) -> list[str]:
    """What the judge accepts of ``apis``, or of the whole embedded catalogue."""
    content = {**json.loads(media), "writer": WRITERS[modality]} if media else None  # type: ignore[index]
    asked = [{"number": 0, "text": text, "modality": modality, "media": content}]
    found = match_instructions({"instructions": asked, "apis": TOLD if apis is None else apis}, 0.0)
    return list(found.answer["matches"][0]["accepted"])
