"""The border: every entry becomes an API or is dropped with a reason, and none is lost between."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.catalogue.entries import KEYS, Entry, reasons, take_entries
from journeyman.errors import ConfigError
from journeyman.schema.api import Api

GOOD = {"name": "a/b", "domain": "image-to-text", "description": "reads"}


def entries(*rows):
    return [Entry(where=f"row {number}", source="test.json", given=row) for number, row in enumerate(rows, start=1)]


def read(*rows):
    return take_entries(entries(*rows), where="the test")


def test_the_six_fields_of_mllm_tool_and_their_other_names_make_one_api():
    row = {
        "domain": "object-detection",
        "api_name": " facebook/detr ",
        "api_call": "pipeline('object-detection')",
        "api_arguments": {"threshold": "least score", "image": "picture"},
        "example_code": "pipe(image)",
        "description": "finds things",
        "license": "apache-2.0",
    }
    assert read(row).apis == (
        Api(
            name="facebook/detr",
            domain="object-detection",
            call="pipeline('object-detection')",
            arguments_json='{"image":"picture","threshold":"least score"}',
            example="pipe(image)",
            description="finds things",
            licence="apache-2.0",
            media_in=("image",),
            media_out=("text",),
            source="test.json",
        ),
    )


def test_a_stored_api_is_read_back_as_it_was():
    row = {"arguments_json": '{"a":1}', "media_in": ["text", "audio"], "media_out": ["video"], "source": "elsewhere"}
    api = read(GOOD | row).apis[0]
    assert read(api.model_dump(mode="json")).apis == (api,)
    assert (api.media_in, api.media_out, api.source) == (("text", "audio"), ("video",), "elsewhere")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "no name"),
        ({"name": None}, "no name"),
        ({"name": 3}, "name is no text"),
        ({"name": "Unknown"}, "name is the word for no API"),
        ({"name": "x" * 201}, "name is longer than 200 characters"),
        ({"name": 'a"b'}, "name has quotes, backslashes or control characters"),
        ({"name": "a'b"}, "name has quotes, backslashes or control characters"),
        ({"name": "a\\b"}, "name has quotes, backslashes or control characters"),
        ({"name": "a\nb"}, "name has quotes, backslashes or control characters"),
        ({"name": "a\x1b[2Jb"}, "name has quotes, backslashes or control characters"),
        ({"name": "a\ud800"}, "name has half a character"),
        ({"description": " \n"}, "no description"),
        ({"description": ["a"]}, "description is no text"),
        ({"description": "x" * 20_001}, "description is longer than 20,000 characters"),
        ({"description": "half \udc00"}, "description has half a character"),
        ({"media_in": ["smell"]}, "unknown modality"),
        ({"media_out": "image, odour"}, "unknown modality"),
        ({"media_in": 7}, "unknown modality"),
        ({"domain": "robotics"}, "media are not given and not known from the domain"),
        ({"domain": "", "media_in": ["image"]}, "media are not given and not known from the domain"),
        ({"arguments": "image, size"}, "arguments are no JSON object"),
        ({"arguments": [1]}, "arguments are no JSON object"),
        ({"arguments": '{"a": NaN}'}, "arguments are no JSON object"),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_an_entry_that_is_no_api_is_dropped_with_its_reason_and_itself(change, reason):
    bad = GOOD | {"name": "the/bad"} | change
    found = read(GOOD, bad)
    assert [api.name for api in found.apis] == ["a/b"]
    (dropped,) = found.dropped
    assert dropped.reason == reason
    assert json.loads(dropped.evidence) == {"where": "row 2", "entry": bad}
    assert dropped.name.isprintable()
    assert dropped.name != ""


def test_an_entry_without_a_name_is_named_by_where_it_stands():
    assert read(GOOD, GOOD | {"name": ""}).dropped[0].name == "row 2"


def test_of_two_apis_with_one_name_the_second_is_dropped_and_both_are_told():
    found = read(GOOD, GOOD | {"description": "another"})
    assert [api.description for api in found.apis] == ["reads"]
    (dropped,) = found.dropped
    assert (dropped.name, dropped.reason) == ("a/b", "name is taken")
    evidence = json.loads(dropped.evidence)
    assert (evidence["where"], evidence["kept"]) == ("row 2", "row 1")
    assert evidence["entry"]["description"] == "another"


def test_an_unknown_key_is_refused_by_name_and_the_known_ones_are_listed():
    with pytest.raises(ConfigError, match=r"row 2: unknown key 'descripton'; known are name, api_name, .*description"):
        read(GOOD, GOOD | {"descripton": "misspelt"})


def test_a_field_that_is_said_twice_is_refused():
    with pytest.raises(ConfigError, match="row 1: 'api_name' says again"):
        read(GOOD | {"api_name": "a/c"})


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((), "the test has no API that can be used: it is empty"),
        (
            (GOOD | {"description": ""}, GOOD | {"description": ""}, GOOD | {"name": "unknown"}),
            r"3 dropped \(2 x no description, 1 x name is the word for no API\), the first is 'a/b'",
        ),
    ],
    ids=["empty", "all dropped"],
)
def test_a_catalogue_without_an_api_is_refused_and_says_why(rows, words):
    with pytest.raises(ConfigError, match=words):
        read(*rows)


def test_arguments_are_also_taken_as_text_and_as_a_list_of_names():
    rows = [
        GOOD | {"name": str(n), "arguments": said} for n, said in enumerate(['{"b": 1, "a": 2}', ["x", "y"], " ", {}])
    ]
    assert [api.arguments_json for api in read(*rows).apis] == ['{"a":2,"b":1}', '{"x":"","y":""}', "{}", "{}"]


def test_apis_are_sorted_and_reasons_counted():
    found = read(*(GOOD | {"name": name} for name in ("b", "a", "b", "")))
    assert [api.name for api in found.apis] == ["a", "b"]
    assert reasons(found.dropped) == [("name is taken", 1), ("no name", 1)]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["image", "a/b", "image-to-text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(["name", "domain", "description", "arguments", "media_in"]), JSON)))
def test_whatever_entries_hold_each_is_kept_or_dropped(rows):
    found = read(GOOD | {"name": "first"}, *rows)
    assert len(found.apis) + len(found.dropped) == len(rows) + 1
    assert len({api.name for api in found.apis}) == len(found.apis)


def test_every_known_key_fills_a_field():
    assert set(KEYS.values()) == set(Api.model_fields) - {"arguments_json"} | {"arguments"}
