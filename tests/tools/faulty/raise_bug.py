"""A tool that goes wrong: raise_bug."""

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult


class NoArguments(Arguments):
    """Takes none."""


def run(arguments: NoArguments, files: ToolFiles) -> ToolResult:
    {}["no such key"]
    return ToolResult(value=None)


TOOL = Tool(
    name="raise_bug",
    version=1,
    summary="raise_bug",
    description="raise_bug",
    arguments=NoArguments,
    returns="None",
    run=run,
    heavy=True,
)
