"""A light tool that counts its runs in a list the test holds."""

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument

RUNS: list[str] = []


class CountArguments(Arguments):
    """What to count."""

    file: str = file_argument("anything")
    refuse: bool = False


def run(arguments: CountArguments, files: ToolFiles) -> ToolResult:
    RUNS.append(arguments.file)
    if arguments.refuse:
        raise ToolError(f"refused after {len(RUNS)} runs")
    name = files.write("copy.bin", files.read(arguments.file))
    return ToolResult(value={"runs": len(RUNS), "names": [name]}, images=(name,))


TOOL = Tool(
    name="count",
    version=1,
    summary="count",
    description="count",
    arguments=CountArguments,
    returns="dict",
    result=dict,
    example={"file": "file_1.png"},
    run=run,
)
