"""Read a web page through a reader endpoint that the user sets; this process never opens an address an agent names."""

import contextlib
import ipaddress
from email.message import Message
from urllib.parse import quote, urlsplit

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._backings.backing import backing_of, identity_of, not_configured
from journeyman.tools._backings.endpoint import get_bytes
from journeyman.tools._documents.plain import read_plain

PAGE_CHARACTERS = 8000
"""Longer texts are cut into pages: they stand in the agent's context from then on."""
MOST_BYTES = 8_000_000
SECONDS = 50.0
_TEXT_KINDS = ("application/json", "application/xhtml+xml", "application/xml", "application/markdown")
_INNER_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa")
"""Last labels of names that no public host has."""


class VisitPageArguments(Arguments):
    """Which page, and which part of it."""

    url: str = Field(description="address of the page, http or https", min_length=1, max_length=2000)
    page: int = Field(default=1, ge=1, description=f"part of the text, {PAGE_CHARACTERS} characters each")


def run(arguments: VisitPageArguments, files: ToolFiles) -> ToolResult:  # noqa: ARG001 - every tool's signature
    """The page as text, one part of it; the last line says which part when there are several."""
    backing = backing_of("visit_page")
    key = backing.api_key.get_secret_value() if backing.api_key else ""
    join = "&" if "?" in backing.url else "?"
    body, kind = get_bytes(
        f"{backing.url}{join}url={quote(_public(arguments.url), safe='')}",
        headers={"Accept": "text/markdown, text/plain, text/html"}
        | ({"Authorization": f"Bearer {key}"} if key else {}),
        seconds=SECONDS,
        most_bytes=MOST_BYTES,
    )
    return ToolResult(value=_part(_text(body, kind, arguments.url), arguments.page, arguments.url))


def _public(url: str) -> str:
    """``url`` if it names a host of the public web.

    The reader is asked to open it, perhaps from inside the user's network: hosts of that network
    are refused by name and number. What a public name resolves to is the reader's to check.

    Raises:
        ToolError: Not http or https, with a user name, or of an inner host.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        usable = parts.scheme in ("http", "https") and parts.port != 0 and parts.username is None
    except ValueError:
        host, usable = "", False
    # Signs that one parser skips and the next one stops at hide the true host.
    if not usable or not url.isprintable() or any(sign in url for sign in " \\"):
        raise ToolError(f"{url[:200]!r} is no address of a web page, e.g. https://example.org/page")
    if not _is_public(host):
        raise ToolError(f"{host!r} is no host of the public web")
    return url


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        _, dot, last = host.rpartition(".")
        # 127.1, 0x7f.1 and 2130706433 are addresses to many a resolver: no public name ends in a number.
        return bool(dot) and not last[:1].isdigit() and last not in _INNER_NAMES


def _text(body: bytes, kind: str, url: str) -> str:
    """What the reader gave, as text.

    Raises:
        ToolError: Not text, or empty.
    """
    header = Message()
    header["Content-Type"] = kind or "text/plain"
    named = header.get_content_type()
    if not named.startswith("text/") and named not in _TEXT_KINDS:
        raise ToolError(f"{url} is {named}, not text")
    # Without a charset, or with one that Python has no text codec for, read_plain tells from the bytes.
    with contextlib.suppress(LookupError, UnicodeError):
        body = body.decode(header.get_content_charset() or "", errors="replace").encode()
    _, section = read_plain(body, "page.html" if "html" in named else "page.txt")
    text = section.text.strip()
    if not text:
        raise ToolError(f"{url} has no text")
    return text


def _part(text: str, page: int, url: str) -> str:
    pages = -(-len(text) // PAGE_CHARACTERS)
    if page > pages:
        raise ToolError(f"{url} has {pages} page{'s' * (pages > 1)}; there is no page {page}")
    part = text[(page - 1) * PAGE_CHARACTERS : page * PAGE_CHARACTERS]
    return part if pages == 1 else f"{part}\n[page {page} of {pages}]"


TOOL = Tool(
    name="visit_page",
    version=1,
    summary="Reads a web page as text through the reader endpoint that the user sets (GET reader?url=...).",
    description="Read a web page as text.",
    arguments=VisitPageArguments,
    returns="str",
    result=str,
    example={"url": "https://example.org"},
    run=run,
    licence="that of the page",
    heavy=True,
    backing=identity_of("visit_page"),
    missing=not_configured("visit_page", "url"),
    covers=(Covers("MAT", "ask_search_agent", "reads one page; web_search finds it, the agent answers"),),
)
