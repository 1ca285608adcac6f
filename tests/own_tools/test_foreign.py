"""Tools known by their schemas alone: names, files, checks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ToolError
from journeyman.own_tools.foreign import ForeignTool, OpenArguments, carries_file
from journeyman.own_tools.mcp_client import _with_files
from journeyman.own_tools.wording import first_sentence, python_name, python_names, value_in_words
from journeyman.schema.record import canonical_json


def tool(parameters: dict[str, Any], **more: Any) -> ForeignTool:
    return ForeignTool(
        name="t", version=1, summary="", description="", arguments=OpenArguments, returns="text", result=Any,
        example={}, run=lambda *_: None, parameters={"type": "object", **parameters}, **more,
    )  # fmt: skip


def bound(parameters: dict[str, Any], *positional: Any, **named: Any) -> dict[str, Any]:
    return json.loads(canonical_json(tool(parameters).bind(positional, named)))


DATA_URL = {"type": "string", "format": "data-url"}
BASE64 = {"type": "string", "contentEncoding": "base64", "minLength": 100, "pattern": "^[A-Za-z0-9+/=]+$"}


def test_names_python_cannot_take_are_offered_as_near_ones():
    parameters = {"properties": {"from": {}, "max-size": {"default": 3}, "max_size": {}}, "required": ["from"]}
    assert tool(parameters).signature() == "t(from_, max_size=3, max_size_2=None) -> text"
    assert bound(parameters, 1, max_size=2) == {"from": 1, "max-size": 2}
    assert list(tool(parameters).schema()["properties"]) == ["from_", "max_size", "max_size_2"]
    assert tool(parameters).schema()["required"] == ["from_"]


def test_unknown_arguments_pass_only_where_the_schema_says_so():
    with pytest.raises(ToolError, match="no argument 'x'; it takes none"):
        bound({}, x=1)
    assert bound({"additionalProperties": True}, x=1) == {"x": 1}


def test_a_file_is_checked_as_a_name_and_sent_as_bytes():
    parameters = {"properties": {"image": BASE64, "more": {"type": "array", "items": DATA_URL}}}
    assert tool(parameters).file_arguments() == ("image", "more")
    named = bound(parameters, image="a b.png", more=["b.txt", "c.xyz"])
    assert named == {"image": "a b.png", "more": ["b.txt", "c.xyz"]}
    sent = _with_files("t", parameters, named, {"a b.png": b"1", "b.txt": b"2", "c.xyz": b"3"})
    more = ["data:text/plain;base64,Mg==", "data:application/octet-stream;base64,Mw=="]
    assert sent == {"image": "MQ==", "more": more}
    with pytest.raises(ToolError, match=r"more\.0: 5 is not of type 'string'"):
        bound(parameters, more=[5])


def test_an_optional_file_may_be_none():
    parameters = {"properties": {"image": {"anyOf": [{"type": "string", "format": "binary"}, {"type": "null"}]}}}
    assert tool(parameters).file_arguments() == ("image",)
    assert bound(parameters, image=None) == {"image": None}
    assert _with_files("t", parameters, {"image": None}, {}) == {"image": None}


def test_text_content_is_sent_as_text():
    parameters = {"properties": {"page": {"type": "string", "contentMediaType": "text/html"}}}
    assert _with_files("t", parameters, {"page": "a"}, {"a": "<b>é".encode()}) == {"page": "<b>é"}
    with pytest.raises(ToolError, match="a is not text"):
        _with_files("t", parameters, {"page": "a"}, {"a": b"\xff"})


def test_too_large_files_are_not_sent():
    parameters = {"properties": {"image": BASE64}}
    with pytest.raises(ToolError, match="limit is 33,554,432 bytes"):
        _with_files("t", parameters, {"image": "a"}, {"a": bytes(33 * 2**20)})


@pytest.mark.parametrize(
    "spec",
    [{"type": "string"}, {"type": "string", "format": "uri"}, {"type": "string", "format": "path"}, {}, True,
     {"type": "string", "contentEncoding": "quoted-printable", "contentMediaType": "text/plain"}],
)  # fmt: skip
def test_paths_addresses_and_texts_are_no_files(spec):
    assert not carries_file(spec)


def test_a_schema_never_leaves_itself():
    parameters = {"properties": {"x": {"$ref": "http://127.0.0.1:9/other.json"}}}
    with pytest.raises(ToolError, match="cannot be used"):
        bound(parameters, x=1)


def test_the_schemas_own_draft_decides():
    draft7 = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"x": {"items": [{"type": "string"}]}},
    }
    with pytest.raises(ToolError, match=r"x\.0: 5 is not"):
        bound(draft7, x=[5])


def test_definitions_are_followed():
    parameters = {"properties": {"x": {"$ref": "#/$defs/Side"}}, "$defs": {"Side": {"enum": ["left", "right"]}}}
    assert bound(parameters, x="left") == {"x": "left"}
    with pytest.raises(ToolError, match=r"x: 'up' is not one of \['left', 'right'\]"):
        bound(parameters, x="up")
    assert bound(parameters, x=None) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(min_size=1, max_size=10), JSON.filter(lambda value: value is not None), max_size=5))
def test_arguments_of_any_name_and_value_arrive_unchanged(arguments):
    open_schema = {"additionalProperties": True}
    assert json.loads(canonical_json(tool(open_schema).bind((), arguments))) == json.loads(json.dumps(arguments))


@given(st.lists(st.text(max_size=80), unique=True, max_size=8))
def test_names_become_different_identifiers(names):
    given_names = python_names(names)
    assert list(given_names.values()) == names
    assert all(name.isidentifier() and name.isascii() for name in given_names)


@given(st.text(max_size=300))
def test_a_description_is_one_short_line(text):
    assert len(first_sentence(text)) <= 60
    assert "\n" not in first_sentence(text)


def test_words():
    assert python_name("web-search") == "web_search"
    assert first_sentence("Find a\n  street. Then more.\n\nArgs: x") == "Find a street."
    assert value_in_words({"type": "array", "items": {"$ref": "#/$defs/A"}, "$defs": {"A": {"type": "integer"}}}) == (
        "list[int]"
    )
    assert value_in_words({"anyOf": [{"type": "string"}, {"type": "null"}]}) == "str or None"
