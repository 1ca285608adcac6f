"""Read the ``mcpServers`` JSON that desktop clients use: which servers there are and how to reach them."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journeyman.errors import ConfigError

CALL_SECONDS = 60.0
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class _Server(BaseModel):
    # Values of env and headers are secrets: pydantic's own messages would quote them.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    disabled: bool = False
    timeout: float = Field(default=CALL_SECONDS, gt=0, le=3600)
    """Seconds one call may take."""
    tools: tuple[str, ...] = ()
    """Names of the server's tools to use; empty for all."""


class StdioServer(_Server):
    """A server that is started as a child process and spoken to over its stdin and stdout."""

    type: Literal["stdio"] = "stdio"
    command: str = Field(min_length=1)
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    """Variables it gets besides ``PATH``, ``HOME`` and the like; nothing else of ours is passed on."""
    cwd: Path = Path()
    """Relative to the folder of the configuration, which is also the default."""


class HttpServer(_Server):
    """A server that runs elsewhere and is spoken to over streamable HTTP."""

    type: Literal["http", "streamable-http"] = "http"
    url: str = Field(pattern=r"^https?://", repr=False)
    headers: dict[str, str] = Field(default_factory=dict, repr=False)


Server = StdioServer | HttpServer


def read_config(path: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Server]:
    """Servers of ``path`` that are not disabled, by name; what is disabled is not read.

    Args:
        path: The JSON file.
        environment: What ``${NAME}`` and ``${NAME:-default}`` in values stand for.

    Raises:
        ConfigError: Not JSON, not of the form, an unknown key, or a variable that is not set; no
            message quotes a value of ``env`` or ``headers``.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}") from exc
    try:
        content = json.loads(text)
    except ValueError as exc:
        raise ConfigError(f"{path} is not JSON: {exc}") from exc
    if not isinstance(content, dict) or not isinstance(content.get("mcpServers"), dict):
        raise ConfigError(f'{path} must be {{"mcpServers": {{"name": {{"command": ...}} or {{"url": ...}}}}}}')
    others = sorted(content.keys() - {"mcpServers"})
    if others:
        raise ConfigError(f"{path}: unknown key {others[0]!r} beside mcpServers")
    used = {
        name: _server(f"{path}: server {name!r}", raw, environment, path.parent)
        for name, raw in content["mcpServers"].items()
        # Not even looked at: what a disabled server needs may not be there.
        if not (isinstance(raw, dict) and raw.get("disabled") is True)
    }
    if not used:
        raise ConfigError(f"{path} names no server that is not disabled")
    return used


def _server(where: str, raw: Any, environment: Mapping[str, str], folder: Path) -> Server:
    if not isinstance(raw, dict):
        raise ConfigError(f"{where} must be an object with a command or a url")
    if raw.get("type") == "sse":
        raise ConfigError(f"{where}: the sse transport was withdrawn from MCP; use the server's streamable HTTP url")
    if ("command" in raw) == ("url" in raw):
        raise ConfigError(f"{where} needs either a command or a url")
    kind = StdioServer if "command" in raw else HttpServer
    try:
        server = kind.model_validate(_filled_in(raw, where, environment))
    except ValidationError as exc:
        raise ConfigError(f"{where}: {_words(exc, kind)}") from None  # its own text would quote values
    if isinstance(server, HttpServer):
        return server
    return server.model_copy(update={"cwd": (folder / server.cwd).resolve()})


def _filled_in(value: Any, where: str, environment: Mapping[str, str]) -> Any:
    """``value`` with every ``${NAME}`` in its texts replaced."""
    if isinstance(value, dict):
        return {key: _filled_in(item, where, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item, where, environment) for item in value]
    if not isinstance(value, str):
        return value

    def replace(found: re.Match[str]) -> str:
        name, default = found.groups()
        if name in environment:
            return environment[name]
        if default is None:
            raise ConfigError(f"{where} needs the environment variable {name}, which is not set")
        return default

    return _VARIABLE.sub(replace, value)


def _words(error: ValidationError, kind: type[Server]) -> str:
    parts = []
    for one in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in one["loc"])
        if one["type"] == "extra_forbidden":
            parts.append(f"unknown key {key!r}; known are {', '.join(kind.model_fields)}")
        else:
            parts.append(f"{key}: {one['msg']}")
    return "; ".join(parts)
