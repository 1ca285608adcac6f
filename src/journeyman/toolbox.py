"""The tools of a run, open for calls: binds arguments, replays what was recorded, runs the rest, logs all.

A result depends only on the tool, its version, its arguments and the bytes it read. That is the key
of its recording, and it is why a replayed trajectory sees what the first one saw, bit for bit.
"""

import asyncio
import json
import logging
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from journeyman.errors import ArtifactError, ConfigError, ToolError
from journeyman.plugins import load_plugin
from journeyman.schema.record import canonical_json, fingerprint, sha256_hex
from journeyman.schema.trajectory import ToolCall
from journeyman.storage.cassette import Cassette, RecordedFile, Recording
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult
from journeyman.tool_host import Outcome, ToolHost, run_tool

logger = logging.getLogger(__name__)

Mode = Literal["live", "record", "replay"]

SHELF = "journeyman.tools"
CALL_SECONDS = 60.0
"""Wall time of one call, the loading of its model included."""


class Toolbox:
    """Open tools. Many trajectories call them at once."""

    def __init__(
        self, tools: Sequence[Tool], *, cassette: Cassette | None, mode: Mode, hosts: Sequence[ToolHost], seconds: float
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._cassette = cassette
        self._mode = mode
        self._seconds = seconds
        # Last in, first out: a quiet run keeps to the host that has its models loaded.
        self._hosts: asyncio.LifoQueue[ToolHost] = asyncio.LifoQueue()
        for host in hosts:
            self._hosts.put_nowait(host)
        # One lock a key under way: of ten trajectories that read one picture the first one pays.
        self._under_way: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        names: Sequence[str],
        *,
        cassette: Cassette | None = None,
        mode: Mode = "live",
        processes: int = 1,
        shelf: str = SHELF,
        seconds: float = CALL_SECONDS,
    ) -> AsyncIterator["Toolbox"]:
        """Open the tools ``names``; on leaving, hosts are ended and new recordings flushed.

        Args:
            names: Plugins on ``shelf``, in the order the agent is told of them.
            cassette: Recordings, preloaded by the caller.
            mode: ``live`` runs every call; ``record`` replays what is recorded and records the rest;
                ``replay`` runs nothing.
            processes: Tool hosts for heavy tools; each loads its own copy of a model (OCR 0.6 GB,
                the tagger 0.3 GB), on the first call that needs it.
            shelf: Package that holds the tools.
            seconds: Wall time of one call.

        Raises:
            ConfigError: A name twice, no cassette for ``record`` or ``replay``, or a tool that
                is not ready; the message says what to set.
            UnknownPluginError: No such tool.
        """
        if mode != "live" and cassette is None:
            raise ConfigError(f"mode {mode!r} needs a cassette")
        if len(set(names)) != len(names):
            raise ConfigError(f"tools {', '.join(names)} name one tool twice")
        tools = [load_plugin(shelf, name, "TOOL", Tool) for name in names]
        if mode != "replay":  # a replay runs no tool, so it needs none of their packages
            _check_ready(tools)
        hosts = [ToolHost(shelf) for _ in range(max(1, processes))]
        try:
            yield cls(tools, cassette=cassette, mode=mode, hosts=hosts, seconds=seconds)
        finally:
            for host in hosts:
                await host.close()
            if mode == "record" and cassette is not None:
                await asyncio.to_thread(cassette.flush)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The open tools, in the order they were named."""
        return tuple(self._tools.values())

    async def call(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], files: ToolFiles, log: list[ToolCall]
    ) -> ToolResult:
        """Call tool ``name`` as Python code does, over the files of one trajectory.

        Args:
            name: The tool.
            args: Positional arguments, JSON values.
            kwargs: Named arguments, JSON values.
            files: The trajectory's folder; pictures the tool writes land there as ``crop_1.png``,
                ``crop_2.png``, ... by what is already in it.
            log: Gets one entry, whatever happens.

        Raises:
            ToolError: For the agent: wrong arguments, a refusal of the tool, a crash, a timeout.
            ArtifactError: ``replay`` mode, and the call was never recorded.
        """
        tool = self._tools.get(name)
        version = tool.version if tool else 0
        written = json.dumps([list(args), dict(kwargs)], sort_keys=True, default=repr)
        key = ""
        try:
            if tool is None:
                raise ToolError(f"there is no tool {name!r}; there is: {', '.join(self._tools)}")
            arguments = tool.bind(tuple(args), dict(kwargs))
            written = _arguments_json(tool, arguments)
            given = await asyncio.to_thread(_given, tool, arguments, files)
            key = _key(tool, written, given)
            async with self._under_way.setdefault(key, asyncio.Lock()):
                recording = await self._recorded(tool, arguments, given, files, key, written)
            if recording.error:
                raise ToolError(recording.error)
            result = await asyncio.to_thread(_laid_out, recording, files)
        except (ToolError, ArtifactError) as exc:
            log.append(ToolCall(tool=name, version=version, arguments_json=written, cassette_key=key, error=str(exc)))
            raise
        log.append(ToolCall(tool=name, version=version, arguments_json=written, cassette_key=key, error=""))
        return result

    async def _recorded(
        self, tool: Tool, arguments: Arguments, given: dict[str, bytes], files: ToolFiles, key: str, written: str
    ) -> Recording:
        cassette = None if self._mode == "live" else self._cassette
        known = cassette.get(key) if cassette is not None else None
        if known is not None:
            return known
        if self._mode == "replay":
            raise ArtifactError(
                f"no recording of {tool.name} version {tool.version} with {written} on these files; record it first"
            )
        outcome = await self._run(tool, arguments, given, files)
        recording = Recording(
            key=key,
            tool=tool.name,
            version=tool.version,
            arguments_json=written,
            value_json=outcome.value_json,
            images=outcome.images,
            files=tuple(RecordedFile(name=name, data=data) for name, data in outcome.files),
            error=outcome.error,
        )
        return recording if cassette is None else cassette.put(recording)

    async def _run(self, tool: Tool, arguments: Arguments, given: dict[str, bytes], files: ToolFiles) -> Outcome:
        if not tool.heavy:
            try:
                async with asyncio.timeout(self._seconds):
                    return await asyncio.to_thread(run_tool, tool, arguments, given, files.root)
            except TimeoutError as exc:
                raise ToolError(f"{tool.name} took longer than {self._seconds:.0f} s") from exc
            except MemoryError as exc:
                raise ToolError(f"{tool.name} ran out of memory on this input") from exc
        host = await self._hosts.get()
        try:
            return await host.call(tool, arguments, given, files.root, self._seconds)
        finally:
            self._hosts.put_nowait(host)


def _check_ready(tools: Sequence[Tool]) -> None:
    lacking = {tool.name: tool.missing() for tool in tools}
    words = [f"{name}: {what}" for name, what in lacking.items() if what]
    if words:
        raise ConfigError(f"tools are not ready: {'; '.join(words)}")


def _arguments_json(tool: Tool, arguments: Arguments) -> str:
    try:
        return canonical_json(arguments)
    except ValueError as exc:
        raise ToolError(f"{tool.name}: numbers must be finite") from exc


def _given(tool: Tool, arguments: Arguments, files: ToolFiles) -> dict[str, bytes]:
    """Files the call may read: those its arguments name; all, for a tool that takes media but names no file."""
    named = tool.file_arguments()
    if named:
        values = [getattr(arguments, field) for field in named]
        return {name: files.read(name) for name in _flat(values)}
    if not tool.media_in:
        return {}
    found: dict[str, bytes] = {}
    for name in sorted(path.name for path in files.root.iterdir()):
        try:
            found[name] = files.read(name)
        except ToolError:  # a link, a folder, a file over the limit: not there for tools
            logger.debug("%s does not see %s", tool.name, name)
    return found


def _flat(values: Sequence[str | Sequence[str] | None]) -> list[str]:
    """Names in file arguments, each of which is a name, several, or not given."""
    lists = [[value] if isinstance(value, str) else list(value or ()) for value in values]
    return [name for names in lists for name in names]


def _key(tool: Tool, arguments_json: str, given: Mapping[str, bytes]) -> str:
    digests = {name: sha256_hex(data) for name, data in given.items()}
    return fingerprint({"tool": tool.name, "version": tool.version, "arguments": arguments_json, "files": digests})


def _laid_out(recording: Recording, files: ToolFiles) -> ToolResult:
    """Write the recorded files into the folder, and name them in the result as they came to be named."""
    taken = {path.name for path in files.root.iterdir()}
    names: dict[str, str] = {}
    for file in recording.files:
        names[file.name] = files.write(_free_name(file.name, taken), file.data)
        taken.add(names[file.name])
    value = _renamed(json.loads(recording.value_json), names)
    return ToolResult(value=value, images=tuple(names[name] for name in recording.images))


def _free_name(name: str, taken: set[str]) -> str:
    stem, _, extension = name.rpartition(".")
    number = 1
    while f"{stem}_{number}.{extension}" in taken:
        number += 1
    return f"{stem}_{number}.{extension}"


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    return value
