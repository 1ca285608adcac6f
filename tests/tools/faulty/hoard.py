"""A tool that goes wrong: hoard."""

from typing import Any

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    _hold = bytearray(64 * 2**30)
    return ToolResult(value=None)


TOOL = Tool(
    name="hoard",
    version=1,
    summary="hoard",
    description="hoard",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    heavy=True,
)
