"""A tool that goes wrong: crash."""

import os
import signal
from typing import Any

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    os.kill(os.getpid(), signal.SIGSEGV)
    return ToolResult(value=None)


TOOL = Tool(
    name="crash",
    version=1,
    summary="crash",
    description="crash",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    heavy=True,
)
