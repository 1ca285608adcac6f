"""Repaint the regions of a map by the colours of a prompt; where things are stays as it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import png_bytes, read_picture
from journeyman.tools._pictures.proportions import check_proportions
from journeyman.tools._scenes.classes import GROUND, classes_by_colour
from journeyman.tools._scenes.masks import full_size, mask_of
from journeyman.tools._scenes.outlines import SHAPES
from journeyman.tools._scenes.painter import PAINTS, draw_words, readable_on
from journeyman.tools._scenes.prompts import Asked, read_prompt
from journeyman.tools._scenes.scene import Scene
from journeyman.tools._scenes.thing import Box

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FEWEST_PIXELS = 8
"""Of a region; fewer are seams."""
LEAST_KNOWN = 0.98
"""Share of a picture's pixels in a map's colours from which it is one."""
OTHERS = ("grey", "black")
"""What a region is painted that has no colour in its name nor in the prompt: the first that is not the ground's."""
_ALIKE = ({"circle", "oval"}, {"square", "rectangle"})


class DrawFromMapArguments(Arguments):
    """What to paint."""

    map: str = file_argument("map that segment_map wrote, or a picture of plain shapes")
    prompt: str = Field(
        description='colours for its shapes, e.g. a blue circle and the word "OPEN" on a yellow ground',
        min_length=1,
        max_length=1000,
    )


class Painted(TypedDict):
    """A new picture."""

    picture: str


@dataclass(slots=True)
class _Region:
    name: str
    """``red circle``, ``text``, ...."""
    mask: "Array"
    box: Box
    paint: str = ""

    @property
    def shape(self) -> str:
        last = self.name.rpartition(" ")[2]
        return last if last in SHAPES else ""


def run(arguments: DrawFromMapArguments, files: ToolFiles) -> ToolResult:
    """Write the painted picture, as large as the map, as a new PNG."""
    import numpy as np

    prompt = read_prompt(arguments.prompt)
    picture = read_picture(files, arguments.map)
    check_proportions(picture, arguments.map)
    regions = _mapped(picture) or _shown(picture)
    if not regions:
        raise ToolError(f"{arguments.map} is no map: it has no region of a class that segment_map knows, and no shape")
    asked = [item for item in prompt.items if item.shape]
    _choose(regions, asked, arguments.map)
    ground = prompt.ground or "white"
    canvas = np.full((picture.height, picture.width, 3), PAINTS[ground], dtype=np.uint8)
    for region in regions:
        paint = PAINTS[region.paint or _own_paint(region.name, ground)]
        if (canvas[region.mask] == paint).all():
            raise ToolError(f"the {region.name} cannot be seen on {ground} ground; say another colour for one of them")
        canvas[region.mask] = paint
    painted = Image.fromarray(canvas)
    _write(painted, regions, [item for item in prompt.items if item.text], ground, arguments.map)
    name = files.write("painted.png", png_bytes(painted))
    return ToolResult(value=Painted(picture=name), images=(name,))


def _mapped(picture: Image.Image) -> list[_Region]:
    """Regions of a map by its colours; none when it is no map."""
    import numpy as np
    from scipy import ndimage

    pixels = np.asarray(picture).astype(np.int32)
    codes = (pixels[:, :, 0] << 16) | (pixels[:, :, 1] << 8) | pixels[:, :, 2]
    known = {red << 16 | green << 8 | blue: name for (red, green, blue), name in classes_by_colour().items()}
    present, counts = np.unique(codes, return_counts=True)
    if sum(int(n) for code, n in zip(present, counts, strict=True) if int(code) in known) < LEAST_KNOWN * codes.size:
        return []
    regions: list[_Region] = []
    for code in present.tolist():
        name = known.get(code, GROUND)
        if name == GROUND:
            continue
        pieces, _ = ndimage.label(codes == code)
        for number, (rows, columns) in enumerate(ndimage.find_objects(pieces), start=1):
            mask = pieces == number
            if mask.sum() >= FEWEST_PIXELS:
                regions.append(_Region(name, mask, (columns.start, rows.start, columns.stop, rows.stop)))
    # A plain black or white picture is in the palette, too, and is no map of anything.
    return regions


