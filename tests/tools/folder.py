"""A trajectory's folder for tool tests: plain files, no sandbox."""

import json
from pathlib import Path

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin
from journeyman.tool import Tool, ToolFiles
from journeyman.tool_run import run_tool


def open_folder(root: Path) -> ToolFiles:
    """Files of ``root`` as tools see them."""

    def read(name: str) -> bytes:
        path = root / name
        if path.parent != root or not path.is_file():
            raise ToolError(f"there is no file {name!r}")
        return path.read_bytes()

    def write(name: str, data: bytes) -> str:
        assert not (root / name).exists()
        (root / name).write_bytes(data)
        return name

    return ToolFiles(root, read, write)


def call(name: str, root: Path, /, **arguments: object) -> object:
    """The value of one tool call in this process, over every file of ``root``; a refusal is raised as ToolError."""
    tool = load_plugin("journeyman.tools", name, "TOOL", Tool)
    given = {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}
    outcome = run_tool(tool, tool.bind((), dict(arguments)), given, root)
    if outcome.error:
        raise ToolError(outcome.error)
    for file, data in outcome.files:
        (root / file).write_bytes(data)
    return json.loads(outcome.value_json)
