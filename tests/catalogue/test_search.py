"""Search: the right APIs, of the right modality, in one order, and soon."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.catalogue.search import CatalogueIndex
from tests.catalogue.given import api

APIS = [
    api("o/fog", description="removes fog from hazy outdoor pictures", domain="image-to-image"),
    api("o/rain", description="removes rain streaks from pictures", domain="image-to-image"),
    api("o/french", description="transcription of French speech", media_in=("audio",), domain=""),
    api("o/asker", description="answers questions about pictures", media_in=("text", "image"), domain=""),
    api("o/verse", description="writes poems about the rain", media_in=("text",), domain="text-generation"),
]
WORDS = ["rain", "fog", "speech", "French", "picture", "the", "", "#", "poem", "removing", "transcribe"]


def names(found):
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("Please take the fog out of this", "o/fog"),
        ("transcribe this French interview", "o/french"),
        ("TRANSCRIBED", "o/french"),
        ("a poem", "o/verse"),
        ("rain streaks", "o/rain"),
        ("question?", "o/asker"),
    ],
)
def test_the_api_whose_words_are_nearest_comes_first(text, best):
    assert names(CatalogueIndex(APIS).find(text, most=1)) == [best]


@pytest.mark.parametrize(
    ("modality", "expected"),
    [
        ("image", ["o/rain", "o/asker", "o/fog"]),
        ("text", ["o/verse"]),
        ("audio", ["o/french"]),
        ("video", []),
    ],
)
def test_only_apis_that_take_the_modality_come_and_for_text_those_that_take_nothing_else(modality, expected):
    found = names(CatalogueIndex(APIS).find("rain streaks", most=9, modality=modality))
    assert found == expected


def test_without_a_word_in_common_the_order_is_by_name():
    assert names(CatalogueIndex(APIS).find("xyzzy ##", most=3)) == ["o/asker", "o/fog", "o/french"]
    assert names(CatalogueIndex(APIS).find("", most=0)) == []


def test_an_empty_catalogue_and_one_without_words_find_what_they_have():
    assert CatalogueIndex([]).find("rain", most=3) == ()
    silent = [api("#", description="!", domain=""), api("!", description="?", domain="")]
    assert names(CatalogueIndex(silent).find("rain", most=3)) == ["!", "#"]


@given(
    st.randoms(use_true_random=False),
    st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join),
    st.integers(0, 6),
    st.sampled_from([None, "text", "image", "audio", "video"]),
)
def test_the_answer_depends_on_neither_order_nor_number_asked_for(shuffler, text, most, modality):
    shuffled = list(APIS)
    shuffler.shuffle(shuffled)
    everything = CatalogueIndex(APIS).find(text, most=len(APIS), modality=modality)
    assert CatalogueIndex(shuffled).find(text, most=most, modality=modality) == everything[:most]


def test_threads_may_share_an_index():
    index = CatalogueIndex(APIS)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: names(index.find("rain", most=5)), range(100)))
    assert len(set(map(tuple, found))) == 1


def test_a_query_of_sixteen_thousand_apis_takes_less_than_20_ms():
    draw = random.Random(0)
    words = [f"{draw.choice('bdfgklmnprst')}{draw.choice('aeiou')}{n}" for n in range(5000)]
    weights = [1 / (n + 1) for n in range(len(words))]
    kinds = ("text", "image", "audio", "video")
    many = [
        api(f"o{n}/m{n}", description=" ".join(draw.choices(words, weights, k=40)), media_in=(kinds[n % 4],))
        for n in range(16_000)
    ]
    index = CatalogueIndex(many)
    asked = [" ".join(draw.choices(words, weights, k=40)) for _ in range(50)]
    index.find(asked[0], most=24)
    started = time.process_time()
    for text in asked:
        index.find(text, most=24, modality="image")
    assert (time.process_time() - started) / len(asked) < 0.02
