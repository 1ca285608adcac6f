"""Typed functions of a user's file as tools."""

import asyncio
import io
import json
import os
import textwrap
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from journeyman.errors import ConfigError, ToolError
from journeyman.own_tools import open_own_tools
from journeyman.own_tools.python_file import load_python_tools
from journeyman.tool_run import Outcome, run_tool
from journeyman.toolbox import Toolbox
from tests.tools.folder import open_folder

HEAD = """
import asyncio, enum, dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal, Optional
from PIL import Image
from pydantic import BaseModel, Field
"""


def tools_of(folder: Path, code: str):
    path = folder / "my_tools.py"
    path.write_text(f"{HEAD}\n{textwrap.dedent(code)}")
    return {tool.name: tool for tool in load_python_tools(path)}


def only(folder: Path, code: str):
    (tool,) = tools_of(folder, code).values()
    return tool


def ran(tool, *positional, files=None, **named) -> Outcome:
    arguments = type(tool.bind(positional, named)).model_validate(
        tool.bind(positional, named).model_dump(mode="json")  # as a tool host gets them
    )
    return run_tool(tool, arguments, files or {}, Path("/nonexistent"))


def value(tool, *positional, **named):
    outcome = ran(tool, *positional, **named)
    assert outcome.error == ""
    given = json.loads(outcome.value_json)
    jsonschema.validate(given, tool.result_schema())
    return given


