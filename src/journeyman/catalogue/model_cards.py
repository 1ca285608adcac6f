"""Catalogues of model cards: a folder of Markdown files with YAML front matter, one a model.

The front matter's keys are the model hub's and open: those that say what an API is are used, others are
passed over. Every scalar is read as text (``language: no`` is Norwegian), and aliases are refused.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journeyman.catalogue.entries import Dropped, Entry, drop
from journeyman.catalogue.task_media import is_task
from journeyman.errors import ConfigError

MOST_CARDS = 100_000
CARD_BYTES = 2 * 1024 * 1024
FRONT_MATTER_CHARS = 256 * 1024
DEPTH = 20
"""Of nested YAML."""
DESCRIPTION_CHARS = 2000
"""A first paragraph that is longer is cut at a word."""
EXAMPLE_CHARS = 4000
MOST_TAGS = 30

PLACEHOLDER = "[More Information Needed]"
"""What the hub's template puts where nobody wrote anything."""
_NO_PROSE = ("#", "!", "|", ">", "---", "===", "[![", "- ", "* ", "+ ")
_NOTHING = {"", "null", "~"}
_HEADS = {"readme", "index", "model_card", "modelcard"}


class _CardError(Exception):
    """Why a file is no card; its text is the reason."""


def card_entries(folder: Path, dropped: list[Dropped]) -> Iterator[Entry]:
    """Entries of the .md files in ``folder`` and below it, in the order of their paths.

    Args:
        folder: Cards are ``owner--model.md`` or ``owner/model/README.md``.
        dropped: Files that are no cards are added to it.

    Raises:
        ConfigError: There is no .md file, or there are too many.
    """
    paths = sorted(path for path in folder.rglob("*.md") if path.is_file())
    if not paths:
        raise ConfigError(f"{folder} has no model card; put files like owner--model.md or owner/model/README.md in it")
    if len(paths) > MOST_CARDS:
        raise ConfigError(f"{folder} has {len(paths):,} Markdown files; {MOST_CARDS:,} is the limit")
    for path in paths:
        where = path.relative_to(folder).as_posix()
        try:
            yield Entry(where=where, source=where, given=card_entry(_card_text(path), where))
        except _CardError as exc:
            dropped.append(drop(where, str(exc), where=where, entry=_beginning(path)))


def card_entry(text: str, where: str) -> dict[str, Any]:
    """What a card says, by the keys of an entry.

    Args:
        text: The whole file.
        where: Its path in the catalogue's folder; it gives the name where the front matter has no ``model_id``.
    """
    front, body = _parts(text.replace("\r\n", "\n"))
    domain = _domain(front)
    name = _name(front, where)
    library = _word(front.get("library_name"))
    return {
        "name": name,
        "domain": domain,
        # How the hub itself says that a model of this library is used.
        "call": f'pipeline("{domain}", model="{name}")' if library == "transformers" and domain else "",
        "example": _example(body),
        "description": _description(front, body, known={domain, library}),
        "licence": _word(front.get("license") or front.get("licence")),
        "media_in": front.get("media_in"),
        "media_out": front.get("media_out"),
    }


