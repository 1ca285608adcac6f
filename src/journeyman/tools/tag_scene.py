"""Name all that a picture holds."""

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._scenes.scene import load_models, open_scene, scene_packages
from journeyman.tools._scenes.sentence import tags_of


class TagSceneArguments(Arguments):
    """What to look at."""

    image: str = file_argument("picture to look at")


def run(arguments: TagSceneArguments, files: ToolFiles) -> ToolResult:
    """Names, each once, the most certain first; empty for a plain picture."""
    return ToolResult(value=tags_of(open_scene(files, arguments.image)))


TOOL = Tool(
    name="tag_scene",
    version=1,
    summary="Names what a picture holds: coloured shapes, text, faces, codes, photographs by label.",
    description="Name every thing in a picture.",
    arguments=TagSceneArguments,
    returns="list of str",
    result=list[str],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    warm_up=load_models,
    missing=scene_packages,
)
