"""The name each tool goes by in a conversation: a prompt may offer it under another, with the same description."""

import re
from collections.abc import Mapping

DESCRIPTIONS: Mapping[str, str] = {
    "ocr": "Read the text in a picture.",
    "read_barcode": "Read a bar code or QR code.",
    "detect_faces": "Find faces in a picture.",
    "tag_image": "Name what a picture shows.",
    "measure_colour": "Colours of a picture and their shares.",
    "crop_image": "Cut out a box and show it.",
    "inspect_file": "Read a document as text.",
    "search_corpus": "Search all documents for passages.",
    "calculate": "Work out arithmetic, with units.",
    "look_up_facts": "Facts: country, element, airport, holidays.",
}
"""What prompts say of the tools that scripted solutions call, by the tool's own name."""

_CALL = re.compile(rf"\b({'|'.join(DESCRIPTIONS)})\(")


def with_offered_names(code: str, system: str) -> str:
    """``code`` with each tool called by the name that the system prompt gives it; unlisted ones keep their own."""
    names = offered_names(system, DESCRIPTIONS)
    return _CALL.sub(lambda call: f"{names.get(call[1], call[1])}(", code)


def offered_names(system: str, descriptions: Mapping[str, str]) -> dict[str, str]:
    """A tool's own name -> the name that a line of ``system`` gives it, for tools whose description is in one."""
    names = {}
    for line in system.splitlines():
        listed = re.match(r"(\w+)\(", line)
        tool = next((tool for tool, says in descriptions.items() if line.endswith(f": {says}")), "")
        if listed and tool:
            names[tool] = listed.group(1)
    return names