def _card_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(CARD_BYTES + 1)
    except OSError as exc:
        raise _CardError("card cannot be read") from exc
    if len(data) > CARD_BYTES:
        raise _CardError(f"card is larger than {CARD_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise _CardError("card is not UTF-8") from exc


def _beginning(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(DESCRIPTION_CHARS).decode("utf-8", "replace")
    except OSError as exc:
        return str(exc.strerror)


def _parts(text: str) -> tuple[dict[str, Any], str]:
    """Front matter and Markdown of a card."""
    if not text.startswith("---\n"):
        raise _CardError("no YAML front matter")
    end = text.find("\n---", 3, FRONT_MATTER_CHARS)
    if end < 0:
        raise _CardError("front matter has no end")
    return _front_matter(text[4 : end + 1]), text[end + 4 :].partition("\n")[2]


def _front_matter(text: str) -> dict[str, Any]:
    import yaml

    # Only texts, lists and mappings; libyaml's parser where there is one, since a catalogue has thousands of cards.
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                # A few aliases of aliases are a text of gigabytes.
                raise _CardError("front matter has aliases")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH:
                raise _CardError("front matter is nested too deep")
        front = yaml.load(text, Loader=loader)  # noqa: S506 - makes nothing but texts, lists and mappings
    except (yaml.YAMLError, ValueError) as exc:
        raise _CardError("front matter is no YAML") from exc
    if not isinstance(front, dict):
        raise _CardError("front matter is no mapping")
    return front


def _name(front: Mapping[str, Any], where: str) -> str:
    """``model_id`` or ``name``; else the hub's name that the path tells; else the first of ``model-index``."""
    said = _word(front.get("model_id")) or _word(front.get("name"))
    if said:
        return said
    *folders, file = where.split("/")
    stem = file.removesuffix(".md")
    told = "/".join(folders[-2:]) if stem.lower() in _HEADS and folders else stem
    if "/" not in told:
        told = told.replace("--", "/", 1)
    if "/" in told:
        return told
    index = front.get("model-index")
    first = index[0] if isinstance(index, list) and index else index
    return (_word(first.get("name")) if isinstance(first, dict) else "") or told


def _domain(front: Mapping[str, Any]) -> str:
    """The pipeline tag; where there is none, the first tag that is a known task."""
    return _word(front.get("pipeline_tag")) or next((tag for tag in _words(front.get("tags")) if is_task(tag)), "")


def _description(front: Mapping[str, Any], body: str, *, known: set[str]) -> str:
    """The first paragraph, and what only the front matter says: languages and tags."""
    paragraph = _first_paragraph(body)
    if not paragraph:
        return ""
    languages = _words(front.get("language"))
    tags = [tag for tag in _words(front.get("tags")) if tag not in known and tag not in languages]
    more = [("language", languages), ("tags", tags)]
    said = "; ".join(f"{name}: {', '.join(words[:MOST_TAGS])}" for name, words in more if words)
    return f"{paragraph} ({said})" if said else paragraph


def _first_paragraph(body: str) -> str:
    """The first text that is neither heading, picture, table, list, quotation, code nor markup."""
    lines: list[str] = []
    fence = ""
    for line in [*_without_comments(body).split("\n"), ""]:
        stripped = line.strip()
        mark = _fence(stripped)
        inside = bool(fence)
        if mark:
            fence = mark if not inside else "" if mark == fence else fence
        if stripped and not inside and not mark and not stripped.startswith(_NO_PROSE):
            lines.append(stripped)
            continue
        prose = _plain(" ".join(lines))
        if any(sign.isalpha() for sign in prose):
            return prose
        lines = []
    return ""


def _fence(line: str) -> str:
    return line[:3] if line.startswith(("```", "~~~")) else ""


def _without_comments(text: str) -> str:
    """``text`` without ``<!-- ... -->``; by hand, since a pattern takes quadratic time on open ones."""
    kept = []
    while True:
        before, opened, rest = text.partition("<!--")
        kept.append(before)
        if not opened:
            return "".join(kept)
        _, closed, text = rest.partition("-->")
        if not closed:
            return "".join(kept)


def _plain(markdown: str) -> str:
    """Words without links, markup and emphasis, cut at ``DESCRIPTION_CHARS``."""
    text = markdown[: 4 * DESCRIPTION_CHARS].replace(PLACEHOLDER, "")
    text = re.sub(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,500}\)", r"\1", text)
    text = re.sub(r"<[^<>]{0,500}>", "", text).replace("**", "").replace("__", "").replace("`", "")
    text = " ".join(text.split())
    return text if len(text) <= DESCRIPTION_CHARS else text[:DESCRIPTION_CHARS].rpartition(" ")[0] + " ..."


def _example(body: str) -> str:
    """The first fenced code block; empty where there is none, or where it has no end."""
    fence = ""
    lines: list[str] = []
    for line in body.split("\n"):
        mark = _fence(line.strip())
        if not fence:
            fence = mark
        elif mark == fence:
            return "\n".join(lines).strip()[:EXAMPLE_CHARS]
        else:
            lines.append(line)
    return ""


def _words(value: Any) -> list[str]:
    """The texts of a list, or the one text."""
    many = value if isinstance(value, list) else [value]
    words = [word.strip() for word in many if isinstance(word, str)]
    return [word for word in words if word not in _NOTHING]


def _word(value: Any) -> str:
    return next(iter(_words(value)), "")
