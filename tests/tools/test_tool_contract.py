"""What every tool on the shelf must hold to: a new file in tools/ is tested here with no new test."""

import importlib
import inspect
import json
import re
import sys
from pathlib import Path

import jsonschema
import pytest

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin, plugin_names
from journeyman.tool import Tool
from journeyman.tool_run import run_tool
from tests.tools.samples import sample_files

SHELF = "journeyman.tools"


@pytest.fixture(params=plugin_names(SHELF))
def tool(request):
    return load_plugin(SHELF, request.param, "TOOL", Tool)


def test_name_is_the_file_name(tool):
    assert inspect.getmodule(tool.run).__name__ == f"{SHELF}.{tool.name}"


def test_the_model_is_told_of_it_in_one_short_line(tool):
    assert 0 < len(tool.description) <= 60
    assert "\n" not in tool.description
    assert len(tool.description.split()) <= 8
    assert len(tool.signature()) <= 90


def test_its_arguments_have_a_closed_and_described_schema(tool):
    schema = tool.arguments.model_json_schema()
    assert schema["additionalProperties"] is False
    assert all(field.get("description") for field in schema["properties"].values())
    json.dumps(schema)


def test_it_is_ready_or_says_what_to_set(tool):
    assert tool.missing() == "" or tool.missing().startswith("not configured: set JOURNEYMAN_TOOL__")


def test_its_example_runs_and_the_value_is_what_the_result_schema_says(tool, tmp_path):
    if tool.missing():
        pytest.skip(tool.missing())
    for name, data in sample_files().items():
        (tmp_path / name).write_bytes(data)
    outcome = run_tool(tool, tool.bind((), dict(tool.example)), sample_files(), tmp_path)
    assert outcome.error == ""
    jsonschema.validate(json.loads(outcome.value_json), tool.result_schema())
    assert set(outcome.images) <= {name for name, _ in outcome.files}
    assert bool(tool.media_out) or not outcome.files


def test_unknown_and_missing_arguments_are_refused_in_words(tool):
    with pytest.raises(ToolError, match="nonsense"):
        tool.bind((), {"nonsense": 1})
    with pytest.raises(ToolError, match=tool.name):
        tool.bind((), {})


def test_wrong_argument_types_are_refused_in_words(tool):
    first = next(iter(tool.arguments.model_fields))
    with pytest.raises(ToolError, match=first):
        tool.bind(({"not": "a name"},), {})


def test_a_missing_file_is_an_error_that_names_it(tool, tmp_path):
    named = [field for field in tool.file_arguments() if field in tool.example]
    if not named:
        pytest.skip("takes no file")
    given = tool.example | {field: _absent(tool.example[field]) for field in named}
    outcome = run_tool(tool, tool.bind((), given), {}, tmp_path)
    assert "file_9" in outcome.error or tool.missing()


def test_a_tool_that_reads_pictures_refuses_what_is_none(tool, tmp_path):
    if tool.media_in != ("image/*",) or "image" not in tool.file_arguments() or tool.missing():
        pytest.skip("reads no pictures")
    for data, words in {b"": "empty", b"hello": "not a picture", b"\x89PNG\r\n\x1a\nxx": "picture"}.items():
        given = sample_files() | {"file_1.png": data}
        outcome = run_tool(tool, tool.bind((), tool.example | {"image": "file_1.png"}), given, tmp_path)
        assert words in outcome.error
        assert "failed" not in outcome.error


def _absent(name):
    return [_absent(one) for one in name] if isinstance(name, list) else f"file_9.{name.rpartition('.')[2]}"


def test_the_example_in_the_docs_is_a_tool_that_works(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "add-a-tool.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    shelf = tmp_path / "documented_tools"
    shelf.mkdir()
    (shelf / "__init__.py").touch()
    (shelf / "count_words.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    tool = load_plugin("documented_tools", "count_words", "TOOL", Tool)
    outcome = run_tool(tool, tool.bind(("file_1.txt",), {}), {"file_1.txt": b"two words"}, tmp_path)
    assert (outcome.value_json, outcome.error) == ("2", "")
    assert "not text" in run_tool(tool, tool.bind(("file_1.txt",), {}), {"file_1.txt": b"\xff"}, tmp_path).error
    sys.modules.pop("documented_tools.count_words")
