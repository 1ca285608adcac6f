"""XML as an indented outline, parsed by expat with entity declarations refused."""

from typing import Any
from xml.parsers import expat

from journeyman.errors import ToolError

MAX_DEPTH = 500
MAX_INDENT = 20
"""Levels that indent a line; deeper ones stand below each other."""


def read_xml(data: bytes, name: str) -> str:
    """One line an element: ``name attribute="value": text``, indented by its depth.

    Nothing is fetched: expat reads no external subset, and a document that declares an entity is refused, since
    entities can grow without bound or name files of this machine.

    Raises:
        ToolError: Not well formed, entities declared, or nested over ``MAX_DEPTH`` deep.
    """
    outline = _Outline(name)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = outline.start
    parser.EndElementHandler = outline.end
    parser.CharacterDataHandler = outline.text
    parser.EntityDeclHandler = outline.entity
    parser.SkippedEntityHandler = outline.skipped
    try:
        parser.Parse(data, True)
    # ValueError and LookupError: an encoding that expat or Python does not know.
    except (expat.ExpatError, ValueError, LookupError) as exc:
        raise ToolError(f"{name} is not valid xml: {exc}") from exc
    return "\n".join(outline.lines)


class _Outline:
    def __init__(self, name: str) -> None:
        self.lines: list[str] = []
        self._name = name
        self._depth = 0
        self._open = False  # the last line is a start tag that waits for its text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth >= MAX_DEPTH:
            raise ToolError(f"{self._name} nests elements deeper than {MAX_DEPTH}, which is not read")
        described = "".join(f' {key}="{value}"' for key, value in attributes.items())
        self.lines.append(f"{self._indent()}{tag}{described}")
        self._depth += 1
        self._open = True

    def end(self, _tag: str) -> None:
        self._depth -= 1
        self._open = False

    def text(self, text: str) -> None:
        words = " ".join(text.split())
        if not words:
            return
        if self._open:
            self.lines[-1] += f": {words}"
            self._open = False
        else:
            self.lines.append(f"{self._indent()}{words}")

    def entity(self, entity: str, *_: Any) -> None:
        raise ToolError(f"{self._name} declares the XML entity {entity[:50]!r}; such files are not read")

    def skipped(self, entity: str, _is_parameter: bool) -> None:
        self.text(f"&{entity};")

    def _indent(self) -> str:
        return "  " * min(self._depth, MAX_INDENT)
