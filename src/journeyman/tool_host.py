"""The child process in which heavy tools run: ``python -m journeyman.tool_host``, started by host_pool.py.

It gets the bytes a call reads and gives back the bytes it wrote; it is told no path to open, has
none of the parent's secrets in its environment, and ends with its parent. Frames on stdin and
stdout are a JSON head and raw bytes, so nothing is unpickled.
"""

import json
import logging
import os
import resource
import select
import signal
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from journeyman.errors import ToolUnavailableError
from journeyman.plugins import load_plugin
from journeyman.tool import Tool
from journeyman.tool_run import Outcome, run_tool

MEMORY_BYTES = 4 * 2**30
"""Private memory of a host: all models of the shelf and a 40 megapixel picture together stay below 3 GiB."""
RECYCLE_BYTES = 3 * 2**30
"""A host that holds more than this after a call ends; the next call starts a new one."""
IDLE_SECONDS = 120.0
"""A host that is not called ends after this long, so that training gets its memory."""
GRACE_SECONDS = 5
"""Time beyond a call's limit after which a host whose parent is gone ends itself."""
FILE_SHELF = ".py"
"""A shelf that ends so is a user's Python file; any other is a package."""

FRAME = struct.Struct(">II")
_NOTHING: Mapping[str, Any] = {"value_json": "", "images": (), "error": "", "unavailable": "", "out_of_memory": False}


def main() -> None:
    """Answer calls from stdin until it closes, nobody calls, or memory has grown."""
    logging.basicConfig(level=logging.WARNING, format="tool host: %(name)s: %(message)s")
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    # 1, not 0: see sandbox/inside/isolation.py, whose workers could not raise it again.
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    frames_in, frames_out = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land between frames
    while _called(frames_in) and (frame := read_frame(frames_in)) is not None:
        head, body = frame
        # With the parent killed nobody ends a hung tool: the alarm's default action does.
        signal.alarm(int(head["seconds"]) + GRACE_SECONDS)
        answer, written = _answer(head, frame_files(head, body))
        signal.alarm(0)
        frames_out.write(frame_of(answer, written))
        frames_out.flush()
        if _memory_bytes() > RECYCLE_BYTES:
            return


def load_tool(shelf: str, name: str) -> Tool:
    """Tool ``name`` of a package, or of a user's Python file.

    Raises:
        UnknownPluginError: No such tool.
        ConfigError: The user's file cannot be loaded.
    """
    if not shelf.endswith(FILE_SHELF):
        return load_plugin(shelf, name, "TOOL", Tool)
    from journeyman.own_tools.python_file import load_python_tools

    return next(tool for tool in load_python_tools(Path(shelf)) if tool.name == name)


def frame_of(head: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """A head and named bytes as one frame."""
    text = json.dumps({**head, "files": [[name, len(data)] for name, data in files.items()]}).encode()
    body = b"".join(files.values())
    return FRAME.pack(len(text), len(body)) + text + body


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next frame's head and body; None when the stream ended, also in the middle of one."""
    start = _exactly(stream, FRAME.size)
    if start is None:
        return None
    head_size, body_size = FRAME.unpack(start)
    head, body = _exactly(stream, head_size), _exactly(stream, body_size)
    return None if head is None or body is None else (json.loads(head), body)


def frame_files(head: Mapping[str, Any], body: bytes) -> dict[str, bytes]:
    """The named bytes of a frame."""
    files: dict[str, bytes] = {}
    start = 0
    for name, size in head["files"]:
        files[name] = body[start : start + size]
        start += size
    return files


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    """``size`` bytes; None when the other side died while it wrote."""
    parts: list[bytes] = []
    while size:
        part = stream.read(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _called(stream: IO[bytes]) -> bool:
    readable, _, _ = select.select([stream], [], [], IDLE_SECONDS)
    return bool(readable)


def _answer(head: dict[str, Any], given: dict[str, bytes]) -> tuple[dict[str, Any], dict[str, bytes]]:
    try:
        tool = load_tool(head["shelf"], head["tool"])
        if head["op"] == "warm":
            outcome = _warm(tool)
        else:
            outcome = run_tool(tool, tool.arguments.model_validate(head["arguments"]), given, Path(head["root"]))
    except MemoryError:
        return {**_NOTHING, "out_of_memory": True}, {}
    except ToolUnavailableError as exc:
        return {**_NOTHING, "unavailable": str(exc)}, {}
    except ValidationError as exc:
        return {**_NOTHING, "error": f"{head['tool']}: {exc}"}, {}
    answer = {"value_json": outcome.value_json, "images": outcome.images, "error": outcome.error}
    return {**_NOTHING, **answer}, dict(outcome.files)


def _warm(tool: Tool) -> Outcome:
    if tool.warm_up is not None:
        tool.warm_up()
    return Outcome("null", (), (), "")


def _memory_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
