"""Worlds follow from their number, their files hold what the gold rule needs, and mistakes are labelled."""

import json
from dataclasses import replace
from math import isqrt

import pytest

from journeyman.errors import SchemaError
from journeyman.file_writer import FileWriter, write_file
from journeyman.generation.gold import GoldRule, compute_gold
from journeyman.generator import STYLES
from journeyman.generators.t3_agent import GENERATOR
from journeyman.plugins import load_plugin
from journeyman.schema.query import FileSpec
from journeyman.teacher.scripted.file_plans import plan_files
from journeyman.teacher.scripted.names import NAMES
from journeyman.teacher.scripted.wordings import VAGUE, word_query
from journeyman.teacher.scripted.world import KEPT_BACK, make_world

KINDS = GENERATOR.kinds
KIND_BY_NAME = {kind.name: kind for kind in GENERATOR.kinds}


def _files(kind: str, number: int, mistake_rate: float) -> tuple[list[FileSpec], GoldRule]:
    writers = KIND_BY_NAME[kind].writers
    writer = writers[number % len(writers)] if writers else ""
    plan = plan_files(make_world(kind, number, mistake_rate), writer)
    extension = load_plugin("journeyman.file_writers", writer, "WRITER", FileWriter).extension if writer else ""
    files = [
        FileSpec(name=f"file_{n}.{extension}", writer=writer, spec_json=content, comment=plan["comment"])
        for n, content in enumerate(plan["contents"], 1)
    ]
    given = {name: plan[name] for name in ("column", "label", "half", "count")}
    return files, GoldRule.model_validate({"rule": KIND_BY_NAME[kind].gold_rule, **given})


def _words(kind: str, number: int, mistake_rate: float) -> str:
    style = STYLES[number % len(STYLES)]
    return word_query(make_world(kind, number, mistake_rate), KIND_BY_NAME[kind].wording, style)


@pytest.mark.parametrize("kind", [k.name for k in KINDS])
def test_every_world_without_a_mistake_can_be_written_and_has_a_gold_answer(kind: str) -> None:
    for number in (*range(12), *range(500_000, 500_012)):
        files, rule = _files(kind, number, 0.0)
        assert len(files) == KIND_BY_NAME[kind].num_files
        assert all(write_file(spec, spec.comment) for spec in files)
        assert compute_gold(rule, files, _words(kind, number, 0.0)).value


def test_a_missing_fact_leaves_no_gold_answer() -> None:
    spoilt = [(k.name, n) for k in KINDS for n in range(40) if make_world(k.name, n, 1.0).mistake == "missing fact"]
    assert len(spoilt) > 40
    for kind, number in spoilt:
        files, rule = _files(kind, number, 1.0)
        with pytest.raises(SchemaError):
            compute_gold(rule, files, _words(kind, number, 1.0))


def test_worlds_follow_from_their_number_and_the_rate_plants_mistakes() -> None:
    assert make_world("sign", 7, 0.1) == make_world("sign", 7, 0.1)
    mistakes = [make_world("sign", n, 0.2).mistake for n in range(1000)]
    assert 60 < sum(bool(m) for m in mistakes) < 140
    vague = next(n for n, m in enumerate(mistakes) if m == "vague query")
    assert word_query(make_world("sign", vague, 0.2), "look", "child") == VAGUE


@pytest.mark.parametrize("kind", [k.name for k in KINDS])
def test_the_rate_of_mistakes_changes_no_truth(kind: str) -> None:
    """The oracle acts in the world that the query was made from, whatever slips were planted in the query."""
    spoilt = [make_world(kind, n, 1.0) for n in range(30)]
    assert any(world.mistake for world in spoilt)
    kept = [world for world in spoilt if world.mistake != "missing fact"]
    assert [replace(world, mistake="") for world in kept] == [make_world(kind, w.number, 0.0) for w in kept]


@pytest.mark.parametrize("kind", NAMES)
def test_names_that_a_table_answers_come_in_turn(kind: str) -> None:
    names = NAMES[kind]
    assert len(names) > 20
    assert all(len(names) % divisor for divisor in range(2, isqrt(len(names)) + 1))
    assert {make_world(kind, 500_003 + 28 * n, 0.0).label for n in range(len(names))} == set(names)


def test_ambiguous_kinds_are_asked_alike() -> None:
    """The same number and style give the same words whatever the picture shows: only pixels can tell."""
    looks = [k.name for k in KINDS if k.wording == "look"]
    for number in range(30):
        for style in STYLES:
            assert len({word_query(make_world(kind, number, 0.0), "look", style) for kind in looks}) == 1


def test_photographs_of_held_out_problems_are_never_in_training() -> None:
    for number in range(200):
        assert make_world("subject", number, 0.0).photographs[0] not in KEPT_BACK
        assert make_world("subject", 500_000 + number, 0.0).photographs[0] in KEPT_BACK


def test_a_mark_is_in_the_metadata_and_not_in_the_content() -> None:
    files, _ = _files("sign", 3, 0.0)
    assert "scripted-teacher" not in json.dumps(json.loads(files[0].spec_json))
    assert b"scripted-teacher:sign:3" in write_file(files[0], files[0].comment)
