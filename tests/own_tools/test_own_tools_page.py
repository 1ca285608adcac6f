"""What docs/own-tools.md shows works as it is written there."""

import io
import json
import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from journeyman.own_tools.mcp_config import read_config
from journeyman.own_tools.python_file import load_python_tools
from journeyman.tool_run import run_tool
from tests.own_tools.running import running

PAGE = (Path(__file__).parents[2] / "docs" / "own-tools.md").read_text()


def block(language: str, name: str) -> str:
    """The code under the mention of ``name``."""
    return re.search(rf"`{name}`.*?```{language}\n(.*?)```", PAGE, re.DOTALL).group(1)


def test_the_python_file(tmp_path):
    source = tmp_path / "my_tools.py"
    source.write_text(block("python", "my_tools.py"))
    price, halve = load_python_tools(source)
    assert f"{price.card().line()}" in PAGE
    assert run_tool(price, price.bind(("bread",), {"count": 2}), {}, tmp_path).value_json == "6.4"
    picture = io.BytesIO()
    Image.new("RGB", (8, 6)).save(picture, format="PNG")
    outcome = run_tool(halve, halve.bind(("file_1.png",), {}), {"file_1.png": picture.getvalue()}, tmp_path)
    assert Image.open(io.BytesIO(outcome.files[0][1])).size == (4, 3)


def test_the_mcp_server(tmp_path, monkeypatch):
    (tmp_path / "my_server.py").write_text(block("python", "my_server.py"))
    source = tmp_path / "my_mcp.json"
    source.write_text(block("json", "my_mcp.json"))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setenv("TEXTS_LIMIT", "5")
    with running(source) as tools:
        assert tools.value("shorten", "a.txt", files={"a.txt": b"hello world"}) == "hello"


def test_the_http_server_and_the_desktop_configuration_are_of_the_form(tmp_path):
    shown = json.loads(block("json", "my_mcp.json"))
    shown["mcpServers"]["prices"]["disabled"] = False
    desktop = json.loads(re.search(r'```json\n(\{"mcpServers".*?)\n```', PAGE).group(1))
    for content in (shown, desktop):
        (tmp_path / "mcp.json").write_text(json.dumps(content))
        assert set(read_config(tmp_path / "mcp.json", {"PRICES_KEY": "k"})) == set(content["mcpServers"])


@pytest.mark.parametrize("key", ["command", "args", "env", "cwd", "url", "headers", "timeout", "tools", "disabled"])
def test_every_key_is_told(key):
    assert f"`{key}`" in PAGE
