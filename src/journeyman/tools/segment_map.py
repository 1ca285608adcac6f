"""Paint a map of a picture: every class in a colour of its own."""

from PIL import Image
from typing_extensions import TypedDict

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._pictures.picture import png_bytes
from journeyman.tools._scenes.answers import Share
from journeyman.tools._scenes.classes import GROUND, class_of, palette
from journeyman.tools._scenes.masks import full_size, mask_of
from journeyman.tools._scenes.scene import load_models, open_scene, scene_packages
from journeyman.tools._scenes.thing import Thing

_ORDER = ("photograph", "shape", "barcode", "face", "text")
"""Later ones lie on earlier ones."""


class SegmentMapArguments(Arguments):
    """What to map."""

    image: str = file_argument("picture to map")


class Class(TypedDict):
    """A class and how much of the picture it takes."""

    name: str
    share: Share


class Map(TypedDict):
    """A map and its classes."""

    picture: str
    classes: list[Class]
    """Largest share first."""


def run(arguments: SegmentMapArguments, files: ToolFiles) -> ToolResult:
    """Write the map, as large as the picture, as a new PNG; a line of print is mapped with the room it takes."""
    import numpy as np

    scene = open_scene(files, arguments.image)
    colours = palette()
    width, height = scene.full_size
    painted = np.full((height, width, 3), colours[GROUND], dtype=np.uint8)
    owner = np.zeros((height, width), dtype=np.int32)
    names, labels = [GROUND], list[str]()
    for thing in sorted(scene.things(), key=_depth):
        mask = mask_of(scene, thing)
        if thing.kind == "text":
            left, top, right, bottom = thing.box
            mask[top:bottom, left:right] = True
        inside = full_size(scene, mask)
        if thing.name not in names:
            names.append(thing.name)
        painted[inside] = colours[class_of(thing, labels)]
        owner[inside] = names.index(thing.name)
    shares = np.bincount(owner.ravel(), minlength=len(names)) / owner.size
    ranked = sorted(zip(names, shares.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    name = files.write("map.png", png_bytes(Image.fromarray(painted)))
    classes = [Class(name=word, share=round(share, 4)) for word, share in ranked if share > 0]
    return ToolResult(value=Map(picture=name, classes=classes), images=(name,))


def _depth(thing: Thing) -> tuple[int, int]:
    """Kinds in their order; of one kind the larger first."""
    left, top, right, bottom = thing.box
    return _ORDER.index(thing.kind), -(right - left) * (bottom - top)


TOOL = Tool(
    name="segment_map",
    version=1,
    summary="A colour map of what tag_scene knows and the ground, with each class's share of the picture.",
    description="Map of a picture's classes, in colours.",
    arguments=SegmentMapArguments,
    returns="{picture, classes: [{name, share}]}",
    result=Map,
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    heavy=True,
    warm_up=load_models,
    missing=scene_packages,
)
