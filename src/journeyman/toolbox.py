"""The tools of a run, open for calls: binds arguments, replays what was recorded, runs the rest, logs all.

A result depends only on the tool, its version, what backs it, its arguments and the bytes it read.
That is the key of its recording, and it is why a replayed trajectory sees what the first one saw,
bit for bit.
"""

import asyncio
import json
import logging
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal, NoReturn

from journeyman.errors import ArtifactError, ConfigError, ToolError, ToolUnavailableError
from journeyman.host_pool import HostPool, shared_pool
from journeyman.own_tools import open_own_tools
from journeyman.own_tools.foreign import ForeignTool
from journeyman.plugins import load_plugin
from journeyman.schema.record import canonical_json, fingerprint, sha256_hex
from journeyman.schema.trajectory import ToolCall
from journeyman.storage.cassette import Cassette, RecordedFile, Recording
from journeyman.storage.tool_results import ToolResults
from journeyman.tool import Arguments, Tool, ToolCard, ToolFiles, ToolResult
from journeyman.tool_faults import NO_FAULTS, Fault, ToolFaults
from journeyman.tool_run import Outcome, run_tool

logger = logging.getLogger(__name__)

Mode = Literal["live", "record", "replay", "replay_else_record"]

SHELF = "journeyman.tools"
CALL_SECONDS = 60.0
"""Wall time of one call, the loading of its model included."""


