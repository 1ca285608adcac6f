"""The file that people edit: what is written is read back, and every fault says where it is and what to do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.catalogue.taxonomy import find_faults, read_taxonomy, write_taxonomy
from journeyman.errors import ConfigError
from journeyman.schema.api import Ambiguity, Placement
from tests.catalogue.given import api, placement

APIS = [api("o/fog"), api("o/mist"), api("o/rain"), api("o/ear")]
PLACEMENTS = [
    placement("o/fog"),
    placement("o/mist", boundary="hazy nights"),
    placement("o/rain", function_class="deraining", boundary="rain"),
    placement("o/ear", path=("audio",), function_class="transcription", boundary="speech", differs_by=""),
]
WRITTEN = """{
 "taxonomy": {
  "audio": {
   "transcription": {
    "o/ear": {"boundary": "speech", "differs_by": ""}
   }
  },
  "image/restoration": {
   "dehazing": {
    "o/fog": {"boundary": "hazy pictures", "differs_by": "quality"},
    "o/mist": {"boundary": "hazy nights", "differs_by": "quality"}
   },
   "deraining": {
    "o/rain": {"boundary": "rain", "differs_by": "quality"}
   }
  }
 },
 "unplaced": []
}
"""


def test_a_line_an_api_under_its_class_and_its_leaf():
    assert write_taxonomy(APIS, PLACEMENTS) == WRITTEN
    assert read_taxonomy(WRITTEN, APIS) == tuple(sorted(PLACEMENTS, key=lambda one: one.name))
    assert find_faults(WRITTEN, APIS) == ()


def test_apis_without_a_place_are_named_for_people_and_missed_until_they_have_one():
    text = write_taxonomy(APIS, PLACEMENTS[:2])
    assert json.loads(text)["unplaced"] == ["o/ear", "o/rain"]
    assert find_faults(text, APIS) == (
        "line 10: 'o/ear' has no place; add it to a class of a leaf",
        "line 10: 'o/rain' has no place; add it to a class of a leaf",
    )
    assert find_faults(write_taxonomy(APIS, []), APIS)[0] == "line 3: 'o/ear' has no place; add it to a class of a leaf"


def test_what_people_write_with_other_blanks_and_capitals_is_the_same():
    edited = WRITTEN.replace('"image/restoration"', '"Image / Restoration "').replace('"dehazing"', '"DeHazing"')
    assert read_taxonomy(edited, APIS) == read_taxonomy(WRITTEN, APIS)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"o/mist": {', '"o/myst": {', "line 11: 'o/myst' is no API of the catalogue; is 'o/mist' meant?"),
        ('"o/rain": {', '"zzz": {', "line 14: 'zzz' is no API of the catalogue; remove it"),
        ('    "o/ear": {"boundary": "speech", "differs_by": ""}\n', "", "'o/ear' has no place; add it"),
        ('"o/rain": {', '"o/fog": {', "line 14: 'o/fog' has two places; remove one"),
        ('"o/mist": {', '"o/fog": {', "line 11: 'o/fog' stands twice in one object; make them one"),
        ('"transcription"', '"dehazing"', "line 9: the class 'dehazing' is in 'audio' and 'image/restoration'"),
        (
            '"rain", "differs_by": "quality"',
            '"rain", "differs_by": "colour"',
            "line 14: 'o/rain' has differs_by 'colour'",
        ),
        ('"rain", "differs_by": "quality"', '"rain", "differs_by": ["quality"]', "line 14: 'o/rain' has differs_by ["),
        ('"boundary": "rain"', '"boundary": " "', "line 14: 'o/rain' cannot stand there: the boundary is empty"),
        ('"boundary": "rain"', '"boundary": 3', "line 14: 'o/rain' has a boundary that is no text"),
        ('"boundary": "rain"', '"bound": "rain"', "line 14: 'o/rain' has the unknown key 'bound'"),
        ('"image/restoration"', '" / "', "line 10: 'o/fog' cannot stand there: the path is empty"),
        ('"deraining"', '" "', "line 14: 'o/rain' cannot stand there: the function class is empty"),
        (
            '{"boundary": "rain", "differs_by": "quality"}',
            '"rain"',
            "line 14: 'image/restoration', 'deraining': the API",
        ),
        (
            '"speech", "differs_by": ""}\n   }',
            '"speech", "differs_by": ""}\n   },\n   "x": 1',
            "line 7: 'audio': the class 'x'",
        ),
        ('"unplaced"', '"unplacable"', "line 18: unknown key 'unplacable' beside 'taxonomy'"),
        ('"taxonomy"', '"taxonomie"', "line 1: there is no 'taxonomy'"),
        (
            '"quality"},',
            '"quality"}',
            "line 11: it is not JSON: Expecting ',' delimiter; look for a comma or a quote there and above",
        ),
        (WRITTEN, "[]", "line 1: there is no 'taxonomy'"),
        (WRITTEN, "[" * 100_000, "line 1: it is not JSON"),
    ],
    ids=lambda value: str(value)[:28].strip(),
)
def test_a_fault_names_its_line_and_the_fix(old, new, fault):
    assert old in WRITTEN
    text = WRITTEN.replace(old, new)
    found = find_faults(text, APIS)
    assert any(one.startswith(fault) for one in found), found
    with pytest.raises(ConfigError, match="the taxonomy cannot be used: "):
        read_taxonomy(text, APIS)


def test_all_faults_are_found_at_once_and_a_message_has_the_first():
    text = write_taxonomy([], [placement(f"o/{n}") for n in range(9)])
    assert len(find_faults(text, [])) == 9
    with pytest.raises(ConfigError, match=r"line 5: 'o/0' is no API .*; and 4 more$"):
        read_taxonomy(text, [])


WORDS = st.text(st.characters(categories=["Ll", "Nd", "Po", "Lo"], exclude_characters="/"), min_size=1, max_size=9).map(
    lambda text: "/".join(text.lower().split("/"))
)


@st.composite
def taxonomies(draw):
    """Placements as an induction makes them: tidy, and each class in one leaf."""
    names = draw(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), unique=True, max_size=8))
    paths = draw(st.lists(st.lists(WORDS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3, unique=True))
    leaf_of = {
        name: draw(st.sampled_from(paths)) for name in draw(st.lists(WORDS, min_size=1, max_size=4, unique=True))
    }
    placements = []
    for name in names:
        function_class = draw(st.sampled_from(sorted(leaf_of)))
        differs_by = draw(st.sampled_from(Ambiguity.__args__))
        placements.append(
            Placement(
                name=name,
                path=leaf_of[function_class],
                function_class=function_class,
                boundary=draw(WORDS),
                differs_by=differs_by,
            )
        )
    return placements


@given(taxonomies())
def test_whatever_taxonomy_is_written_is_read_back(placements):
    apis = [api(one.name) for one in placements]
    text = write_taxonomy(apis, placements)
    assert read_taxonomy(text, apis) == tuple(sorted(placements, key=lambda one: one.name))
    assert write_taxonomy(apis, read_taxonomy(text, apis)) == text


@given(st.text(), st.integers(0, len(WRITTEN)), st.integers(0, 20))
def test_no_edit_breaks_the_reader(inserted, at, removed):
    text = WRITTEN[:at] + inserted + WRITTEN[at + removed :]
    assert (find_faults(text, APIS) == ()) == (len(readable(text)) == len(APIS))


def readable(text):
    try:
        return read_taxonomy(text, APIS)
    except ConfigError:
        return ()
