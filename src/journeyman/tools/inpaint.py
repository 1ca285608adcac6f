"""Take something out of a picture: fill a region from what surrounds it."""

from typing import TYPE_CHECKING, Any

from PIL import Image
from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import png_bytes, read_picture
from journeyman.tools._pictures.rle import Rle, decode_mask
from journeyman.tools._scenes.answers import BOX_WORDS, pixel_box

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SEAM = 3
"""Pixels around the region that are filled with it: mixtures of the thing and its ground."""
RING = 6
"""Pixels around that from which a plain ground is taken."""
ONE_COLOUR = 0.6
"""Share of the ring within ``GRAIN`` of its middle colour from which it is plain ground, with or without grain."""
GRAIN = 24
REACH = 4
"""Pixels around a pixel that Telea's filling looks at."""
MOST = 0.9
"""Share of the picture; of what is left nothing could be filled."""
SEED = 0


class InpaintArguments(Arguments):
    """What to fill."""

    image: str = file_argument("picture to change")
    mask: Rle | tuple[float, float, float, float] = Field(
        description=f"what to take out: a mask as segment_objects gives it, or a box {BOX_WORDS}"
    )


class Filled(TypedDict):
    """A new picture."""

    picture: str


def run(arguments: InpaintArguments, files: ToolFiles) -> ToolResult:
    """Write the filled copy as a new PNG; nothing but the region and its seam is changed."""
    import numpy as np

    picture = read_picture(files, arguments.image)
    hole = _hole(arguments, picture)
    pixels = np.asarray(picture)
    ring = _grown(hole, RING) & ~hole
    around = pixels[ring].astype(np.int16)
    middle = np.median(around, axis=0)
    plain = np.abs(around - middle).max(axis=1) <= GRAIN
    if plain.mean() >= ONE_COLOUR:
        filled = pixels.copy()
        # Drawn from the ring itself, so that grain goes on as it was.
        picks = np.random.default_rng(SEED).integers(0, int(plain.sum()), int(hole.sum()))
        filled[hole] = pixels[ring][plain][picks]
    else:
        filled = _telea(pixels, hole)
    name = files.write("filled.png", png_bytes(Image.fromarray(filled)))
    return ToolResult(value=Filled(picture=name), images=(name,))


def _hole(arguments: InpaintArguments, picture: Image.Image) -> "Array":
    """True on what is filled, (height, width)."""
    import numpy as np

    if isinstance(arguments.mask, tuple):
        left, top, right, bottom = pixel_box(arguments.mask, picture.size)
        mask = np.zeros((picture.height, picture.width), dtype=bool)
        mask[top:bottom, left:right] = True
        hole = mask
    else:
        mask = decode_mask(arguments.mask)
        if mask.shape != (picture.height, picture.width):
            raise ToolError(
                f"the mask is of a picture of {mask.shape[1]} x {mask.shape[0]} pixels; {arguments.image} is"
                f" {picture.width} x {picture.height}"
            )
        hole = _grown(mask, SEAM)
    if not mask.any():
        raise ToolError("the mask is empty: there is nothing to fill")
    if hole.mean() > MOST:
        raise ToolError("the mask takes nearly all of the picture, so nothing is left to fill it from")
    return hole


def _grown(mask: "Array", steps: int) -> "Array":
    import cv2
    import numpy as np

    kernel = np.ones((2 * steps + 1, 2 * steps + 1), dtype=np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), dtype=bool)


def _telea(pixels: "Array", hole: "Array") -> "Array":
    import cv2
    import numpy as np

    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    filled = cv2.inpaint(bgr, hole.astype(np.uint8), REACH, cv2.INPAINT_TELEA)
    return np.ascontiguousarray(filled[:, :, ::-1])


TOOL = Tool(
    name="inpaint",
    version=1,
    summary="Fills a masked region: plain or grainy ground goes on as it was, anything else by Telea's way (OpenCV).",
    description="Take something out and fill the place.",
    arguments=InpaintArguments,
    returns="{picture: new name}",
    result=Filled,
    example={"image": "file_1.png", "mask": [0.5, 0.45, 0.95, 0.97]},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    heavy=True,
    missing=missing_packages("numpy", "cv2"),
)
