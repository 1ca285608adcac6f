"""Runs tools: in this process, or in a tool host, a child process that a crash or a hang may take.

A host gets the bytes a call reads and gives back the bytes it wrote; it is told no path to open, has
none of the parent's secrets in its environment, and ends with its parent. Frames on its stdin and
stdout are a JSON head and raw bytes, so nothing is unpickled.
"""

import asyncio
import json
import logging
import os
import re
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin
from journeyman.schema.record import canonical_json
from journeyman.tool import Arguments, Tool, ToolFiles

logger = logging.getLogger(__name__)

HOST_MEMORY_BYTES = 4 * 2**30
"""Private memory of a host: OCR, torch and a 40 megapixel picture together stay below 2 GiB."""
_FRAME = struct.Struct(">II")
_NOTHING: Mapping[str, Any] = {"value_json": "", "images": (), "error": "", "out_of_memory": False}
_FILE_NAME = re.compile(r"[a-z0-9_]+\.[a-z0-9]+")
# What a child needs to find its libraries and fonts; keys and endpoints are not among them.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool did with one call."""

    value_json: str
    images: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    """Names asked for and bytes of the files it wrote."""
    error: str
    """Words for the agent; empty when the tool answered."""


def run_tool(tool: Tool, arguments: Arguments, given: Mapping[str, bytes], root: Path) -> Outcome:
    """Run ``tool`` here, over the files ``given`` and nothing else.

    An exception that is no ToolError is a bug of the tool: it is logged and the agent told.

    Raises:
        MemoryError: Says something of this process and nothing of the call, so it is no outcome.
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
    except ToolError as exc:
        return Outcome("", (), (), str(exc))
    except MemoryError:
        raise
    except Exception as exc:
        logger.exception("tool %s failed on %s", tool.name, arguments)
        return Outcome("", (), (), f"{tool.name} failed: {type(exc).__name__}: {exc}")
    return Outcome(value_json, result.images, tuple(written.items()), "")


class ToolHost:
    """One child process that runs one call at a time; started on the first call and again after a crash."""

    def __init__(self, shelf: str) -> None:
        """Args: shelf: Package whose tools it runs, e.g. ``journeyman.tools``."""
        self._shelf = shelf
        self._process: asyncio.subprocess.Process | None = None

    async def call(
        self, tool: Tool, arguments: Arguments, given: Mapping[str, bytes], root: Path, seconds: float
    ) -> Outcome:
        """Run ``tool`` in the host.

        Raises:
            ToolError: The host crashed, ran out of memory, or took longer than ``seconds``; it says
                nothing of the call, so it must not be recorded.
        """
        process = self._process or await self._start()
        head = {
            "tool": tool.name,
            "arguments": arguments.model_dump(mode="json"),
            "root": str(root),
            "seconds": seconds,
        }
        try:
            async with asyncio.timeout(seconds):
                assert process.stdin is not None  # a pipe
                assert process.stdout is not None  # a pipe
                process.stdin.write(_frame(head, given))
                await process.stdin.drain()
                head_size, body_size = _FRAME.unpack(await process.stdout.readexactly(_FRAME.size))
                answer = json.loads(await process.stdout.readexactly(head_size))
                body = await process.stdout.readexactly(body_size)
        except TimeoutError as exc:
            await self.close()
            raise ToolError(f"{tool.name} took longer than {seconds:.0f} s and was stopped") from exc
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            await self.close()
            logger.error("tool host died in %s with status %s", tool.name, process.returncode)
            raise ToolError(f"{tool.name} crashed on this input") from exc
        except BaseException:
            # Cancelled half way through a frame: the next call would read this one's answer.
            await self.close()
            raise
        if answer["out_of_memory"]:
            await self.close()
            raise ToolError(f"{tool.name} ran out of memory on this input")
        return Outcome(
            answer["value_json"], tuple(answer["images"]), tuple(_files(answer, body).items()), answer["error"]
        )

    async def close(self) -> None:
        """Kill the process, if there is one; nothing in it is worth saving."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": "",  # the accelerators belong to training
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "journeyman.tool_host", self._shelf,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment,
            limit=2**20,
        )  # fmt: skip
        return self._process


def main() -> None:
    """Answer calls from stdin until it closes."""
    logging.basicConfig(level=logging.WARNING, format="tool host: %(name)s: %(message)s")
    shelf = sys.argv[1]
    resource.setrlimit(resource.RLIMIT_DATA, (HOST_MEMORY_BYTES, HOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    frames_in, frames_out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land between frames
    while (frame := _read_frame(frames_in)) is not None:
        head, body = frame
        # With the parent killed nobody ends a hung tool: the alarm's default action does.
        signal.alarm(int(head["seconds"]) + 5)
        answer, written = _answer(shelf, head, _files(head, body))
        signal.alarm(0)
        frames_out.write(_frame(answer, written))
        frames_out.flush()


def _answer(shelf: str, head: dict[str, Any], given: dict[str, bytes]) -> tuple[dict[str, Any], dict[str, bytes]]:
    tool = load_plugin(shelf, head["tool"], "TOOL", Tool)
    try:
        arguments = tool.arguments.model_validate(head["arguments"])
        outcome = run_tool(tool, arguments, given, Path(head["root"]))
    except MemoryError:
        return {**_NOTHING, "out_of_memory": True}, {}
    except ValidationError as exc:
        return {**_NOTHING, "error": f"{tool.name}: {exc}"}, {}
    answer = {"value_json": outcome.value_json, "images": outcome.images, "error": outcome.error}
    return {**_NOTHING, **answer}, dict(outcome.files)


def _frame(head: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    text = json.dumps({**head, "files": [[name, len(data)] for name, data in files.items()]}).encode()
    body = b"".join(files.values())
    return _FRAME.pack(len(text), len(body)) + text + body


def _read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    start = stream.read(_FRAME.size)
    if len(start) < _FRAME.size:
        return None
    head_size, body_size = _FRAME.unpack(start)
    head, body = stream.read(head_size), stream.read(body_size)
    # Less than was announced: the parent died while it wrote.
    return (json.loads(head), body) if len(head) == head_size and len(body) == body_size else None


def _files(head: Mapping[str, Any], body: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    start = 0
    for name, size in head["files"]:
        files[name] = body[start : start + size]
        start += size
    return files


if __name__ == "__main__":
    main()
