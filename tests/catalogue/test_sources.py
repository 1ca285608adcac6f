"""Every source that a recipe can name, and what is refused of each."""

import asyncio
import json

import pytest

from journeyman.catalogue.sources import read_catalogue
from journeyman.errors import ConfigError
from journeyman.plugins import plugin_names
from tests.own_tools.running import stdio_config

ROWS = [
    {"name": "b", "domain": "image-to-text", "description": "reads"},
    {"name": "a", "domain": "text-to-speech", "description": "speaks"},
]
DOUBLE = 'def double(number: int) -> int:\n    """Double a number."""\n    return 2 * number\n'


def test_the_embedded_catalogue_has_forty_apis_of_every_modality_and_none_is_dropped():
    found = read_catalogue("embedded")
    assert len(found.apis) >= 40
    assert found.dropped == ()
    assert {kind for api in found.apis for kind in api.media_in} == {"text", "image", "audio", "video"}


def test_the_shelf_is_every_tool_that_journeyman_has():
    found = read_catalogue("shelf")
    assert {api.name for api in found.apis} == set(plugin_names("journeyman.tools"))
    by_name = {api.name: api for api in found.apis}
    assert by_name["crop_image"].media_in == by_name["crop_image"].media_out == ("image",)
    assert (by_name["transcribe_audio"].media_in, by_name["transcribe_audio"].media_out) == (("audio",), ("text",))
    assert by_name["speak_text"].media_out == ("audio",)
    assert by_name["inspect_file"].media_in == by_name["calculate"].media_in == ("text",)
    assert by_name["python"].media_in == ("text", "image", "audio", "video")
    assert json.loads(by_name["crop_image"].arguments_json)["left"]
    assert {api.source for api in found.apis} == {"shelf"}


@pytest.mark.parametrize("name", ["apis.json", "apis.jsonl"])
def test_a_file_of_apis_is_an_array_or_lines(tmp_path, name):
    path = tmp_path / name
    lines = "\n\n".join(json.dumps(row) for row in ROWS)
    path.write_text(json.dumps(ROWS) if name == "apis.json" else lines + "\n", encoding="utf-8-sig")
    found = read_catalogue(str(path))
    assert [(api.name, api.media_in, api.source) for api in found.apis] == [
        ("a", ("text",), name),
        ("b", ("image",), name),
    ]


def test_an_mcp_configuration_is_told_from_an_array_by_its_content(tmp_path):
    found = read_catalogue(str(stdio_config(tmp_path)))
    assert "weather" in {api.name for api in found.apis}
    assert {api.source for api in found.apis} == {"mcp.json"}


def test_own_tools_can_also_be_read_inside_an_event_loop(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(DOUBLE)

    async def read():
        return read_catalogue(str(path))

    assert [api.name for api in asyncio.run(read()).apis] == ["double"]


def test_a_python_file_gives_its_functions(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(DOUBLE)
    (api,) = read_catalogue(str(path)).apis
    assert (api.name, api.call, api.media_in, api.media_out) == (
        "double",
        "double(number) -> int",
        ("text",),
        ("text",),
    )
    assert api.description.startswith("Double a number.")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", '{"apis": []}', "neither an array of APIs nor an mcpServers configuration"),
        ("a.json", "[1]", r"a\.json, entry 1 is no object"),
        ("a.json", "[\n{,", "is not JSON: .* in line 2"),
        ("a.json", '[{"name": NaN}]', "NaN is no number of JSON"),
        ("a.json", "[" * 100_000, "is not JSON"),
        ("a.json", "[]", "no API that can be used: it is empty"),
        ("a.jsonl", '{"name": "x"}\n{"name": \n', r"a\.jsonl, line 2 is not JSON"),
        ("a.jsonl", '[{"name": "x"}]', r"a\.jsonl, line 1 is no object"),
        ("a.jsonl", b"\xff\xfe", r"a\.jsonl is not UTF-8"),
        ("a.csv", "name", r"a\.csv' is no catalogue; there is 'embedded', 'shelf', a folder"),
        ("a.py", "x = ", "a.py"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_file_that_is_not_of_its_form_is_refused(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=words):
        read_catalogue(str(path))


@pytest.mark.parametrize("name", ["gone.json", "gone.jsonl", "gone.py", "gone"])
def test_a_source_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="gone"):
        read_catalogue(str(tmp_path / name))


def test_a_file_that_is_too_large_is_refused_and_not_read_whole(tmp_path):
    path = tmp_path / "big.jsonl"
    with path.open("wb") as file:
        file.truncate(256 * 1024 * 1024 + 1)
    with pytest.raises(ConfigError, match="larger than 268,435,456 bytes"):
        read_catalogue(str(path))


def test_a_folder_of_cards_keeps_what_is_a_card_and_drops_the_rest_by_name(tmp_path):
    (tmp_path / "owner--reader.md").write_text("---\npipeline_tag: image-to-text\n---\nReads pictures.\n")
    (tmp_path / "notes.md").write_text("# Notes\n")
    (tmp_path / "owner--blank.md").write_text("---\npipeline_tag: image-to-text\n---\n# Title\n")
    (tmp_path / "ignored.txt").write_text("no card")
    found = read_catalogue(str(tmp_path))
    assert [(api.name, api.source) for api in found.apis] == [("owner/reader", "owner--reader.md")]
    assert {(one.name, one.reason) for one in found.dropped} == {
        ("notes.md", "no YAML front matter"),
        ("owner/blank", "no description"),
    }


def test_a_folder_without_cards_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"has no model card; put files like owner--model\.md"):
        read_catalogue(str(tmp_path))
