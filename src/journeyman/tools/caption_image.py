"""Say in one sentence what a picture shows, how many of each, and where."""

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._scenes.scene import load_models, open_scene, scene_packages
from journeyman.tools._scenes.sentence import sentence_of


class CaptionImageArguments(Arguments):
    """What to look at."""

    image: str = file_argument("picture to describe")


def run(arguments: CaptionImageArguments, files: ToolFiles) -> ToolResult:
    """The sentence; what is printed in the picture stands in quotes."""
    return ToolResult(value=sentence_of(open_scene(files, arguments.image)))


TOOL = Tool(
    name="caption_image",
    version=1,
    summary="One sentence on what a picture holds, put together from what tag_scene finds; no language model.",
    description="Describe a picture in one sentence.",
    arguments=CaptionImageArguments,
    returns="str",
    result=str,
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    warm_up=load_models,
    missing=scene_packages,
)
