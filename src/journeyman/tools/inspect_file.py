"""Read a document: pdf, docx, xlsx, pptx, csv, html, json or plain text, as Markdown."""

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._document import Document, Section, read_document
from journeyman.tools._packages import missing_packages

MAX_CHARACTERS = 8000
"""Longer texts are cut: they stand in the agent's context from then on."""


class InspectFileArguments(Arguments):
    """What to read."""

    file: str = file_argument("document to read")
    page: int | str | None = Field(default=None, description="number of a page, slide or sheet, or a sheet's name")


def run(arguments: InspectFileArguments, files: ToolFiles) -> ToolResult:
    """The document, or one part of it, as Markdown under headings that name the parts."""
    document = read_document(files, arguments.file)
    sections = document.sections if arguments.page is None else (_chosen(document, arguments.page, arguments.file),)
    headed = [f"## {s.place}\n{s.text}" if s.place else s.text for s in sections]
    text = "\n\n".join(headed)
    if len(text) > MAX_CHARACTERS:
        places = f"; ask for a page (1 to {len(document.sections)})" if len(sections) > 1 else ""
        text = f"{text[:MAX_CHARACTERS]}\n[cut: {MAX_CHARACTERS} of {len(text)} characters shown{places}]"
    return ToolResult(value=text)


def _chosen(document: Document, page: int | str, name: str) -> Section:
    wanted = str(page).strip()
    if wanted.isdigit() and 1 <= int(wanted) <= len(document.sections):
        return document.sections[int(wanted) - 1]
    for section in document.sections:
        if wanted.casefold() in (section.place.casefold(), section.place.casefold().removeprefix("sheet ")):
            return section
    places = ", ".join(s.place for s in document.sections[:20] if s.place) or "one part only"
    raise ToolError(f"{name} has no page {page!r}; there is: {places}")


TOOL = Tool(
    name="inspect_file",
    version=1,
    summary="Reads pdf (pdfium, tables by pdfplumber), docx, xlsx, pptx, csv, html, json and text as Markdown.",
    description="Read a document as text.",
    arguments=InspectFileArguments,
    returns="str",
    run=run,
    media_in=(
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/json",
        "text/*",
    ),
    # No model, but native parsers on files from anywhere: a crash must take a tool host, not the run.
    heavy=True,
    missing=missing_packages("pypdfium2", "pdfplumber", "docx", "openpyxl", "pptx"),
)
