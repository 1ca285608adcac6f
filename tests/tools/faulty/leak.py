"""A tool that goes wrong: leak."""

import os

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    return ToolResult(value=sorted(os.environ))
    return ToolResult(value=None)


TOOL = Tool(
    name="leak",
    version=1,
    summary="leak",
    description="leak",
    arguments=NoArguments,
    returns="None",
    run=run,
    heavy=True,
)
