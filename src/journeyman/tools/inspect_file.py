"""Read a document: pdf, docx, xlsx, pptx, csv, html, json, xml, zip or plain text, as Markdown."""

import re

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._documents.document import read_document
from journeyman.tools._documents.section import Document, Section
from journeyman.tools._packages import missing_packages

MAX_CHARACTERS = 8000
"""Longer texts are cut: they stand in the agent's context from then on."""
MOST_PLACES = 20
"""Named to an agent that asked for a page that is not there."""


class InspectFileArguments(Arguments):
    """What to read."""

    file: str = file_argument("document to read")
    page: int | str | None = Field(
        default=None, description="page, slide or sheet by number, sheet or file in a zip by name"
    )


def run(arguments: InspectFileArguments, files: ToolFiles) -> ToolResult:
    """The document, or one part of it, as Markdown under headings that name the parts."""
    document = read_document(files, arguments.file)
    sections = document.sections if arguments.page is None else _chosen(document, arguments.page, arguments.file)
    headed = [f"## {s.place}\n{s.text}" if s.place else s.text for s in sections]
    text = "\n\n".join(headed)
    if len(text) > MAX_CHARACTERS:
        places = f"; ask for a page (1 to {len(document.sections)})" if len(sections) > 1 else ""
        text = f"{text[:MAX_CHARACTERS]}\n[cut: {MAX_CHARACTERS} of {len(text)} characters shown{places}]"
    return ToolResult(value=text)


def _chosen(document: Document, page: int | str, name: str) -> tuple[Section, ...]:
    wanted = str(page).strip()
    if wanted in document.members:
        return document.members[wanted]().sections
    # No more digits than a page number has: int() refuses what is endless, and isdigit() lets superscripts through.
    if re.fullmatch(r"[0-9]{1,9}", wanted) and 1 <= int(wanted) <= len(document.sections):
        return (document.sections[int(wanted) - 1],)
    for section in document.sections:
        if wanted.casefold() in (section.place.casefold(), section.place.casefold().removeprefix("sheet ")):
            return (section,)
    places = [section.place for section in document.sections if section.place] + list(document.members)
    shown = ", ".join(places[:MOST_PLACES]) or "one part only"
    more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
    raise ToolError(f"{name} has no page {repr(page)[:100]}; there is: {shown}{more}")


TOOL = Tool(
    name="inspect_file",
    version=2,
    summary=(
        "Reads pdf (pdfium, tables by pdfplumber), docx, xlsx, pptx, csv, html (libxml2), json, xml (expat) and text "
        "as Markdown; lists the files of a zip and reads them by name."
    ),
    description="Read a document as text.",
    arguments=InspectFileArguments,
    returns="str",
    result=str,
    example={"file": "file_1.pdf"},
    run=run,
    media_in=(
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/json",
        "application/xml",
        "application/zip",
        "text/*",
    ),
    # No model, but native parsers on files from anywhere: a crash must take a tool host, not the run.
    heavy=True,
    missing=missing_packages("pypdfium2", "pdfplumber", "docx", "openpyxl", "pptx"),
    covers=(Covers("MAT", "inspect_file_as_text", "gives the text, not an answer about it; no pictures, no sound"),),
)
