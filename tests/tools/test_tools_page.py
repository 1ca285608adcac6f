"""docs/tools.md says what the shelf holds, and what it covers."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from journeyman.plugins import load_plugin, plugin_names
from journeyman.tool import Tool

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page():
    spec = importlib.util.spec_from_file_location("tools_page", ROOT / "benchmarks" / "tools_page.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["tools_page"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_shelf_and_the_last_measurement_say(page):
    measured = json.loads(page.MEASURED.read_text())
    assert page.PAGE.read_text() == page.tools_page(measured), "run: python benchmarks/tools_page.py"


def test_every_tool_of_both_benchmarks_is_covered_and_nothing_else_is_claimed(page):
    tools = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in plugin_names("journeyman.tools")]
    claimed = {(claim.benchmark, claim.tool) for tool in tools for claim in tool.covers}
    assert claimed == {("GTA", name) for name in page.GTA} | {("MAT", name) for name in page.MAT}
    assert (len(page.GTA), len(page.MAT)) == (14, 9)


def test_every_ready_tool_was_measured(page):
    measured = json.loads(page.MEASURED.read_text())
    tools = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in plugin_names("journeyman.tools")]
    assert {tool.name for tool in tools if not tool.missing()} <= set(measured)
