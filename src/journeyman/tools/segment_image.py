"""Part a picture into regions, or cut out what a box holds; a SAM-class model does it where one is set."""

from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont
from pydantic import BaseModel, Field

from journeyman.errors import ToolError
from journeyman.settings import load_settings
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._backings.backing import identity_of
from journeyman.tools._backings.hub import warm_up_of
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.colour_words import WORDS, nearest_words
from journeyman.tools._pictures.picture import png_bytes, read_picture
from journeyman.tools._pictures.proportions import check_proportions
from journeyman.tools._pictures.region import visible_box
from journeyman.tools._pictures.regions import BOX_LONG_SIDE, LONG_SIDE, colour_regions, foreground, reduced

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MODEL_LONG_SIDE = 1024
"""What SAM-class models take in."""
MOST = 12
"""Regions; the largest are given."""
LEAST_SHARE = 0.002
"""Of the picture; smaller regions are grain and seams."""
TINTS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#f032e6", "#9a6324")
OPACITY = 0.45
"""Of the tint over a region on the picture that the agent is shown."""


Box = tuple[int, int, int, int]


class SegmentImageArguments(Arguments):
    """What to part."""

    image: str = file_argument("picture to part into regions")
    box: Box | None = Field(
        default=None, description="[left, top, right, bottom] in pixels around one thing to cut out"
    )


class Region(BaseModel):
    """Pixels that belong together."""

    area: float = Field(ge=0, le=1, description="share of the picture")
    box: Box = Field(description="[left, top, right, bottom] in pixels")
    colour: str = Field(description="basic colour word of its mean colour")
    mask: str = Field(description="black and white PNG of the picture's size, white inside")


def run(arguments: SegmentImageArguments, files: ToolFiles) -> ToolResult:
    """Regions, largest first; with ``box`` the one thing in it. The agent is shown them tinted and numbered from 1."""
    import numpy as np

    picture = read_picture(files, arguments.image)
    check_proportions(picture, arguments.image)
    model = _model()
    small = reduced(picture, MODEL_LONG_SIDE if model else BOX_LONG_SIDE if arguments.box else LONG_SIDE)
    if arguments.box is None:
        masks = _all(small, model)
    else:
        masks = [_inside(small, _scaled_box(picture, small, arguments), model)]
    masks = sorted((m for m in masks if m.mean() >= LEAST_SHARE), key=lambda m: -int(m.sum()))[:MOST]
    regions: list[dict[str, Any]] = []
    shown, pixels = picture.copy(), np.asarray(small)
    for mask in masks:
        whole = Image.fromarray(mask).resize(picture.size, Image.Resampling.NEAREST)
        mean = pixels[mask].mean(axis=0, keepdims=True)
        regions.append(
            {
                "area": round(float(mask.mean()), 3),
                "box": list(whole.getbbox() or ()),
                "colour": WORDS[int(nearest_words(mean)[0])],
                "mask": files.write("mask.png", png_bytes(whole)),
            }
        )
        tint = Image.new("RGB", picture.size, TINTS[(len(regions) - 1) % len(TINTS)])
        shown.paste(Image.blend(shown, tint, OPACITY), mask=whole)
    if not regions:
        return ToolResult(value=[])
    name = files.write("regions.png", png_bytes(_numbered(shown, regions)))
    return ToolResult(value=regions, images=(name,))


def _model() -> str:
    backing = load_settings().tool_backings.get("segment_image")
    return backing.model if backing else ""


def _all(small: Image.Image, model: str) -> "list[Array]":
    import numpy as np

    if model:
        from journeyman.tools._backings.mask_model import all_masks

        return all_masks(model, small)
    labels = colour_regions(small)
    largest = np.argsort(-np.bincount(labels.ravel()), kind="stable")[:MOST]
    return [labels == number for number in largest]


def _inside(small: Image.Image, box: Box, model: str) -> "Array":
    if model:
        from journeyman.tools._backings.mask_model import box_mask

        return box_mask(model, small, box)
    if box == (0, 0, *small.size):
        raise ToolError(
            "the box holds the whole picture, so nothing tells the thing from its ground; take a smaller one"
        )
    return foreground(small, box)


def _scaled_box(
    picture: Image.Image, small: Image.Image, arguments: SegmentImageArguments
) -> tuple[int, int, int, int]:
    """The box of ``arguments`` in pixels of ``small``, at least one pixel wide and high."""
    assert arguments.box is not None
    left, top, right, bottom = visible_box(picture, arguments.image, *arguments.box)
    across, down = small.width / picture.width, small.height / picture.height
    edge, roof = min(int(left * across), small.width - 1), min(int(top * down), small.height - 1)
    return edge, roof, max(edge + 1, round(right * across)), max(roof + 1, round(bottom * down))


def _numbered(picture: Image.Image, regions: list[dict[str, Any]]) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=max(10, round(max(picture.size) / 30)))
    for number, region in enumerate(regions, start=1):
        left, top, right, bottom = region["box"]
        centre = ((left + right) / 2, (top + bottom) / 2)
        pen.text(centre, str(number), fill="white", stroke_fill="black", stroke_width=2, font=font, anchor="mm")
    return picture


def _load(model: str) -> None:
    from journeyman.tools._backings.mask_model import load

    load(model)


def _missing() -> str:
    if _model():
        return missing_packages("torch", "transformers")()
    return missing_packages("numpy", "skimage", "cv2")()


TOOL = Tool(
    name="segment_image",
    version=1,
    summary=(
        "Parts a picture into regions of one colour (Felzenszwalb's graph, merged in CIELAB; scikit-image), or cuts out"
        " what a box holds (GrabCut, OpenCV). With a SAM-class transformers model set, that model does both."
    ),
    description="Part into regions, or cut out one thing.",
    arguments=SegmentImageArguments,
    returns="list of {area, box, colour, mask}",
    result=list[Region],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    heavy=True,
    warm_up=warm_up_of("segment_image", _load),
    backing=identity_of("segment_image"),
    missing=_missing,
    covers=(Covers("MAT", "segmentation", "until a model is set: regions of one colour, or one boxed thing"),),
)
