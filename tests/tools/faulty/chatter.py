"""A tool that goes wrong: chatter."""

from typing import Any

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    print("noise on stdout", flush=True)
    return ToolResult(value="quiet")


TOOL = Tool(
    name="chatter",
    version=1,
    summary="chatter",
    description="chatter",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    heavy=True,
)
