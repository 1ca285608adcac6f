"""A tool that goes wrong: give_nan."""

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    return ToolResult(value=float("nan"))
    return ToolResult(value=None)


TOOL = Tool(
    name="give_nan",
    version=1,
    summary="give_nan",
    description="give_nan",
    arguments=NoArguments,
    returns="None",
    run=run,
    heavy=True,
)
