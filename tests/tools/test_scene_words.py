"""Skills that say more than is seen: retrieve_knowledge and write_post."""

import pytest

from journeyman.errors import ToolError
from journeyman.photographs import FACE_CROPS, photographs
from journeyman.tools._scenes.knowledge import FACTS
from tests.tools.folder import call
from tests.tools.scenes import photograph, shape, text, write_scene


def facts(folder, **more):
    return call("retrieve_knowledge", folder, image="file_1.png", **more)


@pytest.mark.parametrize("name", FACTS)
def test_the_facts_of_a_pasted_photograph_come_first(tmp_path, name):
    write_scene(tmp_path, photograph(name, 40, 20, 90, mirror=True, brightness=1.2), background="pink")
    found = facts(tmp_path)
    assert tuple(one["text"] for one in found[: len(FACTS[name])]) == FACTS[name]
    assert found[0]["similarity"] > 0.9


def test_a_face_cut_from_a_photograph_is_known(tmp_path):
    for crop in FACE_CROPS:
        write_scene(tmp_path, photograph(crop.photograph, 40, 20, 90, crop=crop.box), background="blue")
        assert facts(tmp_path)[0]["text"] in FACTS[crop.photograph]


def test_facts_of_two_photographs_are_given_and_no_more_than_asked_for(tmp_path):
    write_scene(tmp_path, photograph("rocket", 10, 20, 90), photograph("coffee", 120, 20, 90), background="green")
    assert {one["text"] for one in facts(tmp_path)} == {*FACTS["rocket"], *FACTS["coffee"]}
    assert len(facts(tmp_path, most=1)) == 1


@pytest.mark.parametrize("items", [(), (shape("circle", "red", 20, 20, 90),), (text("Grace Hopper", 10, 60, 24),)])
def test_nothing_is_made_up_about_drawings(tmp_path, items):
    write_scene(tmp_path, *items)
    assert facts(tmp_path) == []


def test_every_photograph_of_the_index_is_one_that_scenes_may_have():
    assert set(FACTS) == {one.name for one in photographs()}


def test_a_post_says_its_topic_and_what_is_seen(tmp_path):
    write_scene(tmp_path, shape("star", "orange", 60, 20, 60), text("SALE", 60, 110, 30))
    plain = call("write_post", tmp_path, image="file_1.png", about="our  summer sale.")
    assert plain == (
        'Our summer sale. In the picture: an orange star at the top and the word "SALE" at the bottom, on a white'
        " ground. #summer #sale #star"
    )
    cheerful = call("write_post", tmp_path, image="file_1.png", about="our summer sale", tone="cheerful")
    assert cheerful.startswith("Our summer sale! Look: an orange star")
    assert plain != cheerful


def test_a_post_is_never_longer_than_280_characters(tmp_path):
    items = [
        shape(kind, "red", 20 + 34 * n, 20, 28) for n, kind in enumerate(("circle", "star", "hexagon", "pentagon"))
    ]
    write_scene(tmp_path, *items, text("A LONG LINE OF PRINT", 10, 100, 16))
    post = call("write_post", tmp_path, image="file_1.png", about="x" * 120)
    assert 200 < len(post) <= 280
    assert "..." in post


@pytest.mark.parametrize(
    ("about", "tone", "words"),
    [("", "plain", "about is empty"), (" ... ", "plain", "about is empty"), ("a", "rude", "tone")],
)
def test_a_post_about_nothing_is_refused(tmp_path, about, tone, words):
    write_scene(tmp_path)
    with pytest.raises(ToolError, match=words):
        call("write_post", tmp_path, image="file_1.png", about=about, tone=tone)
