"""Cut out what is at points, from the part to the whole, or what a box holds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._pictures.picture import png_bytes
from journeyman.tools._pictures.regions import colour_regions, foreground
from journeyman.tools._pictures.rle import Rle, encode_mask
from journeyman.tools._scenes.answers import BOX_WORDS, Share, ShareBox, pixel_box
from journeyman.tools._scenes.masks import full_size, mask_of, tinted
from journeyman.tools._scenes.scene import Scene, load_models, open_scene, scene_packages
from journeyman.tools._scenes.thing import Thing, overlap, part_inside

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MOST_POINTS = 20
MOST = 4
"""Masks."""
SAME_THING = 0.6
"""Intersection over union of a box with a thing's from which it is that thing."""
SAME_MASK = 0.95
"""Intersection over union from which two masks are one."""
LEAST_PIXELS = 4


class SegmentAtArguments(Arguments):
    """What to cut out."""

    image: str = file_argument("picture to cut from")
    points: tuple[tuple[Share, Share], ...] | None = Field(
        default=None, description="points [x, y] on one thing, as shares of width and height", max_length=MOST_POINTS
    )
    box: tuple[float, float, float, float] | None = Field(default=None, description=f"box around it: {BOX_WORDS}")


class Cut(TypedDict):
    """A mask."""

    box: ShareBox
    mask: Rle
    area: Share


def run(arguments: SegmentAtArguments, files: ToolFiles) -> ToolResult:
    """For points the masks that hold all of them, smallest first; for a box the one thing in it, or none."""
    if (arguments.points is None) == (arguments.box is None):
        raise ToolError("give either points or a box, not both")
    if arguments.points is not None and not arguments.points:
        raise ToolError("points is empty; give at least one [x, y]")
    scene = open_scene(files, arguments.image)
    if arguments.box is not None:
        masks = _in_box(scene, pixel_box(arguments.box, scene.size))
    else:
        masks = _at(scene, [_pixel(point, scene) for point in arguments.points or ()])
    if not masks:
        return ToolResult(value=[])
    cuts = [_cut(scene, mask) for mask in masks]
    name = files.write("cut.png", png_bytes(tinted(scene.picture, masks[:1])))
    return ToolResult(value=cuts, images=(name,))


def _pixel(point: tuple[float, float], scene: Scene) -> tuple[int, int]:
    x, y = (min(side - 1, int(share * side)) for share, side in zip(point, scene.size, strict=True))
    return x, y


def _at(scene: Scene, points: list[tuple[int, int]]) -> "list[Array]":
    masks = [_part(scene, points[0])]
    masks += [mask_of(scene, thing) for thing in _holding(scene, points[0])]
    if scene.surfaces.ground_mask[points[0][1], points[0][0]]:
        masks.append(scene.surfaces.ground_mask)
    kept: list[Array] = []
    for mask in sorted(masks, key=lambda m: int(m.sum())):
        if all(mask[y, x] for x, y in points) and mask.sum() >= LEAST_PIXELS and not any(_same(mask, k) for k in kept):
            kept.append(mask)
    return kept[:MOST]


def _part(scene: Scene, point: tuple[int, int]) -> "Array":
    """The one-coloured piece at ``point``."""
    import numpy as np

    x, y = point
    label = int(scene.surfaces.labels[y, x])
    if label >= 0 and scene.surfaces.parts[label].even:
        return np.asarray(scene.surfaces.labels == label)
    regions = colour_regions(scene.picture)
    return np.asarray(regions == regions[y, x])


def _holding(scene: Scene, point: tuple[int, int]) -> list[Thing]:
    """Things whose box holds ``point``; print and faces are looked for only where they may be."""
    x, y = point
    quick = [*scene.shapes, *scene.codes]
    label = int(scene.surfaces.labels[y, x])
    told = any(thing.kind == "shape" and thing.surface == label for thing in quick)
    plain = scene.surfaces.ground_mask[y, x] and not any(_holds(thing, x, y) for thing in quick)
    slow = [] if plain or told else [*scene.texts, *(scene.faces if scene.frames else ())]
    frames = [Thing("photograph", "photograph", frame, 1.0) for frame in scene.frames]
    return [thing for thing in [*quick, *slow, *frames] if _holds(thing, x, y)]


def _holds(thing: Thing, x: int, y: int) -> bool:
    return thing.box[0] <= x < thing.box[2] and thing.box[1] <= y < thing.box[3]


def _in_box(scene: Scene, box: tuple[int, int, int, int]) -> "list[Array]":
    for things in _kinds(scene):
        near = [thing for thing in things if overlap(thing.box, box) >= SAME_THING]
        if not near:
            near = [thing for thing in things if part_inside(thing.box, box) > 0.9]
        if near:
            return [mask_of(scene, max(near, key=lambda thing: overlap(thing.box, box)))]
    if box == (0, 0, *scene.size):
        raise ToolError("the box holds the whole picture, and no one thing stands out; take a smaller one")
    mask = foreground(scene.picture, box)
    return [mask] if mask.sum() >= LEAST_PIXELS else []


def _kinds(scene: Scene) -> Iterator[list[Thing]]:
    """The things, those that are quick to find first."""
    yield [*scene.shapes, *scene.codes]
    yield [Thing("photograph", "photograph", frame, 1.0) for frame in scene.frames]
    yield [*scene.texts, *scene.faces]


def _same(one: "Array", two: "Array") -> bool:
    return bool((one & two).sum() >= SAME_MASK * (one | two).sum())


def _cut(scene: Scene, mask: "Array") -> Cut:
    import numpy as np

    whole = full_size(scene, mask)
    rows, columns = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
    height, width = whole.shape
    box = (int(columns[0]) / width, int(rows[0]) / height, int(columns[-1] + 1) / width, int(rows[-1] + 1) / height)
    left, top, right, bottom = (round(edge, 3) for edge in box)
    return Cut(box=(left, top, right, bottom), mask=encode_mask(whole), area=round(float(whole.mean()), 4))


TOOL = Tool(
    name="segment_at",
    version=1,
    summary=(
        "Masks of what is at points, from the one-coloured part to the whole thing, or of what a box holds"
        " (scikit-image; GrabCut of OpenCV where no known thing is)."
    ),
    description="Masks of what points or a box show.",
    arguments=SegmentAtArguments,
    returns="list of {box, mask, area}",
    result=list[Cut],
    example={"image": "file_1.png", "points": [[0.2, 0.7]]},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    heavy=True,
    warm_up=load_models,
    missing=scene_packages,
)
