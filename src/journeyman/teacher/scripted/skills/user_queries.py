"""What is asked about a user's own picture where the tools are skills."""

from typing import Any


def has_skills(prompt: str) -> bool:
    """Whether the tools that ``prompt`` lists are those of the skills recipe."""
    return "\ncaption_image(" in prompt


def skill_queries() -> list[dict[str, Any]]:
    """Queries that any picture allows; no program can tell their answers."""
    return [
        _query("How would you describe this picture in a few words?", "caption_image"),
        _query("How many faces can be found in this picture?", "ground_objects"),
        _query("Which kind of thing takes up most room in this picture?", "segment_map"),
        _query("Which thing is nearest to the left edge?", "caption_and_ground"),
    ]


def _query(text: str, tool: str) -> dict[str, Any]:
    return {"text": text, "tools": [tool], "rule": "", "column": "", "label": ""}