def png(size=(40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, format="PNG")
    return buffer.getvalue()


def test_a_function_is_a_tool_with_its_words(tmp_path):
    tool = only(
        tmp_path,
        '''
        def distance(start: str, end: str, unit: Literal["km", "miles"] = "km") -> float:
            """Distance between two towns. By road.

            Args:
                start: where it begins,
                    as a name
                end (str): where it ends
            """
            return 12.5 if unit == "km" else 7.8
        ''',
    )
    assert tool.signature() == "distance(start, end, unit='km') -> float"
    assert tool.description == "Distance between two towns."
    assert tool.schema()["properties"]["start"]["description"] == "where it begins, as a name"
    assert tool.schema()["properties"]["end"]["description"] == "where it ends"
    assert tool.schema()["additionalProperties"] is False
    assert tool.heavy
    assert value(tool, "Bonn", "Koeln") == 12.5
    assert value(tool, "Bonn", end="Koeln", unit="miles") == 7.8
    with pytest.raises(ToolError, match="unit: Input should be 'km' or 'miles'"):
        tool.bind(("Bonn", "Koeln", "feet"), {})


def test_types_of_every_kind_go_in(tmp_path):
    tool = only(
        tmp_path,
        '''
        class Side(enum.Enum):
            LEFT = "left"
            RIGHT = "right"

        class Point(BaseModel):
            x: int
            y: int

        def mix(point: Point, names: list[str], sizes: dict[str, float], side: Side = Side.LEFT,
                limit: Optional[int] = None, share: Annotated[float, Field(ge=0, le=1)] = 0.5) -> str:
            """Mix."""
            return f"{type(point).__name__} {point.x} {names} {sizes} {side.name} {limit} {share}"
        ''',
    )
    given = value(tool, {"x": 1, "y": 2}, ["a"], {"b": 1}, "right")
    assert given == "Point 1 ['a'] {'b': 1.0} RIGHT None 0.5"
    assert value(tool, {"x": 1, "y": 2}, [], {}).endswith("LEFT None 0.5")
    assert "side='left'" in tool.signature()
    with pytest.raises(ToolError, match="share: Input should be less than or equal to 1"):
        tool.bind(({"x": 1, "y": 2}, [], {}), {"share": 2})


def test_files_go_in_as_pictures_bytes_and_paths(tmp_path):
    tools = tools_of(
        tmp_path,
        '''
        def size(image: Image.Image) -> tuple[int, int]:
            """Size of a picture."""
            return image.size

        def count(data: bytes, more: list[bytes] | None = None) -> int:
            """Count bytes."""
            return len(data) + sum(map(len, more or []))

        def first_line(file: Path) -> str:
            """First line."""
            return f"{file.name}: {file.read_text().splitlines()[0]}"
        ''',
    )
    assert [tool.file_arguments() for tool in tools.values()] == [("image",), ("data", "more"), ("file",)]
    assert value(tools["size"], "a.png", files={"a.png": png()}) == [40, 30]
    files = {"a": b"123", "b": b"45", "c": b"6"}
    assert value(tools["count"], "a", files=files) == 3
    assert value(tools["count"], "a", ["b", "c"], files=files) == 6
    assert value(tools["first_line"], "notes.txt", files={"notes.txt": b"one\ntwo"}) == "notes.txt: one"
    assert ran(tools["size"], "a.png", files={"a.png": b"hello"}).error.startswith("size: a.png is not a picture")
    assert ran(tools["size"], "b.png").error == "size: there is no file 'b.png'"
    with pytest.raises(ToolError, match="image: Input should be a valid string"):
        tools["size"].bind((5,), {})


def test_pictures_bytes_and_paths_come_out_as_files(tmp_path):
    tools = tools_of(
        tmp_path,
        '''
        def half(image: Image.Image) -> Image.Image:
            """Half the size."""
            return image.resize((image.width // 2, image.height // 2)).convert("CMYK")

        def both() -> tuple[Image.Image, str, bytes]:
            """All."""
            return Image.new("L", (2, 2)), "text", b"%PDF-1"

        def write(folder: str) -> Path:
            """A file."""
            path = Path(folder) / "out.CSV"
            path.write_text("a,b")
            return path

        def nothing() -> None:
            """Nothing."""
        ''',
    )
    half = ran(tools["half"], "a.png", files={"a.png": png()})
    assert (half.value_json, half.images) == ('"half.png"', ("half.png",))
    assert Image.open(io.BytesIO(half.files[0][1])).size == (20, 15)
    assert tools["half"].returns == "name of the picture"
    both = ran(tools["both"])
    assert (json.loads(both.value_json), both.images) == (["both.png", "text", "both.pdf"], ("both.png",))
    jsonschema.validate(json.loads(both.value_json), tools["both"].result_schema())
    assert ran(tools["write"], str(tmp_path)).files == (("write.csv", b"a,b"),)
    assert value(tools["nothing"]) is None


def test_models_come_out_as_json(tmp_path):
    tool = only(
        tmp_path,
        '''
        class Town(BaseModel):
            name: str
            people: int

        def towns() -> list[Town]:
            """Towns."""
            return [Town(name="Bonn", people=330000)]
        ''',
    )
    assert value(tool) == [{"name": "Bonn", "people": 330000}]
    assert tool.returns == "list[dict with name, people]"


def test_coroutines_are_run(tmp_path):
    tool = only(
        tmp_path,
        '''
        async def wait(text: str) -> str:
            """Wait."""
            await asyncio.sleep(0)
            return text
        ''',
    )
    assert value(tool, "x") == "x"


@pytest.mark.parametrize(
    ("body", "returns", "words"),
    [
        ("raise ValueError('no such town')", "str", "f: ValueError: no such town"),
        ("raise SystemExit(3)", "str", "f: SystemExit: 3"),
        ("return 5", "str", "f: returned 5, which is not str"),
        ("return float('nan')", "float", "f: returned float, which is not JSON"),
        ("return object()", "Any", "f: returned object, which is not JSON"),
        ("return Path('/proc')", "Path", "f: returned the path of 'proc', which is no file"),
        ("return 1 / 0", "int", "f: ZeroDivisionError: division by zero"),
    ],
)
def test_what_goes_wrong_is_told_to_the_agent(tmp_path, body, returns, words):
    tool = only(tmp_path, f'def f() -> {returns}:\n    """F."""\n    {body}')
    assert ran(tool).error.startswith(words)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('def f(x) -> str:\n    """F."""', "function f, parameter x needs an annotation"),
        ('def f(x: int):\n    """F."""', "function f needs a return annotation"),
        ("def f(x: int) -> str:\n    return ''", "function f needs a docstring"),
        ('def f(*x: int) -> str:\n    """F."""', "parameter x: a tool's parameters are given by name"),
        ('def f(x: int, /) -> str:\n    """F."""', "parameter x: a tool's parameters are given by name"),
        ('class C: ...\ndef f(x: C) -> str:\n    """F."""', "parameter x: C is not a type that JSON has"),
        ('def f(x: int = "a") -> str:\n    """F."""', "parameter x: int is not a type that JSON has, or the default"),
        ('def f(x: bytes = b"a") -> str:\n    """F."""', "parameter x: a file can have no default but None"),
        ('def f(copy: int) -> str:\n    """F."""', "parameter copy: choose another name"),
        ('def f(_x: int) -> str:\n    """F."""', "parameter _x: choose another name"),
        ('class C: ...\ndef f() -> C:\n    """F."""', "function f returns C, which is not JSON"),
        ('def f() -> "Nope":\n    """F."""', "function f has an annotation that cannot be resolved"),
        ('def f() -> str:\n    """F."""\n    yield ""', "function f yields"),
        ('def print(x: str) -> str:\n    """F."""', "would hide Python's own print"),
        ("_x = 1", "defines no public function"),
        ("x = 1 / 0", r"line 10: ZeroDivisionError: division by zero"),
        ("raise SystemExit('no key')", r"line 10: SystemExit: no key"),
        ("def f(:", r"line 10: SyntaxError"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_with_function_and_parameter(tmp_path, code, words):
    with pytest.raises(ConfigError, match=words):
        tools_of(tmp_path, f"\n\n{code}")


def test_only_public_functions_of_the_file_itself_are_tools(tmp_path):
    (tmp_path / "neighbour_of_my_tools.py").write_text('def theirs() -> str:\n    """Theirs."""\n    return "t"\n')
    tools = tools_of(
        tmp_path,
        '''
        import functools
        from neighbour_of_my_tools import theirs

        class Helper:
            def method(self) -> int:
                return 1

        def _private() -> int:
            return 2

        def second() -> str:
            """Second."""
            return theirs()

        @functools.lru_cache
        def first() -> str:
            """First."""
            return "cached"
        ''',
    )
    assert list(tools) == ["second", "first"]
    assert value(tools["second"]) == "t"
    assert value(tools["first"]) == "cached"


def test_a_file_that_changes_in_use_is_refused_instead_of_recorded_as_the_old_one(tmp_path):
    tool = only(tmp_path, 'def f() -> int:\n    """F."""\n    return 1')
    assert tool.backing().startswith("sha256 ")
    (tmp_path / "my_tools.py").write_text('def f() -> int:\n    """F."""\n    return 2')
    with pytest.raises(ConfigError, match="changed while it was in use"):
        tool.backing()
    (again,) = load_python_tools(tmp_path / "my_tools.py")
    assert value(again) == 2


def test_a_missing_file_is_told(tmp_path):
    async def enter() -> None:
        async with open_own_tools(tmp_path / "none.py"):
            pass

    with pytest.raises(ConfigError, match=r"none\.py cannot be read"):
        asyncio.run(enter())


def test_the_toolbox_runs_them_in_a_host(tmp_path):
    source = tmp_path / "my_tools.py"
    source.write_text(
        HEAD + "import os\n"
        'def half(image: Image.Image) -> Image.Image:\n    """Half."""\n    return image.reduce(2)\n'
        'def pid() -> int:\n    """Process."""\n    return os.getpid()\n'
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.png").write_bytes(png())

    async def calls():
        async with Toolbox.open((), own_tools=str(source)) as toolbox:
            session = toolbox.session(open_folder(folder))
            return await session.call("half", ("a.png",), {}), await session.call("pid", (), {})

    half, pid = asyncio.run(calls())
    assert (half.value, half.images) == ("half_1.png", ("half_1.png",))
    assert Image.open(folder / "half_1.png").size == (20, 15)
    assert pid.value != os.getpid()