def _shown(picture: Image.Image) -> list[_Region]:
    """The shapes of a picture that is no map."""
    scene = Scene(picture)
    across, down = picture.width / scene.size[0], picture.height / scene.size[1]
    return [
        _Region(
            found.thing.name,
            full_size(scene, mask_of(scene, found.thing)),
            (
                round(found.thing.box[0] * across), round(found.thing.box[1] * down),
                round(found.thing.box[2] * across), round(found.thing.box[3] * down),
            ),
        )
        for found in scene.candidates
        if not found.doubtful
    ]  # fmt: skip


def _choose(regions: list[_Region], asked: Iterable[Asked], name: str) -> None:
    """Give regions the paints that the prompt says for their shape, from left to right where it says several."""
    items = list(asked)
    for item in items:
        fitting = _fitting(regions, item.shape)
        if not fitting:
            shapes = ", ".join(dict.fromkeys(region.name for region in regions))
            raise ToolError(f"{name} has no {item.shape}; it has: {shapes}")
        if item.new_colour:
            fitting = [region for region in fitting if region.name.startswith(item.colour)] or fitting
        paint = item.new_colour or item.colour
        if not paint:
            continue
        open_ones = sorted((r for r in fitting if not r.paint), key=lambda r: (r.box[0] + r.box[2], r.box[1]))
        more = any(other.shape == item.shape for other in items if other is not item)
        for region in open_ones[: item.count] if more else open_ones:
            region.paint = paint


def _fitting(regions: list[_Region], shape: str) -> list[_Region]:
    """Regions of that shape or, when there is none, of the one that it may be taken for."""
    exact = [region for region in regions if region.shape == shape]
    alike = next((names for names in _ALIKE if shape in names), {shape})
    return exact or [region for region in regions if region.shape in alike]


def _own_paint(name: str, ground: str) -> str:
    own = name.partition(" ")[0]
    return own if own in PAINTS else next(other for other in OTHERS if other != ground)


def _write(painted: Image.Image, regions: list[_Region], asked: list[Asked], ground: str, name: str) -> None:
    """Write the prompt's words into the map's lines of print, in reading order."""
    lines = sorted((r for r in regions if r.name == "text"), key=lambda r: (r.box[1], r.box[0]))
    if len(asked) > len(lines):
        raise ToolError(f"the prompt has {len(asked)} texts and {name} has {len(lines)} lines of text")
    for item, line in zip(asked, lines, strict=False):
        under = _under(line, regions, ground)
        painted.paste(PAINTS[under], line.box)
        colour = item.colour if item.colour and item.colour != under else readable_on(under)
        draw_words(painted, item.text, line.box, PAINTS[colour])


def _under(line: _Region, regions: list[_Region], ground: str) -> str:
    """The paint of the shape that a line of print stands on, or the ground's."""
    x, y = (line.box[0] + line.box[2]) // 2, (line.box[1] + line.box[3]) // 2
    hosts = [r for r in regions if r.shape and r.box[0] <= x < r.box[2] and r.box[1] <= y < r.box[3]]
    return (hosts[-1].paint or _own_paint(hosts[-1].name, ground)) if hosts else ground


TOOL = Tool(
    name="draw_from_map",
    version=1,
    summary="Repaints the regions of a segment_map, or of a picture of plain shapes, as a prompt says (Pillow).",
    description="Repaint a map's regions by a prompt.",
    arguments=DrawFromMapArguments,
    returns="{picture: new name}",
    result=Painted,
    example={"map": "file_1.png", "prompt": "a green rectangle on a yellow ground"},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    licence="Bitstream Vera (font)",
    heavy=True,
    missing=missing_packages("numpy", "scipy", "zxingcpp", "matplotlib"),
)
