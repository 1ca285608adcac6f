"""Our shelf over MCP: desktop clients and other agents call the tools that our agents are trained on."""

from journeyman.tool_server.serve import serve

__all__ = ["serve"]
