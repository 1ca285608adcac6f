"""Cut out the things that phrases name, as masks."""

from pydantic import Field

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._backings.backing import identity_of
from journeyman.tools._pictures.picture import png_bytes
from journeyman.tools._pictures.rle import Rle, encode_mask
from journeyman.tools._scenes.answers import Share, Sighting, sightings
from journeyman.tools._scenes.masks import full_size, mask_of, tinted
from journeyman.tools._scenes.phrases import found_in, wanted_of
from journeyman.tools._scenes.scene import load_models, open_scene, scene_packages

MOST = 20
"""Things; masks are long, and the best are given."""


class SegmentObjectsArguments(Arguments):
    """What to cut out."""

    image: str = file_argument("picture to search")
    phrases: str = Field(description="what to cut out, parted by stops, e.g. red circle . face", max_length=1000)


class Segment(Sighting):
    """A thing that was cut out."""

    mask: Rle
    area: Share


def run(arguments: SegmentObjectsArguments, files: ToolFiles) -> ToolResult:
    """Best first, and the picture with them tinted; empty when nothing that a phrase names is there."""
    wanted = wanted_of(arguments.phrases)
    scene = open_scene(files, arguments.image)
    pairs = found_in(scene, wanted)[:MOST]
    if not pairs:
        return ToolResult(value=[])
    masks = [mask_of(scene, thing) for _, thing in pairs]
    whole = [full_size(scene, mask) for mask in masks]
    segments = [
        Segment(**sighting, mask=encode_mask(mask), area=round(float(mask.mean()), 4))
        for sighting, mask in zip(sightings(scene, pairs), whole, strict=True)
    ]
    name = files.write("segments.png", png_bytes(tinted(scene.picture, masks)))
    return ToolResult(value=segments, images=(name,))


TOOL = Tool(
    name="segment_objects",
    version=2,
    summary="Masks (COCO run lengths) of what phrases name, found as ground_objects finds it; shows them tinted.",
    description="Masks of things that phrases name.",
    arguments=SegmentObjectsArguments,
    returns="list of {phrase, box, score, mask, area}",
    result=list[Segment],
    example={"image": "file_1.png", "phrases": "red rectangle"},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    heavy=True,
    warm_up=load_models,
    backing=identity_of("locate_object"),
    missing=scene_packages,
)
