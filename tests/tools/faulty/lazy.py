"""A tool that says whether its model was loaded ahead of the call."""

from typing import Any

from journeyman.tool import Tool, ToolFiles, ToolResult
from tests.tools.faulty.crash import NoArguments

LOADED: list[int] = []


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    return ToolResult(value="warm" if LOADED else "cold")


TOOL = Tool(
    name="lazy",
    version=1,
    summary="lazy",
    description="lazy",
    arguments=NoArguments,
    returns="str",
    result=Any,
    example={},
    run=run,
    heavy=True,
    warm_up=lambda: LOADED.append(1),
)
