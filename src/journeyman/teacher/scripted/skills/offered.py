"""The name each skill goes by in a conversation, and what scripted solutions say of it."""

from collections.abc import Mapping

from journeyman.teacher.scripted.offered import offered_names

DESCRIPTIONS: Mapping[str, str] = {
    "ground_objects": "Find boxes of things that phrases name.",
    "segment_objects": "Masks of things that phrases name.",
    "segment_at": "Masks of what points or a box show.",
    "segment_map": "Map of a picture's classes, in colours.",
    "tag_scene": "Name every thing in a picture.",
    "caption_image": "Describe a picture in one sentence.",
    "caption_and_ground": "Describe a picture, with boxes.",
    "tag_and_ground": "Name every thing in a picture, with boxes.",
    "read_lines": "Read lines of text, with boxes.",
    "retrieve_knowledge": "Recall facts about what a picture shows.",
    "draw_picture": "Draw coloured shapes and quoted words.",
    "inpaint": "Take something out and fill the place.",
    "draw_from_map": "Repaint a map's regions by a prompt.",
    "write_post": "Short social post about a picture.",
}
"""What prompts say of the skills, by the skill's own name."""

PURPOSES: Mapping[str, str] = {
    "ground_objects": "find where things are",
    "segment_objects": "cut out what is spoken of",
    "segment_at": "cut out what is at that spot",
    "segment_map": "map what covers the picture",
    "tag_scene": "name what the picture shows",
    "caption_image": "describe the picture",
    "caption_and_ground": "describe the picture with boxes",
    "tag_and_ground": "name all things with their boxes",
    "read_lines": "read what is printed",
    "retrieve_knowledge": "look up what is known of it",
    "draw_picture": "draw a new picture",
    "inpaint": "fill the place from around it",
    "draw_from_map": "paint the map anew",
    "write_post": "write the post",
}
"""What each skill is for, as thoughts word it."""


def skill_names(system: str) -> dict[str, str]:
    """The skill's own name -> the name that the system prompt gives it, for those that it lists."""
    return offered_names(system, DESCRIPTIONS)
