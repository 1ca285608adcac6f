"""The model or endpoint that the user set for a tool, or words that say what to set."""

from collections.abc import Callable

from journeyman.errors import ToolError
from journeyman.settings import TOOL_PREFIX, Backing, load_settings


def backing_of(tool: str) -> Backing:
    """What the user set for ``tool``.

    Raises:
        ToolError: Nothing; calls of tools that are not configured are refused before they are made.
    """
    backing = load_settings().tool_backings.get(tool)
    if backing is None or not (backing.url or backing.model):
        raise ToolError(f"{tool} is not configured")
    return backing


def identity_of(tool: str) -> Callable[[], str]:
    """A ``Tool.backing``: which model or endpoint answers for ``tool``; empty while none is set."""

    def identity() -> str:
        backing = load_settings().tool_backings.get(tool)
        return backing.identity() if backing else ""

    return identity


def not_configured(tool: str, *ways: str) -> Callable[[], str]:
    """A ``Tool.missing`` that names what to set until a model or a url is set.

    Args:
        tool: Name of the tool.
        ways: What the tool can be backed by, of ``url`` and ``model``.
    """

    def missing() -> str:
        backing = load_settings().tool_backings.get(tool)
        if backing is not None and any(getattr(backing, way) for way in ways):
            return ""
        return f"not configured: set {' or '.join(f'{TOOL_PREFIX}{tool.upper()}__{way.upper()}' for way in ways)}"

    return missing
