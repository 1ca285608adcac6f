"""The taxonomy that a teacher induces, over real HTTP: what is asked, taken, asked again and left without a place."""

import asyncio
import logging

import pytest

from journeyman.catalogue.config import CatalogueConfig
from journeyman.catalogue.taxonomy import PlacementBatch, classes, induce_taxonomy, leaves
from journeyman.schema.api import Placement
from journeyman.storage.store import Store
from tests.catalogue.given import api, placement
from tests.catalogue.planted_taxonomist import PlantedTaxonomist, taxonomist_of

APIS = [
    api("o/fog", description="dehazing of pictures", domain="image-to-image"),
    api("o/mist", description="dehazing by night", domain="image-to-image"),
    api("o/rain", description="deraining of pictures", domain="image-to-image"),
    api("o/ear", description="transcription of speech", domain="speech", media_in=("audio",)),
]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path.as_uri())


def induced(planted, store, apis=APIS, placed_per_call=40):
    async def run():
        async with taxonomist_of(planted, store) as teacher:
            return await induce_taxonomy(apis, CatalogueConfig(placed_per_call=placed_per_call), teacher=teacher)

    return asyncio.run(run())


def test_every_api_gets_its_place_and_the_order_of_the_catalogue_does_not_matter(store):
    planted = PlantedTaxonomist()
    placements, unplaced = induced(planted, store)
    assert unplaced == {}
    assert [one.name for one in placements] == ["o/ear", "o/fog", "o/mist", "o/rain"]
    assert placements[1] == Placement(
        name="o/fog",
        path=("image", "image-to-image"),
        function_class="dehazing",
        boundary="dehazing of pictures",
        differs_by="domain",
    )
    assert induced(planted, store, apis=APIS[::-1]) == (placements, unplaced)
    assert len(planted.fake.prompts) == 1  # the second time the ledger answers


def test_the_request_is_what_teachers_are_promised(store):
    planted = PlantedTaxonomist()
    induced(planted, store)
    (asked,) = planted.asked
    assert asked["taxonomy"] == []
    assert asked["apis"][0] == {
        "name": "o/fog",
        "domain": "image-to-image",
        "description": "dehazing of pictures",
        "media_in": ["image"],
        "media_out": ["text"],
    }
    (body,) = planted.fake.bodies
    assert body["response_format"]["json_schema"]["name"] == PlacementBatch.__name__


def test_each_batch_sees_the_paths_and_the_classes_so_far(store):
    planted = PlantedTaxonomist()
    induced(planted, store, placed_per_call=2)
    first, second = planted.asked
    assert [one["name"] for one in first["apis"]] == ["o/fog", "o/mist"]
    assert (first["taxonomy"], second["taxonomy"]) == ([], [["image", "image-to-image"]])
    assert "image/image-to-image: dehazing" in planted.fake.prompts[1]
    assert "Function classes so far" not in planted.fake.prompts[0]


def test_words_are_tidied_and_names_found_again(store):
    def untidy(places, number):
        fog = next(one for one in places if one["name"] == "o/fog")
        fog |= {"name": " O/FOG ", "path": [" Image", "Repair / Clear  Up"], "function_class": " De  Hazing\n"}
        fog["boundary"] = " hazy\n pictures "
        return places

    placements, unplaced = induced(PlantedTaxonomist(spoil=untidy), store)
    assert unplaced == {}
    (fog,) = [one for one in placements if one.name == "o/fog"]
    assert (fog.path, fog.function_class) == (("image", "repair", "clear up"), "de hazing")
    assert fog.boundary == "hazy pictures"


def test_names_that_differ_by_case_alone_are_not_guessed(store):
    twins = [api("o/Fog", description="one"), api("o/fog", description="two")]
    placements, _ = induced(PlantedTaxonomist(), store, apis=twins)
    assert [(one.name, one.function_class) for one in placements] == [("o/Fog", "one"), ("o/fog", "two")]

    def shouted(places, number):
        return [one | {"name": one["name"].upper()} for one in places]

    placements, unplaced = induced(PlantedTaxonomist(spoil=shouted), Store(store.url + "/other"), apis=twins)
    assert (placements, set(unplaced)) == ((), {"o/Fog", "o/fog"})


