"""``journeyman tools``: what a person sees of the shelf, and a call by hand."""

import io

import pytest
from PIL import Image

from journeyman import tool_commands
from journeyman.errors import ConfigError
from journeyman.settings import load_settings

OWN = '''
"""Tools of mine."""


def double(number: int) -> int:
    """Double a number."""
    return 2 * number
'''


@pytest.fixture(autouse=True)
def settings():
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "my photo.png"
    Image.linear_gradient("L").convert("RGB").save(path)
    return path


def test_the_list_names_every_tool_and_what_the_others_need(capsys):
    assert tool_commands.list_tools(verbose=True) == 0
    shown = capsys.readouterr().out
    assert "calculate(expression)" in shown
    assert "[Apache-2.0]" in shown
    assert "(not configured: set JOURNEYMAN_TOOL__VISUALIZE__URL" in shown


def test_a_tool_that_is_configured_is_listed_as_ready(capsys, monkeypatch):
    monkeypatch.setenv("JOURNEYMAN_TOOL__VISUALIZE__URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("JOURNEYMAN_TOOL__VISUALIZE__MODEL", "any")
    tool_commands.list_tools()
    assert "visualize(image" in capsys.readouterr().out


def test_own_tools_stand_beside_ours(capsys, tmp_path):
    own = tmp_path / "my_tools.py"
    own.write_text(OWN)
    tool_commands.list_tools(tools=str(own))
    shown = capsys.readouterr().out
    assert "double(number)" in shown
    assert tool_commands.try_tool("double", "number=21", tools=str(own)) == 0
    assert capsys.readouterr().out.strip() == "42"


def test_a_call_by_hand_takes_a_path_and_saves_what_comes_back(capsys, tmp_path, picture):
    box = ("left=0", "top=0", "right=10", "bottom=20")
    for _ in range(2):
        assert tool_commands.try_tool("crop_image", f"image={picture}", *box, out=tmp_path / "out") == 0
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["crop_1.png", "crop_1_2.png"]
    assert Image.open(io.BytesIO((tmp_path / "out" / "crop_1.png").read_bytes())).size == (10, 20)
    assert "crop_1_2.png" in capsys.readouterr().out


def test_a_tool_that_reads_the_folder_gets_the_files_named(capsys, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("The museum opened in 1962.")
    assert tool_commands.try_tool("search_corpus", "query=museum", files=(note,), out=tmp_path) == 0
    assert "1962" in capsys.readouterr().out


def test_the_picture_is_drawn_in_a_terminal(capsys, tmp_path, picture):
    tool_commands._draw(picture)
    shown = capsys.readouterr().out
    assert shown.count("▀") == tool_commands._SHOWN_COLUMNS * (tool_commands._SHOWN_COLUMNS // 2)
    assert shown.startswith("\x1b[38;2;")


def test_a_refusal_is_told_as_the_agent_would_read_it(capsys, tmp_path):
    assert tool_commands.try_tool("calculate", "expression=2 +", out=tmp_path) == 1
    assert capsys.readouterr().err.startswith("the agent would read: ")


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("ocr", ("receipt.jpg",), "write name=value"),
        ("ocr", ("image=/no/such/file.png",), "cannot read /no/such/file.png"),
        ("visualize", ("image=x.png",), "not configured: set JOURNEYMAN_TOOL__VISUALIZE__URL"),
    ],
)
def test_what_cannot_be_tried_is_told_with_what_to_do(name, given, words):
    with pytest.raises(ConfigError, match=words):
        tool_commands.try_tool(name, *given)