class Toolbox:
    """Open tools. Many trajectories call them at once, each through a session of its own."""

    def __init__(
        self,
        tools: Mapping[str, tuple[Tool, str]],
        *,
        cassette: Cassette | None,
        results: ToolResults | None,
        mode: Mode,
        faults: ToolFaults,
        hosts: HostPool,
        seconds: float,
    ) -> None:
        """Args: tools: By name, each with the shelf it is on; the rest as :meth:`open` takes it."""
        self._tools = dict(tools)
        self._cassette = cassette
        self._results = results
        self._mode = mode
        self._hosts = hosts
        self.faults = faults
        self.seconds = seconds
        # One lock a key under way: of ten trajectories that read one picture the first one pays.
        self._under_way: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        names: Sequence[str],
        *,
        own_tools: str = "",
        cassette: Cassette | None = None,
        results: ToolResults | None = None,
        mode: Mode = "live",
        faults: ToolFaults = NO_FAULTS,
        hosts: HostPool | None = None,
        shelf: str = SHELF,
        seconds: float = CALL_SECONDS,
    ) -> AsyncIterator["Toolbox"]:
        """Open the tools ``names``; on leaving, own servers are ended and new recordings flushed.

        Args:
            names: Plugins on ``shelf``, in the order the agent is told of them.
            own_tools: The user's mcpServers JSON or Python file; all its tools are opened too.
            cassette: Recordings, preloaded by the caller.
            results: Results of heavy tools that all runs share.
            mode: ``live`` runs every call and keeps nothing; ``record`` runs and records every call;
                ``replay`` runs nothing; ``replay_else_record`` replays what is recorded and records the rest.
            faults: Faults to put into calls; recordings stay true.
            hosts: Processes for heavy tools; None takes those that this process shares.
            shelf: Package that holds the tools.
            seconds: Wall time of one call.

        Raises:
            ConfigError: A name twice, no cassette or one that is not empty for the mode, or a tool
                that is not ready; the message says what to set.
            UnknownPluginError: No such tool.
        """
        _check_cassette(mode, cassette)
        tools = [(load_plugin(shelf, name, "TOOL", Tool), shelf) for name in names]
        if mode != "replay":  # a replay runs no tool, so it needs none of their packages
            _check_ready([tool for tool, _ in tools])
        pool = hosts or shared_pool()
        async with AsyncExitStack() as stack:
            if own_tools:
                given = await stack.enter_async_context(open_own_tools(Path(own_tools)))
                tools += [(tool, own_tools) for tool in given]
            _check_once([tool.name for tool, _ in tools])
            warming = []
            if mode in ("live", "record") or (mode == "replay_else_record" and not cassette):
                warming = pool.warm([tool for tool, where in tools if where == shelf and tool.heavy], shelf)
            named = {tool.name: (tool, where) for tool, where in tools}
            try:
                yield cls(
                    named, cassette=cassette, results=results, mode=mode, faults=faults, hosts=pool, seconds=seconds
                )
            finally:
                for load in warming:
                    load.cancel()
                if mode in ("record", "replay_else_record") and cassette is not None:
                    await asyncio.to_thread(cassette.flush)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The open tools, in the order they were named."""
        return tuple(tool for tool, _ in self._tools.values())

    @property
    def cards(self) -> tuple[ToolCard, ...]:
        """What the agent is told of the open tools."""
        return tuple(tool.card() for tool in self.tools)

    def session(self, files: ToolFiles) -> "ToolSession":
        """Calls over the files of one trajectory."""
        return ToolSession(self, files)

    def find(self, name: str) -> Tool:
        """The open tool ``name``.

        Raises:
            ToolError: It is not open; names those that are.
        """
        if name not in self._tools:
            raise ToolError(f"there is no tool {name!r}; there is: {', '.join(self._tools)}")
        return self._tools[name][0]

    async def recording(
        self, tool: Tool, arguments: Arguments, written: str, given: Mapping[str, bytes], key: str, root: Path
    ) -> Recording:
        """What the call gives: replayed where it is recorded, and else run.

        Raises:
            ToolError: A crash, a timeout or a tool that is out of order: nothing to record.
            ArtifactError: ``replay`` mode, and the call was never recorded.
        """
        async with self._under_way.setdefault(key, asyncio.Lock()):
            known = await self._known(tool, key)
            if known is not None:
                return known
            if self._mode == "replay":
                raise ArtifactError(
                    f"no recording of {tool.name} version {tool.version} with {written} on these files; record it first"
                )
            outcome = await self._run(tool, arguments, given, key, root)
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
            if self._mode == "live" or self._cassette is None:
                return recording
            if tool.heavy and self._results is not None:
                await asyncio.to_thread(self._results.put, recording)
            return self._cassette.put(recording)

    async def _known(self, tool: Tool, key: str) -> Recording | None:
        if self._mode == "live" or self._cassette is None:
            return None
        known = self._cassette.get(key)
        if known is not None or not tool.heavy or self._results is None or self._mode != "replay_else_record":
            return known
        shared = await asyncio.to_thread(self._results.get, key)
        return self._cassette.put(shared) if shared is not None else None

    async def _run(self, tool: Tool, arguments: Arguments, given: Mapping[str, bytes], key: str, root: Path) -> Outcome:
        if isinstance(tool, ForeignTool):
            return await tool.ask(arguments, given)
        if tool.heavy:
            shelf = self._tools[tool.name][1]
            return await self._hosts.call(tool, shelf, arguments, given, root, key=key, seconds=self.seconds)
        try:
            async with asyncio.timeout(self.seconds):
                return await asyncio.to_thread(run_tool, tool, arguments, given, root)
        except TimeoutError as exc:
            raise ToolUnavailableError(f"{tool.name} took longer than {self.seconds:.0f} s") from exc
        except MemoryError as exc:
            raise ToolUnavailableError(f"{tool.name} ran out of memory on this input") from exc


class ToolSession:
    """The tool calls of one trajectory, over its folder; ``log`` is the truth of what was called."""

    def __init__(self, toolbox: Toolbox, files: ToolFiles) -> None:
        self.log: list[ToolCall] = []
        """One entry a call, whatever came of it."""
        self._toolbox = toolbox
        self._files = files
        self._made: Counter[str] = Counter()

    async def call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> ToolResult:
        """Call tool ``name`` as Python code does; files that it writes land in the folder under free names.

        Args:
            name: The tool.
            args: Positional arguments, JSON values.
            kwargs: Named arguments, JSON values.

        Raises:
            ToolError: For the agent: wrong arguments, a refusal of the tool, a crash, a timeout.
            ArtifactError: ``replay`` mode, and the call was never recorded.
        """
        written = json.dumps([list(args), dict(kwargs)], sort_keys=True, default=repr)
        entry = ToolCall(tool=name, version=0, arguments_json=written, cassette_key="", error="", fault="")
        try:
            tool = self._toolbox.find(name)
            entry = entry.model_copy(update={"version": tool.version})
            arguments = tool.bind(tuple(args), dict(kwargs))
            written = _arguments_json(tool, arguments)
            entry = entry.model_copy(update={"arguments_json": written})
            given = await asyncio.to_thread(_given, tool, arguments, self._files)
            key = _key(tool, written, given)
            fault = self._toolbox.faults.draw(key, self._made[key])
            entry = entry.model_copy(update={"cassette_key": key, "fault": fault or ""})
            self._made[key] += 1
            recording = await self._toolbox.recording(tool, arguments, written, given, key, self._files.root)
            if fault is not None:
                recording = self._spoilt(recording, fault)
            if recording.error:
                raise ToolError(recording.error)
            result = await asyncio.to_thread(_laid_out, recording, self._files)
        except (ToolError, ArtifactError) as exc:
            self.log.append(entry.model_copy(update={"error": str(exc)}))
            raise
        self.log.append(entry)
        return result

    def refuse(
        self, tool: str, args: Sequence[Any], kwargs: Mapping[str, Any], *, fault: Fault, name: str = ""
    ) -> NoReturn:
        """Have a call of ``tool`` fail by ``fault`` though nothing is run; ``name`` is what its caller knows it by.

        Raises:
            ToolError: Always; what the agent is told of such a fault.
        """
        error = self._toolbox.faults.error(fault, name or tool, self._toolbox.seconds)
        written = json.dumps([list(args), dict(kwargs)], sort_keys=True, default=repr)
        self.log.append(
            ToolCall(tool=tool, version=0, arguments_json=written, cassette_key="", error=error, fault=fault)
        )
        raise ToolError(error)

    def _spoilt(self, recording: Recording, fault: Any) -> Recording:
        faults, attempt = self._toolbox.faults, self._made[recording.key] - 1
        error = faults.error(fault, recording.tool, self._toolbox.seconds)
        if error or recording.error:
            return recording.model_copy(update={"error": error or recording.error})
        value_json = faults.spoilt(fault, recording.value_json, recording.key, attempt)
        return recording.model_copy(update={"value_json": value_json, "files": (), "images": ()})


def _check_cassette(mode: Mode, cassette: Cassette | None) -> None:
    if mode == "live":
        return
    if cassette is None:
        raise ConfigError(f"mode {mode!r} needs a cassette")
    if mode == "record" and len(cassette):
        raise ConfigError(
            f"cassette {cassette.scope!r} holds {len(cassette)} recordings, which are never overwritten; "
            "record under another scope, or use replay_else_record"
        )


def _check_once(names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise ConfigError(f"tools {', '.join(names)} name one tool twice")


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
        # Not by attribute: an argument of another process may be named like one of pydantic's own.
        written = arguments.model_dump(mode="json")
        values = [written.get(field) for field in named]
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
    parts = {"tool": tool.name, "version": tool.version, "arguments": arguments_json, "files": digests}
    backing = tool.backing()
    return fingerprint(parts | {"backing": backing} if backing else parts)


def _laid_out(recording: Recording, files: ToolFiles) -> ToolResult:
    """Write the recorded files into the folder, and name them in the result as they came to be named."""
    taken = {path.name for path in files.root.iterdir()}
    asked = {file.name for file in recording.files}
    names: dict[str, str] = {}
    for file in recording.files:
        names[file.name] = files.write(_free_name(_asked_name(file.name, asked), taken), file.data)
        taken.add(names[file.name])
    value = _renamed(json.loads(recording.value_json), names)
    return ToolResult(value=value, images=tuple(names[name] for name in recording.images))


def _asked_name(name: str, names: set[str]) -> str:
    """``mask.png`` for ``mask_2.png``, if a tool that wrote several ``mask.png`` is where the number comes from."""
    stem, _, extension = name.rpartition(".")
    base, _, number = stem.rpartition("_")
    plain = f"{base}.{extension}"
    return plain if number.isdigit() and plain in names else name


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
