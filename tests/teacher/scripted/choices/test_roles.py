"""The embedded catalogue is known whole, files decide what words leave open, and mistakes are labelled."""

import itertools
import json
from typing import Any

import pytest

from journeyman.catalogue.taxonomy import PlacementBatch
from journeyman.generation.choices.teacher_answers import InstructionBatch
from journeyman.generator import STYLES
from journeyman.teacher.scripted.asked import Asked
from journeyman.teacher.scripted.choices.knowledge import KNOWN_BY_NAME, WISH_BY_KEY
from journeyman.teacher.scripted.choices.phrases import UNKNOWN
from journeyman.teacher.scripted.choices.roles import MISTAKES, match_instructions, place_apis, write_instructions
from journeyman.teacher.scripted.choices.shown import shown_contents
from journeyman.teacher.scripted.replies import reply
from tests.teacher.scripted.choices.asking import (
    APIS,
    MEDIA_WISHES,
    NUMBERS,
    TOLD,
    accepted,
    brief,
    modality_of,
    written,
)

NAMES = sorted(KNOWN_BY_NAME)


def _ask(answer: str, block: Any, mistake_rate: float = 0.0) -> Any:
    prompt = f"Match instructions\n```json\n{json.dumps(block)}\n```\n"
    return reply(Asked(answer, (("user", prompt),), (), 0), mistake_rate)


def test_the_embedded_catalogue_is_what_the_teacher_knows() -> None:
    assert sorted(api.name for api in APIS) == NAMES
    assert 52 <= len(APIS) <= 60
    assert all(api.description and api.source == "embedded" for api in APIS)
    for api in APIS:
        takes = next((kind for kind in api.media_in if kind != "text"), "text")
        assert takes == modality_of(api.name), api.name


def test_every_embedded_api_has_a_place_and_a_boundary() -> None:
    said = _ask("PlacementBatch", {"taxonomy": [], "apis": TOLD})
    places = PlacementBatch.model_validate_json(said.text).placements
    assert said.role == "taxonomist"
    assert sorted(place.name for place in places) == NAMES
    assert all(place.boundary for place in places)
    assert {place.differs_by for place in places} == {"", "domain", "labels", "quality", "condition", "language"}


def test_classes_of_one_leaf_differ_by_one_thing_and_members_of_a_class_take_the_same() -> None:
    places = place_apis({"apis": TOLD}).answer["placements"]
    for place, other in itertools.combinations(places, 2):
        if place["path"] == other["path"]:
            assert place["differs_by"] == other["differs_by"]
        if place["function_class"] == other["function_class"]:
            assert place["path"] == other["path"]
            assert KNOWN_BY_NAME[place["name"]].contents == KNOWN_BY_NAME[other["name"]].contents


@pytest.mark.parametrize("name", NAMES)
def test_the_judge_accepts_the_api_that_was_asked_for_and_those_alone_that_take_the_file(name: str) -> None:
    known = KNOWN_BY_NAME[name]
    for number, style in zip(NUMBERS, STYLES, strict=False):
        (one,) = written(brief(number, name, style=style))
        media = one["media"][0] if one["media"] else ""
        found = accepted(one["text"], modality_of(name), media)
        shown = json.loads(media) | {"writer": brief(number, name)["writer"]} if media else None
        contents = shown_contents(known.wish, shown)
        right = [a["name"] for a in TOLD if KNOWN_BY_NAME[a["name"]].wish == known.wish
                 and contents & set(KNOWN_BY_NAME[a["name"]].contents)]  # fmt: skip
        assert len(contents) == 1
        assert name in found
        assert found == right


@pytest.mark.parametrize("wish", MEDIA_WISHES)
def test_members_of_a_pair_share_their_words_and_have_other_right_answers(wish: str) -> None:
    members: dict[str, str] = {}
    for known in KNOWN_BY_NAME.values():
        if known.wish == wish:
            members.setdefault(known.function_class, known.name)
    for size, number in itertools.product((2, 3, 4), NUMBERS):
        for names in itertools.islice(itertools.combinations(members.values(), size), 40):
            (pair,) = written(brief(number, *names, kind="pair"))
            judged = [accepted(pair["text"], WISH_BY_KEY[wish].modality, media) for media in pair["media"]]
            assert all(name in found for name, found in zip(names, judged, strict=True))
            assert len({tuple(found) for found in judged}) == size


def test_the_words_of_a_wish_never_tell_which_api_is_meant() -> None:
    for wish in MEDIA_WISHES:
        names = [known.name for known in KNOWN_BY_NAME.values() if known.wish == wish]
        assert len({written(brief(11, name))[0]["text"] for name in names}) == 1


