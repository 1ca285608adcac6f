"""A tool that goes wrong: chatter."""

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    print("noise on stdout", flush=True)
    return ToolResult(value="quiet")
    return ToolResult(value=None)


TOOL = Tool(
    name="chatter",
    version=1,
    summary="chatter",
    description="chatter",
    arguments=NoArguments,
    returns="None",
    run=run,
    heavy=True,
)
