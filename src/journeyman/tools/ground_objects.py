"""Find where the things that phrases name are: coloured shapes, print, faces, codes, and photographs by their label."""

from pydantic import Field

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._backings.backing import identity_of
from journeyman.tools._scenes.answers import Sighting, sightings
from journeyman.tools._scenes.phrases import found_in, wanted_of
from journeyman.tools._scenes.scene import load_models, open_scene, scene_packages


class GroundObjectsArguments(Arguments):
    """What to find where."""

    image: str = file_argument("picture to search")
    phrases: str = Field(description="what to find, parted by stops, e.g. red circle . face", max_length=1000)


def run(arguments: GroundObjectsArguments, files: ToolFiles) -> ToolResult:
    """Best first; empty when nothing that a phrase names is there, or no phrase names what can be told."""
    wanted = wanted_of(arguments.phrases)
    scene = open_scene(files, arguments.image)
    return ToolResult(value=sightings(scene, found_in(scene, wanted)))


TOOL = Tool(
    name="ground_objects",
    version=1,
    summary=(
        "Boxes of what phrases name: coloured shapes by outline, print (PP-OCR), faces (LBP cascade), codes (zxing),"
        " photographs by label (EfficientNet); other phrases by the detector set for locate_object, if one is."
    ),
    description="Find boxes of things that phrases name.",
    arguments=GroundObjectsArguments,
    returns="list of {phrase, box, score}",
    result=list[Sighting],
    example={"image": "file_1.png", "phrases": "red rectangle . text"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    warm_up=load_models,
    backing=identity_of("locate_object"),
    missing=scene_packages,
)