def test_an_api_placed_twice_or_never_asked_for_is_ignored_and_counted(store, caplog):
    def doubled(places, number):
        again = places[0] | {"function_class": "another"}
        return [*places, again, places[0] | {"name": "o/stranger"}]

    with caplog.at_level(logging.WARNING):
        placements, unplaced = induced(PlantedTaxonomist(spoil=doubled), store)
    assert (len(placements), unplaced) == (4, {})
    assert {one.function_class for one in placements} == {"dehazing", "deraining", "transcription"}
    assert "placed 2 APIs twice or unasked" in caplog.text


def test_what_was_forgotten_is_asked_for_once_more_alone(store):
    planted = PlantedTaxonomist(spoil=lambda places, number: places if number else places[:2])
    placements, unplaced = induced(planted, store)
    assert (len(placements), unplaced) == (4, {})
    assert [one["name"] for one in planted.asked[1]["apis"]] == ["o/rain", "o/ear"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"path": [" / "]}, "the path is empty"),
        ({"path": list("abcdefghi")}, "the path has 9 nodes"),
        ({"function_class": " "}, "the function class is empty"),
        ({"function_class": "x" * 101}, "is longer than 100 characters"),
        ({"boundary": "\n"}, "the boundary is empty"),
        ({"boundary": "x" * 301}, "the boundary is longer than 300 characters"),
        ({"function_class": "a\x1b[2J"}, "there are control characters in it"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_place_that_cannot_be_used_is_asked_for_again_and_then_the_api_has_none(store, change, why):
    planted = PlantedTaxonomist(spoil=lambda places, number: [one | change for one in places if one["name"] == "o/ear"])
    placements, unplaced = induced(planted, store, apis=[APIS[3]])
    assert placements == ()
    assert why in unplaced["o/ear"]
    assert len(planted.fake.prompts) == 2


def test_a_batch_without_a_usable_answer_leaves_its_apis_unplaced_and_the_others_stand(store):
    def stubborn(places, number):
        return places if places[0]["name"] == "o/ear" else "I would rather not."

    planted = PlantedTaxonomist(spoil=stubborn)
    placements, unplaced = induced(planted, store, placed_per_call=3)
    assert [one.name for one in placements] == ["o/ear"]
    assert list(unplaced) == ["o/fog", "o/mist", "o/rain"]
    assert "two answers are no PlacementBatch" in unplaced["o/fog"]
    # Twice with a repair turn each, and once for the second batch.
    assert len(planted.fake.prompts) == 5


def test_another_word_than_the_five_ambiguities_is_shown_to_the_teacher_once(store):
    def strange(places, number):
        return places if number else [one | {"differs_by": "colour"} for one in places]

    planted = PlantedTaxonomist(spoil=strange)
    placements, unplaced = induced(planted, store)
    assert (len(placements), unplaced) == (4, {})
    assert "placements.0.differs_by" in planted.fake.prompts[1]


def test_a_class_of_one_name_in_two_leaves_is_two_classes(store):
    def same(places, number):
        return [one | {"function_class": "work"} for one in places]

    placements, _ = induced(PlantedTaxonomist(spoil=same), store)
    assert classes(placements) == {"work": ("o/fog", "o/mist", "o/rain"), "work (audio/speech)": ("o/ear",)}


def test_leaves_and_classes_follow_from_the_places():
    fog, rain, mist = (
        placement("o/fog"),
        placement("o/rain", function_class="deraining"),
        placement("o/mist"),
    )
    ear = placement("o/ear", path=("audio",), function_class="listening")
    everything = [rain, mist, ear, fog]
    assert leaves(everything) == {("audio",): (ear,), ("image", "restoration"): (fog, mist, rain)}
    assert classes(everything) == {
        "dehazing": ("o/fog", "o/mist"),
        "deraining": ("o/rain",),
        "listening": ("o/ear",),
    }
