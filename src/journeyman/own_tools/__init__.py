"""The user's own tools: an MCP server's, or the functions of a Python file.

They become ``Tool`` objects like those on the shelf: the agent cannot tell them apart, calls are
recorded and replayed alike, and files go in and out by name.
"""

from journeyman.own_tools.opening import open_own_tools

__all__ = ["open_own_tools"]
