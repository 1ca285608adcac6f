"""A tool that goes wrong: give_nan."""

from typing import Any

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    return ToolResult(value=float("nan"))


TOOL = Tool(
    name="give_nan",
    version=1,
    summary="give_nan",
    description="give_nan",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    heavy=True,
)
