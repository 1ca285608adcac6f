"""A tool that goes wrong: raise_bug."""

from typing import Any

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    return ToolResult(value={}["no such key"])


TOOL = Tool(
    name="raise_bug",
    version=1,
    summary="raise_bug",
    description="raise_bug",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    heavy=True,
)
