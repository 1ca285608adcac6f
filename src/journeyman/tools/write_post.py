"""Write a short post about a picture: what the user wants said, and what the picture shows."""

import re
from typing import Literal

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._scenes.scene import Scene, load_models, open_scene, scene_packages
from journeyman.tools._scenes.sentence import sentence_of

LONGEST = 280
"""Characters of a post."""
LONGEST_ABOUT = 120
MOST_TAGS = 3


class WritePostArguments(Arguments):
    """What to write."""

    image: str = file_argument("picture that the post is for")
    about: str = Field(description="what the post is about, in a few words", max_length=LONGEST_ABOUT)
    tone: Literal["plain", "cheerful"] = Field(default="plain", description="plain or cheerful")


def run(arguments: WritePostArguments, files: ToolFiles) -> ToolResult:
    """The post, at most 280 characters."""
    about = " ".join(arguments.about.split()).rstrip(".!")
    if not any(map(str.isalnum, about)):
        raise ToolError("about is empty; say in a few words what the post is about")
    scene = open_scene(files, arguments.image)
    about = about[0].upper() + about[1:]
    seen = sentence_of(scene)
    cheerful = arguments.tone == "cheerful"
    start = f"{about}!" if cheerful else f"{about}."
    shown = f"Look: {seen[0].lower()}{seen[1:-1]}!" if cheerful else f"In the picture: {seen[0].lower()}{seen[1:]}"
    tags = " ".join(_tags(about, scene))
    room = LONGEST - len(start) - len(tags) - 2
    return ToolResult(value=" ".join(part for part in (start, _cut(shown, room), tags) if part))


def _cut(words: str, room: int) -> str:
    """``words`` in at most ``room`` characters, cut between words."""
    return words if len(words) <= room else words[: room - 3].rpartition(" ")[0] + "..."


def _tags(about: str, scene: Scene) -> list[str]:
    """Hash tags of the longer words of ``about``, then of the shapes; never of print, which is somebody's data."""
    words = [word for word in re.findall(r"[^\W\d_]{4,}", about) if word.casefold() not in _PLAIN]
    shapes = [thing.shape for thing in scene.shapes]
    return [f"#{word.casefold()}" for word in dict.fromkeys([*words, *shapes])][:MOST_TAGS]


_PLAIN = {"about", "with", "that", "this", "from", "have", "will", "your", "their", "there", "today", "into", "were"}


TOOL = Tool(
    name="write_post",
    version=1,
    summary="A post of at most 280 characters from what caption_image says and what it is about; no language model.",
    description="Short social post about a picture.",
    arguments=WritePostArguments,
    returns="str",
    result=str,
    example={"image": "file_1.png", "about": "our new sign", "tone": "cheerful"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    warm_up=load_models,
    missing=scene_packages,
)
