"""Name all that a picture holds, and say where each thing is."""

from typing_extensions import TypedDict

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._scenes.answers import Sighting, sightings
from journeyman.tools._scenes.scene import load_models, open_scene, scene_packages
from journeyman.tools._scenes.sentence import tags_of


class TagAndGroundArguments(Arguments):
    """What to look at."""

    image: str = file_argument("picture to look at")


class Tagged(TypedDict):
    """Names and where their things are."""

    tags: list[str]
    objects: list[Sighting]


def run(arguments: TagAndGroundArguments, files: ToolFiles) -> ToolResult:
    """The names of ``tag_scene``, and all things, best first."""
    scene = open_scene(files, arguments.image)
    objects = sightings(scene, [(thing.name, thing) for thing in scene.things()])
    return ToolResult(value=Tagged(tags=tags_of(scene), objects=objects))


TOOL = Tool(
    name="tag_and_ground",
    version=1,
    summary="The names of tag_scene with the box of every thing.",
    description="Name every thing in a picture, with boxes.",
    arguments=TagAndGroundArguments,
    returns="{tags, objects: [{phrase, box, score}]}",
    result=Tagged,
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    warm_up=load_models,
    missing=scene_packages,
)
