"""Describe a picture in one sentence, and say where each thing is."""

from typing_extensions import TypedDict

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._scenes.answers import Sighting, sightings
from journeyman.tools._scenes.scene import load_models, open_scene, scene_packages
from journeyman.tools._scenes.sentence import sentence_of


class CaptionAndGroundArguments(Arguments):
    """What to look at."""

    image: str = file_argument("picture to describe")


class Described(TypedDict):
    """A sentence and what it is about."""

    caption: str
    objects: list[Sighting]


def run(arguments: CaptionAndGroundArguments, files: ToolFiles) -> ToolResult:
    """The sentence of ``caption_image``, and all things, best first."""
    scene = open_scene(files, arguments.image)
    objects = sightings(scene, [(thing.name, thing) for thing in scene.things()])
    return ToolResult(value=Described(caption=sentence_of(scene), objects=objects))


TOOL = Tool(
    name="caption_and_ground",
    version=1,
    summary="The sentence of caption_image with the box of every thing it is about.",
    description="Describe a picture, with boxes.",
    arguments=CaptionAndGroundArguments,
    returns="{caption, objects: [{phrase, box, score}]}",
    result=Described,
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    warm_up=load_models,
    missing=scene_packages,
)
