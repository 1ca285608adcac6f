"""Worlds of skills follow from their number, hold what their gold rule needs, and are worded without a hint."""

from dataclasses import replace

import pytest

from journeyman.errors import SchemaError
from journeyman.file_writer import FileWriter, write_file
from journeyman.generation.gold import GoldRule, compute_gold
from journeyman.generator import STYLES
from journeyman.generators.llava_plus import GENERATOR
from journeyman.plugins import load_plugin
from journeyman.schema.query import FileSpec, Gold
from journeyman.teacher.scripted.skills.files import plan_skill_files
from journeyman.teacher.scripted.skills.scenes import SKILL_KINDS, SkillWorld, make_skill_world
from journeyman.teacher.scripted.skills.sentences import word_skill_query
from journeyman.teacher.scripted.wordings import VAGUE, word_query
from journeyman.teacher.scripted.world import make_world

KINDS = tuple(kind for kind in GENERATOR.kinds if kind.name in SKILL_KINDS)
NUMBERS = (*range(60), *range(500_000, 500_030))


def _files(world: SkillWorld) -> list[FileSpec]:
    writers = GENERATOR.kind(world.kind).writers
    writer = writers[world.number % len(writers)] if writers else ""
    extension = load_plugin("journeyman.file_writers", writer, "WRITER", FileWriter).extension if writer else ""
    plan = plan_skill_files(world)
    return [
        FileSpec(name=f"file_{n}.{extension}", writer=writer, spec_json=content, comment=plan["comment"])
        for n, content in enumerate(plan["contents"], 1)
    ]


def _words(world: SkillWorld) -> str:
    return word_skill_query(world, GENERATOR.kind(world.kind).wording, STYLES[world.number % len(STYLES)])


def _gold(world: SkillWorld) -> Gold:
    rule = GENERATOR.kind(world.kind).gold_rule
    return compute_gold(GoldRule(rule=rule, label=world.label, column=world.column), _files(world), _words(world))


def test_every_kind_that_is_made_here_is_one_of_the_generator() -> None:
    assert {kind.name for kind in KINDS} == SKILL_KINDS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_world_without_a_mistake_can_be_written_and_has_a_gold_answer(kind: object) -> None:
    name = getattr(kind, "name")  # noqa: B009 - parametrised by Kind
    for number in NUMBERS:
        world = make_skill_world(name, number, 0.0)
        files = _files(world)
        assert len(files) == GENERATOR.kind(name).num_files
        if number % 10 == 0:
            assert all(write_file(spec, spec.comment) for spec in files)
        assert _gold(world).value


@pytest.mark.parametrize("kind", sorted(SKILL_KINDS))
def test_the_rate_of_mistakes_changes_no_truth_and_a_missing_fact_leaves_no_gold_answer(kind: str) -> None:
    spoilt = [make_skill_world(kind, number, 1.0) for number in range(40)]
    missing = [world for world in spoilt if world.mistake == "missing fact"]
    vague = [world for world in spoilt if world.mistake == "vague query"]
    assert len(missing) > 2
    for world in missing:
        with pytest.raises(SchemaError):
            _gold(world)
    assert len(vague) > 2
    for world in vague:
        assert _words(world) == VAGUE
        assert replace(world, mistake="") == make_skill_world(kind, world.number, 0.0)


def test_kinds_of_the_look_group_are_asked_alike() -> None:
    looks = [kind.name for kind in GENERATOR.kinds if kind.wording == "look"]
    assert set(looks) == {"sign", "people", "tags"}
    for number in range(30):
        for style in STYLES:
            worlds = [make_skill_world(kind, number, 0.0) for kind in looks if kind in SKILL_KINDS]
            texts = {word_skill_query(world, "look", style) for world in worlds}
            assert texts == {word_query(make_world("sign", number, 0.0), "look", style)}


def test_kinds_of_one_wording_come_as_the_same_types_of_file() -> None:
    for kind in GENERATOR.kinds:
        assert {other.writers for other in GENERATOR.kinds if other.wording == kind.wording} == {kind.writers}


def test_yes_and_no_and_every_third_are_asked_for_about_equally() -> None:
    there = [_gold(make_skill_world("present", number, 0.0)).value for number in range(200)]
    assert 70 < there.count("yes") < 130
    places = [_gold(make_skill_world("where", number, 0.0)).value for number in range(300)]
    assert set(places) == {"left", "middle", "right", "top", "bottom"}
    assert all(places.count(place) > 30 for place in set(places))


def test_the_mark_is_in_the_metadata_and_not_in_the_content() -> None:
    (file,) = _files(make_skill_world("tags", 3, 0.0))
    assert "scripted-teacher" not in file.spec_json
    assert b"scripted-teacher:tags:3" in write_file(file, file.comment)
