"""Files that are text: csv, json, html and the rest."""

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import PurePath

from journeyman.errors import ToolError
from journeyman.tools._document import Section
from journeyman.tools._markdown import markdown_table

_SKIPPED_TAGS = frozenset({"script", "style", "template", "noscript"})
_BLOCK_TAGS = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "title", "pre"}
)


def read_plain(data: bytes, name: str) -> tuple[str, Section]:
    """Kind and content of a text file.

    Raises:
        ToolError: Not text (NUL bytes), or json or csv that does not parse.
    """
    text = _decoded(data, name)
    extension = PurePath(name).suffix.lower()
    if extension == ".json":
        return "json", Section("", _json(text, name))
    if extension in (".html", ".htm") or text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
        return "html", Section("", _html(text))
    if extension in (".csv", ".tsv"):
        return "csv", Section("", _csv(text, name))
    return "text", Section("", text)


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise ToolError(f"{name} has NUL bytes: it is damaged, or not a text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What is not UTF-8 in an office is nearly always Windows' Western code page.
        return data.decode("cp1252", errors="replace")


def _json(text: str, name: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ToolError(f"{name} is not valid json: {exc}") from exc
    return json.dumps(value, indent=1, ensure_ascii=False)


def _csv(text: str, name: str) -> str:
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        return markdown_table(csv.reader(io.StringIO(text), dialect))
    except csv.Error as exc:
        raise ToolError(f"{name} is not a csv that can be read: {exc}") from exc


def _html(text: str) -> str:
    reader = _HtmlText()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


class _HtmlText(HTMLParser):
    """Collects what a browser would show: headings marked, table rows as ``| a | b |``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - parser's signature
        if tag in _SKIPPED_TAGS:
            self._skipping += 1
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag == "tr":
            self.parts.append("\n|")
        elif tag in _BLOCK_TAGS:
            heading = "#" * int(tag[1]) + " " if len(tag) == 2 and tag[0] == "h" else ""
            self.parts.append("\n" + heading + ("- " if tag == "li" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED_TAGS:
            self._skipping = max(0, self._skipping - 1)
        elif tag in ("td", "th"):
            self.parts.append(" |")
        elif tag in _BLOCK_TAGS or tag == "table":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            # Line breaks of the source are spaces; only tags break lines.
            self.parts.append(data.replace("\n", " "))
