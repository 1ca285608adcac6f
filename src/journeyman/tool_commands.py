"""``journeyman tools``: list what an agent can be given, call one by hand, serve the shelf over MCP."""

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts

from journeyman.errors import ConfigError, ToolError
from journeyman.tool import Tool, ToolFiles, ToolResult

app = cyclopts.App(name="tools", help="What the agent can be given to work with.")

SHELF = "journeyman.tools"
_SHOWN_COLUMNS = 72
"""Width of a picture in the terminal, in characters."""


@app.command(name="list")
def list_tools(*, tools: str = "", verbose: Annotated[bool, cyclopts.Parameter(alias="-v")] = False) -> int:
    """List the tools, how the agent calls them, and what a tool that is not ready needs.

    Parameters
    ----------
    tools
        Your own tools too: an mcpServers JSON or a Python file of typed functions.
    verbose
        Also say what backs each tool and under which licence.
    """
    found = _shelf() if not tools else (*_shelf(), *_own(tools))
    width = max(len(tool.name) for tool in found)
    for tool in found:
        missing = tool.missing()
        print(f"{tool.name:{width}}  {f'({missing})' if missing else tool.signature()}")
        if verbose:
            print(f"{'':{width}}  {tool.summary} [{tool.licence}]")
    unready = sum(bool(tool.missing()) for tool in found)
    print(f"\n{len(found) - unready} tools are ready, {unready} are not", file=sys.stderr)
    return 0


@app.command(name="try")
def try_tool(name: str, *given: str, tools: str = "", files: tuple[Path, ...] = (), out: Path = Path()) -> int:
    """Call one tool by hand, e.g. `journeyman tools try ocr image=receipt.jpg`.

    Parameters
    ----------
    name
        The tool.
    given
        `name=value`; a value is JSON where it reads as JSON and else text. For a file argument it is a path of yours.
    tools
        Your own tools too: an mcpServers JSON or a Python file of typed functions.
    files
        More files for the call's folder, for tools that read all of it.
    out
        Folder for the files that the tool returns.
    """
    try:
        asyncio.run(_try(name, given, tools, files, out))
    except ToolError as exc:
        print(f"the agent would read: {exc}", file=sys.stderr)
        return 1
    return 0


@app.command
def serve(
    *names: str,
    transport: Literal["stdio", "http"] = "stdio",
    host: str = "127.0.0.1",
    port: int = 8765,
    token: str = "",
) -> None:
    """Offer the tools to any MCP client.

    Parameters
    ----------
    names
        Tools to offer; all that are ready when none is named.
    transport
        `stdio` for a client that starts this program, `http` for streamable HTTP.
    host
        Address to listen on.
    port
        Port to listen on.
    token
        What every HTTP request must carry as `Authorization: Bearer`; when empty one is made and printed.
    """
    from journeyman.tool_server import serve as serve_tools

    asyncio.run(serve_tools(names, transport=transport, host=host, port=port, token=token))


def _shelf() -> tuple[Tool, ...]:
    from journeyman.plugins import load_plugin, plugin_names

    return tuple(load_plugin(SHELF, name, "TOOL", Tool) for name in plugin_names(SHELF))


def _own(source: str) -> tuple[Tool, ...]:
    from journeyman.own_tools import open_own_tools

    async def described() -> tuple[Tool, ...]:
        async with open_own_tools(Path(source)) as tools:
            return tools

    return asyncio.run(described())


async def _try(name: str, arguments: tuple[str, ...], tools: str, files: tuple[Path, ...], out: Path) -> None:
    from journeyman.plugins import plugin_names
    from journeyman.sandbox.folder import SessionFolder
    from journeyman.toolbox import Toolbox

    builtin = () if tools and name not in plugin_names(SHELF) else (name,)
    with tempfile.TemporaryDirectory() as home:
        folder = SessionFolder.create(Path(home))
        async with Toolbox.open(builtin, own_tools=tools) as toolbox:
            tool = toolbox.find(name)
            given = dict(_argument(text) for text in arguments)
            for field in tool.file_arguments():
                if field in given:
                    given[field] = _taken_in(given[field], folder)
            for path in files:
                _taken_in(str(path), folder)
            before = set(folder.names())
            session = toolbox.session(ToolFiles(root=folder.root, read=folder.read, write=folder.write))
            result = await session.call(name, (), given)
        _show(result)
        for written in sorted(set(folder.names()) - before):
            _save(folder.read(written), out / written, shown=written in result.images)


def _argument(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"{text!r} is no argument; write name=value, e.g. image=photo.png")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _taken_in(value: Any, folder: Any) -> Any:
    """``value``, a path of the caller's or several, as names in the call's folder."""
    if isinstance(value, list):
        return [_taken_in(item, folder) for item in value]
    path = Path(str(value))
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"cannot read {path}: {exc.strerror}") from exc
    name = re.sub(r"[^A-Za-z0-9._-]", "_", path.name)
    if name not in folder.names():
        folder.put(name, data)
    return name


def _show(result: ToolResult) -> None:
    value = result.value
    print(value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False))


def _save(data: bytes, path: Path, *, shown: bool) -> None:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}_{number}")
    free.parent.mkdir(parents=True, exist_ok=True)
    free.write_bytes(data)
    print(f"{free}  ({len(data):,} bytes)")
    if shown and sys.stdout.isatty():
        _draw(free)


def _draw(path: Path) -> None:
    """The picture in the terminal: two pixels a character, the upper one as the ink of a half block."""
    from PIL import Image

    picture = Image.open(path).convert("RGB")
    width = min(_SHOWN_COLUMNS, picture.width)
    height = max(2, round(picture.height * width / picture.width / 2) * 2)
    pixels = picture.resize((width, height)).load()
    assert pixels is not None  # of a picture that was just made
    for y in range(0, height, 2):
        cells = []
        for x in range(width):
            upper, lower = (";".join(map(str, _rgb(pixels[x, row]))) for row in (y, y + 1))
            cells.append(f"\x1b[38;2;{upper};48;2;{lower}m▀")
        print("".join(cells) + "\x1b[0m")


def _rgb(pixel: Any) -> tuple[int, int, int]:
    red, green, blue = pixel[:3]
    return red, green, blue
