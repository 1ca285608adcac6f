"""The spec that pdf, docx and txt share."""

from pydantic import Field

from journeyman.file_writers._tables import Spec, Table, Text, Title, table_facts


class Document(Spec):
    """A title, paragraphs, and below them at most one table."""

    title: Title
    paragraphs: tuple[Text, ...] = Field(default=(), max_length=500)
    table: Table | None = None


def document_facts(document: Document) -> tuple[str, ...]:
    """Everything in it."""
    return (document.title, *document.paragraphs, *(table_facts(document.table) if document.table else ()))
