"""A tool that goes wrong: hang."""

import time
from typing import Any

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    time.sleep(600)
    return ToolResult(value=None)


TOOL = Tool(
    name="hang",
    version=1,
    summary="hang",
    description="hang",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    heavy=True,
)
