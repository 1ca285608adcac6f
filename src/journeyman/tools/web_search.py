"""Search the web through the SearXNG instance, or another server of its JSON interface, that the user sets."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads typing's own from Python 3.12 on

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._backings.backing import backing_of, identity_of, not_configured
from journeyman.tools._backings.endpoint import get_bytes

MOST_RESULTS = 20
MAX_TEXT_CHARACTERS = 500
"""Of one result's excerpt."""
MAX_TITLE_CHARACTERS = 200
MOST_BYTES = 8_000_000
SECONDS = 40.0


class WebSearchArguments(Arguments):
    """What to look for."""

    query: str = Field(description="words to look for", min_length=1, max_length=500)
    top: int = Field(default=5, ge=1, le=MOST_RESULTS, description="results wanted")


class Found(TypedDict):
    """One result."""

    title: str
    url: str
    text: str


def run(arguments: WebSearchArguments, files: ToolFiles) -> ToolResult:  # noqa: ARG001 - every tool's signature
    """The first results, best first; empty when the engines found nothing."""
    query = " ".join(arguments.query.split())
    if not query:
        raise ToolError("query is blank; give the words to look for")
    backing = backing_of("web_search")
    key = backing.api_key.get_secret_value() if backing.api_key else ""
    body, _ = get_bytes(
        f"{backing.url.rstrip('/')}/search?{urlencode({'q': query, 'format': 'json'})}",
        headers={"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
        seconds=SECONDS,
        most_bytes=MOST_BYTES,
    )
    return ToolResult(value=_results(body)[: arguments.top])


def _results(body: bytes) -> list[Found]:
    """Results with an address, each address once.

    Raises:
        ToolError: No JSON of the interface; or nothing found while engines failed, which is not nothing there.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise ToolError("the search endpoint answered something that is no JSON") from exc
    results = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(results, list):
        raise ToolError("the search endpoint's answer has no list of results; SearXNG needs `json` among its formats")
    found: dict[str, Found] = {}
    for result in results:
        url = result.get("url") if isinstance(result, Mapping) else None
        if isinstance(url, str) and url.startswith(("http://", "https://")):
            url, title, text = (_line(result.get(field)) for field in ("url", "title", "content"))
            found.setdefault(url, Found(title=title[:MAX_TITLE_CHARACTERS], url=url, text=text[:MAX_TEXT_CHARACTERS]))
    if not found and answer.get("unresponsive_engines"):
        raise ToolError("no search engine answered; try again later")
    return list(found.values())


def _line(value: Any) -> str:
    """``value`` on one line; half of a character pair is no text that can be stored."""
    return " ".join(value.encode(errors="replace").decode().split()) if isinstance(value, str) else ""


TOOL = Tool(
    name="web_search",
    version=1,
    summary="Searches the web through the SearXNG-compatible JSON endpoint that the user sets.",
    description="Search the web.",
    arguments=WebSearchArguments,
    returns="list of {title, url, text}",
    result=list[Found],
    example={"query": "height of the Eiffel Tower", "top": 3},
    run=run,
    licence="that of the pages found",
    heavy=True,
    backing=identity_of("web_search"),
    missing=not_configured("web_search", "url"),
    covers=(
        Covers("GTA", "GoogleSearch", "the engines that the endpoint asks, Google only if it does"),
        Covers("MAT", "ask_search_agent", "gives results, no answer made of them; visit_page reads them"),
    ),
)
