"""What a document is to the tools that read it, and what its readers let pass when a file is damaged."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Readers of pdf and office files let whatever broke pass through: lxml's XMLSyntaxError is a SyntaxError,
# docx and pptx raise PackageNotFoundError and others that are KeyError or ValueError at heart.
READING_ERRORS = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError, EOFError, ArithmeticError,
    AssertionError, RuntimeError, NameError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document."""

    place: str
    """``page 2``, ``sheet Sales``, ``slide 3``; empty when the document has no parts."""
    text: str
    """Markdown."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says."""

    kind: str
    """``pdf``, ``docx``, ``xlsx``, ``pptx``, ``zip``, ``csv``, ``html``, ``json``, ``xml`` or ``text``."""
    sections: tuple[Section, ...]
    members: Mapping[str, Callable[[], "Document"]] = field(default_factory=dict)
    """Files inside an archive by name; each is read when it is called, and raises as ``document_of`` does."""
