"""Files that are text: csv, json, html, xml and the rest."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import PurePath
from typing import Any

from journeyman.errors import ToolError
from journeyman.tools._documents.html import read_html
from journeyman.tools._documents.markdown import markdown_table
from journeyman.tools._documents.section import Section
from journeyman.tools._documents.xml import read_xml

MAX_JSON_CHARACTERS = 5_000_000
"""Of a json that is written out; what is longer is cut, and says so."""
_SNIFFED = 4096
_NAMED = 5
"""Duplicate keys named in a note."""
_UTF16_SHARE = 0.7
"""Latin text in UTF-16 has a NUL in nearly every second byte."""
_HTML_START = re.compile(r"(?is)\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html)[\s>]")
_XML_START = re.compile(r"\A\s*<\?xml\s")


def read_plain(data: bytes, name: str) -> tuple[str, Section]:
    """Kind and content of a text file.

    Raises:
        ToolError: Not text (NUL bytes), or json, xml or csv that does not parse.
    """
    text = _decoded(data, name)
    extension = PurePath(name).suffix.lower()
    if extension == ".json":
        return "json", Section("", _json(text, name))
    if extension in (".html", ".htm", ".xhtml") or _HTML_START.match(text[:_SNIFFED]):
        return "html", Section("", read_html(text))
    if extension == ".xml" or _XML_START.match(text[:100]):
        return "xml", Section("", read_xml(data, name))
    if extension in (".csv", ".tsv"):
        return "csv", Section("", _csv(text, name))
    return "text", Section("", text)


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        return _utf16_without_mark(data, name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Files put together from several sources hold lines of both; what is not UTF-8 in an
        # office is nearly always Windows' Western code page.
        return "".join(map(_decoded_line, data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)))


def _decoded_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _utf16_without_mark(data: bytes, name: str) -> str:
    sample = data[:_SNIFFED]
    for order, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        high, low = sample[first::2], sample[1 - first :: 2]
        if high and high.count(0) >= _UTF16_SHARE * len(high) and not low.count(0):
            return data.decode(order, errors="replace")
    raise ToolError(f"{name} has NUL bytes: it is damaged, or not a text file")


def _json(text: str, name: str) -> str:
    twice: dict[str, None] = {}

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(items)
        if len(value) < len(items):
            counts = Counter(key for key, _ in items)
            twice.update((key, None) for key, count in counts.items() if count > 1)
        return value

    try:
        value = json.loads(text, object_pairs_hook=pairs)
        written = _capped(json.JSONEncoder(indent=1, ensure_ascii=False).iterencode(value))
    except RecursionError as exc:
        raise ToolError(f"{name} is not valid json that can be read: it is nested too deep") from exc
    except ValueError as exc:
        raise ToolError(f"{name} is not valid json: {exc}") from exc
    if twice:
        keys = ", ".join(list(twice)[:_NAMED]) + (f" and {len(twice) - _NAMED} more" if len(twice) > _NAMED else "")
        written += f"\n[keys given twice, of which the last value is shown: {keys}]"
    return written


def _capped(pieces: Any) -> str:
    kept: list[str] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > MAX_JSON_CHARACTERS:
            kept.append(f"\n[cut after {MAX_JSON_CHARACTERS:,} characters]")
            break
    return "".join(kept)


def _csv(text: str, name: str) -> str:
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:_SNIFFED], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        return markdown_table(csv.reader(io.StringIO(text), dialect))
    except csv.Error as exc:
        raise ToolError(f"{name} is not a csv that can be read: {exc}") from exc
