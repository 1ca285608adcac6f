"""A tool that goes wrong: leak."""

import os
from typing import Any

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    return ToolResult(value=sorted(os.environ))


TOOL = Tool(
    name="leak",
    version=1,
    summary="leak",
    description="leak",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    heavy=True,
)
