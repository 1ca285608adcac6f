"""What the scripted teacher asks further about a picture follows from what is on it, for pictures of every kind."""

import json
from typing import Any

import pytest

from journeyman.errors import SchemaError
from journeyman.generation.gold import GoldRule, compute_gold
from journeyman.generator import STYLES
from journeyman.generators.llava_plus import GENERATOR
from journeyman.schema.query import FileSpec
from journeyman.teacher.scripted.skills.files import plan_skill_files
from journeyman.teacher.scripted.skills.follow_ups import write_follow_up
from journeyman.teacher.scripted.skills.scenes import make_skill_world
from journeyman.teacher.scripted.skills.solutions import things_in
from journeyman.teacher.scripted.wordings import VAGUE

SCENE = tuple(kind.name for kind in GENERATOR.kinds if kind.picture == "scene")


def _asked(kind: str, number: int, content: str) -> dict[str, Any]:
    files = [{"name": "file_1.png", "content": json.loads(content)}]
    style = STYLES[number % len(STYLES)]
    return {
        "kind": kind,
        "number": number,
        "wording_group": GENERATOR.kind(kind).wording,
        "style": style,
        "files": files,
    }


def _picture_of(kind: str, number: int) -> str:
    (content,) = plan_skill_files(make_skill_world(kind, number, 0.0))["contents"]
    return str(content)


def _gold_of(kind: str, written: dict[str, Any], content: str) -> str:
    rule = GoldRule(rule=GENERATOR.kind(kind).gold_rule, label=written["label"], column=written["column"])
    spec = FileSpec(name="file_1.png", writer="png", spec_json=content)
    return compute_gold(rule, [spec], written["text"]).value


@pytest.mark.parametrize("kind", SCENE)
@pytest.mark.parametrize("first", SCENE)
def test_every_kind_can_be_asked_of_every_picture_of_the_group(first: str, kind: str) -> None:
    unclear, golds = [], set()
    for number in range(40):
        content = _picture_of(first, number)
        written, mistake = write_follow_up(_asked(kind, number, content), 0.0)
        assert mistake == ""
        try:
            golds.add(_gold_of(kind, written, content))
        except SchemaError as exc:
            unclear.append(str(exc))
    # That two things differ in area is not so of every picture; all else is.
    assert all("cover nearly the same area" in why for why in unclear)
    assert len(unclear) <= (12 if kind == "larger_thing" else 0)
    assert len(golds) > 1
    assert kind != "present" or golds == {"yes", "no"}
    assert kind != "where" or {"left", "right", "top", "bottom", "middle"} >= golds


def test_half_of_the_rate_of_queries_is_vague_and_the_rest_is_as_it_was() -> None:
    content = _picture_of("where", 1)
    plain = [write_follow_up(_asked("present", number, content), 0.0)[0] for number in range(200)]
    spoilt = [write_follow_up(_asked("present", number, content), 0.5) for number in range(200)]
    vague = [written for written, mistake in spoilt if mistake]
    assert 25 <= len(vague) <= 75
    assert {(written["text"], mistake) for written, mistake in spoilt if mistake} == {(VAGUE, "vague query")}
    for before, (after, mistake) in zip(plain, spoilt, strict=True):
        assert mistake or after["text"] == VAGUE or before["label"] in after["text"]


@pytest.mark.parametrize("kind", SCENE)
def test_of_a_picture_that_lacks_its_things_something_is_asked_that_has_no_gold_answer(kind: str) -> None:
    content = json.dumps({"width": 224, "height": 160, "background": "white", "items": []})
    written, _ = write_follow_up(_asked(kind, 3, content), 0.0)
    assert len(written["text"]) > 10
    assert things_in(written["text"]) == [name for name in (written["label"], written["column"]) if " circle" in name]
    with pytest.raises(SchemaError, match="the picture has"):
        _gold_of(kind, written, content)


def test_a_kind_of_which_nothing_is_known_to_be_asked_further_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="asks nothing further of kind 'sign'"):
        write_follow_up(_asked("sign", 1, _picture_of("where", 1)), 0.0)
