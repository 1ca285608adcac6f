"""One tool call, run in this process."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from journeyman.errors import ToolError, ToolUnavailableError
from journeyman.schema.record import canonical_json
from journeyman.tool import Arguments, Tool, ToolFiles

logger = logging.getLogger(__name__)

_FILE_NAME = re.compile(r"[a-z0-9_]+\.[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool did with one call."""

    value_json: str
    images: tuple[str, ...]
    """Of ``files``, the names of pictures that the agent is shown."""
    files: tuple[tuple[str, bytes], ...]
    """Names asked for and bytes of the files it wrote."""
    error: str
    """Words for the agent; empty when the tool answered."""


def run_tool(tool: Tool, arguments: Arguments, given: Mapping[str, bytes], root: Path) -> Outcome:
    """Run ``tool`` here, over the files ``given`` and nothing else.

    An exception that is no ToolError is a bug of the tool: it is logged and the agent told.

    Raises:
        ToolUnavailableError: What answers for the tool is down.
        MemoryError: Like it, says something of this process and nothing of the call, so neither is an outcome.
    """
    written: dict[str, bytes] = {}

    def read(name: str) -> bytes:
        if name not in given:
            raise ToolError(f"there is no file {name!r}")
        return given[name]

    def write(name: str, data: bytes) -> str:
        if not _FILE_NAME.fullmatch(name):
            raise ValueError(f"a tool wrote {name!r}; names are lower case words with an extension")
        stem, _, extension = name.partition(".")
        number = 1
        while name in written:
            number += 1
            name = f"{stem}_{number}.{extension}"
        written[name] = data
        return name

    try:
        result = tool.run(arguments, ToolFiles(root, read, write))
        value_json = canonical_json(result.value)
    except (ToolUnavailableError, MemoryError):
        raise
    except ToolError as exc:
        return Outcome("", (), (), str(exc))
    except Exception as exc:
        logger.exception("tool %s failed on %s", tool.name, arguments)
        return Outcome("", (), (), f"{tool.name} failed: {type(exc).__name__}: {exc}")
    return Outcome(value_json, result.images, tuple(written.items()), "")
