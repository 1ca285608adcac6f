"""Ask the HTTP endpoints that the user set for tools: bounded in time and size, and never led elsewhere.

Only the endpoint that is set is spoken to: redirects are refused, proxies are not used, and no address
that an answer names is opened.
"""

import hashlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from journeyman.errors import ToolError, ToolUnavailableError

MOST_BYTES = 32_000_000
"""Of an answer: a 2048 x 2048 picture as base64 PNG stays below half of it."""
ERROR_LETTERS = 200
"""Of what an endpoint says of its own error."""
_BLOCK_BYTES = 65_536
_OF_THE_CALL = (400, 404, 405, 406, 409, 410, 413, 414, 415, 422)
"""What is wrong with the call itself, and would be again; any other status tells of the endpoint or its key."""


def post_json(url: str, payload: Mapping[str, Any], *, api_key: SecretStr | None = None, seconds: float = 60.0) -> Any:
    """The JSON that the endpoint answers to ``payload``.

    Args:
        url: ``http`` or ``https``.
        payload: Sent as JSON.
        api_key: Sent as ``Authorization: Bearer``; never part of a message.
        seconds: For the whole exchange, from looking up the host to the last byte.

    Raises:
        ToolUnavailableError: No answer in time, a redirect, no JSON, or an error status of the endpoint.
        ToolError: The endpoint refuses this call, or answers with more than ``MOST_BYTES``.
    """
    body = _post(url, json.dumps(payload, allow_nan=False).encode(), "application/json", api_key, seconds)
    return _json(body, url)


def post_form(
    url: str,
    fields: Mapping[str, str],
    files: Mapping[str, bytes],
    *,
    api_key: SecretStr | None = None,
    seconds: float = 60.0,
) -> Any:
    """The JSON that the endpoint answers to a form (``multipart/form-data``) with PNG pictures.

    Args:
        url: ``http`` or ``https``.
        fields: Texts by field name.
        files: PNG files by field name.
        api_key: Sent as ``Authorization: Bearer``; never part of a message.
        seconds: For the whole exchange.

    Raises:
        ToolError: As ``post_json`` does.
    """
    parts = [(f'form-data; name="{name}"', "text/plain; charset=utf-8", text.encode()) for name, text in fields.items()]
    parts += [(f'form-data; name="{name}"; filename="{name}.png"', "image/png", data) for name, data in files.items()]
    # A hash of all parts, so that the boundary occurs in none of them and equal forms are equal bytes.
    border = hashlib.sha256(b"".join(data for _, _, data in parts)).hexdigest()
    body = b"".join(
        f"--{border}\r\nContent-Disposition: {place}\r\nContent-Type: {kind}\r\n\r\n".encode() + data + b"\r\n"
        for place, kind, data in parts
    )
    body += f"--{border}--\r\n".encode()
    answer = _post(url, body, f"multipart/form-data; boundary={border}", api_key, seconds)
    return _json(answer, url)


def get_bytes(
    url: str, *, headers: Mapping[str, str] | None = None, seconds: float = 30.0, most_bytes: int = MOST_BYTES
) -> tuple[bytes, str]:
    """Body and content type, e.g. ``text/html; charset=utf-8``, of what the endpoint answers.

    Args:
        url: ``http`` or ``https``, percent-encoded.
        headers: Sent along; their values are never part of a message.
        seconds: For the whole exchange.
        most_bytes: A longer body is an error.

    Raises:
        ToolError: No answer in time, an error status, a redirect, or over ``most_bytes``.
    """
    secret = (headers or {}).get("Authorization", "").removeprefix("Bearer ")
    return _exchange("GET", url, None, {"Accept": "*/*", **(headers or {})}, seconds, most_bytes, secret)


def _post(url: str, data: bytes, kind: str, api_key: SecretStr | None, seconds: float) -> bytes:
    headers = {"Accept": "application/json", "Content-Type": kind}
    key = api_key.get_secret_value() if api_key else ""
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return _exchange("POST", url, data, headers, seconds, MOST_BYTES, key)[0]


def _exchange(
    method: str,
    url: str,
    data: bytes | None,
    headers: Mapping[str, str],
    seconds: float,
    most_bytes: int,
    secret: str,
) -> tuple[bytes, str]:
    place = _place(url)
    parts = _split(url)
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        # http.client would refuse it too, and print the key.
        raise ToolError(f"the key for {place} holds characters that no HTTP header can carry")
    connection = _connection(parts, seconds)
    late = threading.Event()
    watch: threading.Timer | None = None
    try:
        connection.connect()
        # Taken now: for an answer that ends with the connection, http.client lets go of the socket.
        watch = threading.Timer(seconds, _cut, (connection.sock, late))
        watch.daemon = True
        watch.start()
        connection.request(method, _target(parts), body=data, headers=dict(headers))
        response = connection.getresponse()
        if response.status >= 300:
            raise _refusal(response, place, secret)
        body = _body(response, most_bytes, place)
        if late.is_set():  # a cut connection looks like the end of a body of unknown length
            raise ToolUnavailableError(_too_late(place, seconds))
        return body, response.getheader("Content-Type", "")
    except (OSError, http.client.HTTPException, ValueError) as exc:
        if late.is_set() or isinstance(exc, TimeoutError):
            raise ToolUnavailableError(_too_late(place, seconds)) from exc
        raise ToolUnavailableError(f"{place} gave no answer: {type(exc).__name__}: {_short(str(exc), secret)}") from exc
    finally:
        if watch is not None:
            watch.cancel()
        connection.close()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None:
        raise ToolError("the endpoint's address must be http://host... or https://host..., without name or password")
    return parts


def _place(url: str) -> str:
    """The address without query: what a message may tell."""
    parts = _split(url)
    return f"the endpoint {parts.scheme}://{parts.netloc}{parts.path}"


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _connection(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, parts.port, timeout=seconds)


def _cut(connected: socket.socket, late: threading.Event) -> None:
    """End an exchange whose time is up: the socket's own timeout starts anew with every byte."""
    late.set()
    with suppress(OSError):  # the other side was quicker
        connected.shutdown(socket.SHUT_RDWR)


def _body(response: http.client.HTTPResponse, most_bytes: int, place: str) -> bytes:
    blocks: list[bytes] = []
    size = 0
    while block := response.read(_BLOCK_BYTES):
        blocks.append(block)
        size += len(block)
        if size > most_bytes:
            raise ToolError(f"{place} answered with more than {most_bytes:,} bytes")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(blocks)


def _refusal(response: http.client.HTTPResponse, place: str, secret: str) -> ToolError:
    said = _short(response.read(4 * ERROR_LETTERS).decode(errors="replace"), secret)
    words = {401: " (wrong or no key)", 403: " (this key may not)", 429: " (too many calls; it may work later)"}
    hint = " (redirects are not followed)" if response.status < 400 else words.get(response.status, "")
    kind = ToolError if response.status in _OF_THE_CALL else ToolUnavailableError
    return kind(f"{place} answered HTTP {response.status}{hint}{f': {said}' if said else ''}")


def _too_late(place: str, seconds: float) -> str:
    return f"{place} did not answer within {seconds:g} s"


def _short(text: str, secret: str) -> str:
    """``text`` on one line without the key, which some endpoints repeat."""
    kept = text.replace(secret, "***") if secret else text
    return " ".join("".join(c if c.isprintable() else " " for c in kept).split())[:ERROR_LETTERS]


def _json(body: bytes, url: str) -> Any:
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        start = _short(body[:80].decode(errors="replace"), "")
        raise ToolUnavailableError(f"{_place(url)} answered something that is no JSON: {start!r}") from exc


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
