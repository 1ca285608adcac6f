"""Streamable HTTP for the tool server: one address, a bearer token on every request."""

import hmac
import json
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from mcp.server import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from journeyman.errors import ConfigError

PATH = "/mcp"
REQUEST_BYTES = 96 * 2**20
"""A file of 64 MB in base64."""
MAX_SESSIONS = 64
IDLE_SECONDS = 30 * 60.0
"""A session without a request for this long ends, and its folder with it."""
STOP_SECONDS = 5


async def serve_http(
    server: Server[Any],
    *,
    host: str,
    port: int,
    token: str,
    security: TransportSecuritySettings,
    listening: Callable[[str], None],
) -> None:
    """Serve until the process is told to end.

    Args:
        server: What is served.
        host: Address to listen on.
        port: 0 takes a free one.
        token: What clients must send.
        security: Host and Origin headers that are let in.
        listening: Gets the URL once connections are taken.

    Raises:
        ConfigError: The address cannot be listened on.
    """
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=security,
        max_request_body_size=REQUEST_BYTES,
        max_sessions=MAX_SESSIONS,
        session_idle_timeout=IDLE_SECONDS,
    )
    listener = _listener(host, port)
    with listener:
        shown = f"[{host}]" if ":" in host else host
        listening(f"http://{shown}:{listener.getsockname()[1]}{PATH}")
        config = uvicorn.Config(
            TokenRequired(app, token),
            ws="none",
            log_level="warning",
            timeout_graceful_shutdown=STOP_SECONDS,
            server_header=False,
        )
        await uvicorn.Server(config).serve(sockets=[listener])


class TokenRequired:
    """Lets a request through only with the token; what is behind sees no other."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        # In constant time: how far a guess matches must not show.
        if scope["type"] == "http" and len(given) == 1 and hmac.compare_digest(given[0], self._wanted):
            await self._app(scope, receive, send)
            return
        body = json.dumps({"error": "send the token as Authorization: Bearer"}).encode()
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as exc:
        raise ConfigError(f"cannot listen on {host}, port {port}: {exc}") from exc
