"""What a browser would show of an HTML page, as Markdown."""

from typing import Any

MAX_CHARACTERS = 20_000_000
"""Of the page; the rest is left out, and the text says so. Parsing takes 1 s per 20 million."""

_SKIPPED_TAGS = frozenset({"script", "style", "template", "noscript", "iframe", "object"})
_BLOCK_TAGS = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "title", "pre"}
)


def read_html(text: str) -> str:
    """Headings marked, list items as ``- item``, table rows as ``| a | b |``; scripts and frames are left out.

    Nothing is run or fetched. The parser is libxml2's: the one in the standard library takes quadratic time on
    unclosed comments and tags.
    """
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.HTMLParser(target=_Reader(), encoding="utf-8", huge_tree=True, no_network=True)
    parser.feed(text[:MAX_CHARACTERS].replace("\0", "").encode("utf-8", "replace"))
    lines = (" ".join(line.split()) for line in parser.close().splitlines())
    more = f"[only the first {MAX_CHARACTERS:,} characters were read]" if len(text) > MAX_CHARACTERS else ""
    return "\n".join(line for line in [*lines, more] if line)


class _Reader:
    """Collects text as the parser meets it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._skipping = 0

    def start(self, tag: str, _attributes: Any) -> None:
        if tag in _SKIPPED_TAGS:
            self._skipping += 1
        elif tag in ("td", "th"):
            self._parts.append(" ")
        elif tag == "tr":
            self._parts.append("\n|")
        elif tag in _BLOCK_TAGS:
            heading = "#" * int(tag[1]) + " " if len(tag) == 2 and tag[0] == "h" else ""
            self._parts.append("\n" + heading + ("- " if tag == "li" else ""))

    def end(self, tag: str) -> None:
        if tag in _SKIPPED_TAGS:
            self._skipping = max(0, self._skipping - 1)
        elif tag in ("td", "th"):
            self._parts.append(" |")
        elif tag in _BLOCK_TAGS or tag == "table":
            self._parts.append("\n")

    def data(self, data: str) -> None:
        if not self._skipping:
            # Line breaks of the source are spaces; only tags break lines.
            self._parts.append(data.replace("\n", " "))

    def comment(self, _text: str) -> None:
        """Comments are not shown."""

    def close(self) -> str:
        return "".join(self._parts)
