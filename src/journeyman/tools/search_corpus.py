"""Search all documents in the trajectory's folder by BM25."""

import logging
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._documents.document import read_document
from journeyman.tools._documents.section import Document, Section
from journeyman.tools._packages import missing_packages
from journeyman.tools.inspect_file import TOOL as INSPECT_FILE

PASSAGE_CHARACTERS = 400
"""A passage ends at the first line break after so many; a longer line is one passage, cut at twice as many."""
MOST_PASSAGES = 10
MOST_MEMBERS = 200
"""Files of one zip that are searched."""


class SearchCorpusArguments(Arguments):
    """What to look for."""

    query: str = Field(description="words to look for", min_length=1, max_length=1000)
    top: int = Field(default=3, ge=1, le=MOST_PASSAGES, description="passages wanted")


def run(arguments: SearchCorpusArguments, files: ToolFiles) -> ToolResult:
    """The best passages, each ``{"file", "place", "text"}``; empty when no word of the query occurs."""
    passages = _passages(files)
    if not passages:
        raise ToolError("there is no document to search")
    ranked = _ranked(arguments.query, [passage["text"] for passage in passages])
    return ToolResult(value=[passages[index] for index in ranked[: arguments.top]])


def _passages(files: ToolFiles) -> list[dict[str, str]]:
    passages = []
    for name in sorted(path.name for path in files.root.iterdir()):
        try:
            document = read_document(files, name)
        except ToolError:  # pictures and damaged files have no text to search; inspect_file says why
            continue
        for section in _sections(document):
            passages += [{"file": name, "place": section.place, "text": text} for text in _split(section)]
    return passages


def _sections(document: Document) -> Iterator[Section]:
    """Those of a document, and of a zip those of the documents in it: ``notes/a.pdf, page 2``."""
    yield from document.sections
    for member, read in islice(document.members.items(), MOST_MEMBERS):
        try:
            inside = read()
        except ToolError:
            continue
        for section in inside.sections:
            yield Section(", ".join(filter(None, (member, section.place))), section.text)


def _split(section: Section) -> list[str]:
    parts: list[str] = []
    current = ""
    for line in section.text.splitlines():
        for start in range(0, len(line), 2 * PASSAGE_CHARACTERS):
            current += line[start : start + 2 * PASSAGE_CHARACTERS] + "\n"
            if len(current) >= PASSAGE_CHARACTERS:
                parts.append(current.strip())
                current = ""
    return [part for part in [*parts, current.strip()] if part]


def _ranked(query: str, texts: list[str]) -> list[int]:
    """Indices of the texts that share a word with ``query``, best first, ties in reading order."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG
    options: dict[str, Any] = {
        "stopwords": "en",
        "return_ids": False,
        "show_progress": False,
        "token_pattern": r"(?u)\b\w+\b",
    }
    # Word forms: "invoices" must find "invoice".
    wanted = [_stem(word) for word in bm25s.tokenize([query], **options)[0]]
    corpus = [[_stem(word) for word in words] for words in bm25s.tokenize(texts, **options)]
    if not any(corpus) or not wanted:
        return []
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    known = set().union(*corpus)
    scores = index.get_scores([word for word in wanted if word in known]) if known & set(wanted) else []
    return sorted((n for n, score in enumerate(scores) if score > 0), key=lambda n: (-float(scores[n]), n))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


TOOL = Tool(
    name="search_corpus",
    version=2,
    summary="Searches every document in the folder by words and their plurals, not meanings (BM25, bm25s).",
    description="Search all documents for passages.",
    arguments=SearchCorpusArguments,
    returns='list of {"file", "place", "text"}',
    result=list[dict[str, str]],
    example={"query": "delivery date"},
    run=run,
    # Media in, but no file argument: it reads the whole folder (toolbox.py).
    media_in=INSPECT_FILE.media_in,
    heavy=True,
    missing=missing_packages("bm25s", "pypdfium2", "pdfplumber", "docx", "openpyxl", "pptx"),
    covers=(Covers("MAT", "ask_search_agent", "the files of the task only; web_search looks further"),),
)