@pytest.mark.parametrize("modality", sorted(UNKNOWN))
def test_no_embedded_api_satisfies_an_unknown_wish(modality: str) -> None:
    assert len(UNKNOWN[modality]) >= 10
    texts = set()
    for number in range(60):
        (one,) = written(brief(number, kind="unknown", modality=modality, style=STYLES[number % len(STYLES)]))
        assert len(one["media"]) == (modality != "text")
        assert accepted(one["text"], modality, *one["media"]) == []
        texts.add(one["text"])
    assert len(texts) > 40


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_no_file_and_says_what_to_ask_back(name: str) -> None:
    (one,) = written(brief(5, name, kind="question"))
    assert one["media"] == []
    assert one["question"]
    assert '"' not in one["text"]
    assert modality_of(name) == "text" or accepted(one["text"], modality_of(name)) == []


def test_equal_requests_have_equal_answers_and_numbers_have_words_of_their_own() -> None:
    briefs = {"briefs": [brief(number, name) for number, name in enumerate(NAMES)]}
    assert write_instructions(briefs, 0.3) == write_instructions(briefs, 0.3)
    assert len({one["text"] for one in written(*(brief(n, "meridian/marianette-en-fr") for n in range(200)))}) > 190


def test_planted_mistakes_are_labelled_and_are_what_the_label_says() -> None:
    briefs = [brief(number, NAMES[number % len(NAMES)]) for number in range(600)]
    spoilt = write_instructions({"briefs": briefs}, 0.2)
    labels = dict(label.split(": ") for label in spoilt.label.split("; "))
    assert 80 < len(labels) < 160
    assert set(labels.values()) == set(MISTAKES)
    for asked, one, clean in zip(briefs, spoilt.answer["instructions"], written(*briefs), strict=True):
        name = asked["apis"][0]["name"]
        label = labels.get(str(one["number"]), "")
        found = accepted(one["text"], asked["modality"], *one["media"])
        assert (name in one["text"]) == (label == "names the api")
        assert (name in found) == (label in ("", "names the api")), (label, one)
        assert (one == clean) == (label == "")
        assert len(one["media"]) == len(clean["media"])


def test_a_pair_with_the_wrong_file_keeps_its_words() -> None:
    briefs = [brief(n, "halyard/dehaze-net", "halyard/derain-net", kind="pair") for n in range(300)]
    spoilt = write_instructions({"briefs": briefs}, 0.2)
    wrong = [int(label.split(":")[0]) for label in spoilt.label.split("; ") if label.endswith("wrong media")]
    assert wrong
    for number in wrong:
        one, clean = spoilt.answer["instructions"][number], written(briefs[number])[0]
        assert one["text"] == clean["text"]
        assert one["media"][0] != clean["media"][0]
        assert one["media"][1] == clean["media"][1]


def test_a_judge_slips_seldom_labelled_and_otherwise_in_another_order() -> None:
    briefs = [brief(number, NAMES[number % len(NAMES)]) for number in range(600)]
    asked = [
        {
            "number": one["number"],
            "text": one["text"],
            "modality": ask["modality"],
            "media": {**json.loads(one["media"][0]), "writer": ask["writer"]} if one["media"] else None,
        }
        for ask, one in zip(briefs, written(*briefs), strict=True)
    ]
    right = match_instructions({"instructions": asked, "apis": TOLD}, 0.0)
    passes = [match_instructions({"instructions": asked, "apis": apis}, 0.3) for apis in (TOLD, TOLD[::-1])]
    assert right.label == ""
    for judged in passes:
        slipped = [
            one["number"]
            for one, true in zip(judged.answer["matches"], right.answer["matches"], strict=True)
            if set(one["accepted"]) != set(true["accepted"])
        ]
        assert 10 < len(slipped) < 60
        assert judged.label == "; ".join(f"{number}: judge slip" for number in slipped)
    assert passes[0].label != passes[1].label


def test_the_server_s_replies_fit_their_schemas() -> None:
    block = {"briefs": [brief(3, name) for name in NAMES]}
    said = _ask("InstructionBatch", block)
    batch = InstructionBatch.model_validate_json(said.text)
    assert said.role == "instruction_writer"
    assert len(batch.instructions) == len(NAMES)
    asked = [{"number": 3, "text": batch.instructions[0].text, "modality": "image", "media": None}]
    matched = _ask("MatchBatch", {"instructions": asked, "apis": TOLD})
    assert matched.role == "instruction_judge"
    assert json.loads(matched.text) == {"matches": [{"number": 3, "accepted": []}]}
