"""Measure which colours a picture is made of, in the eleven basic colour words of English."""

from PIL import Image
from pydantic import Field

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.colour_words import WORDS, nearest_words
from journeyman.tools._pictures.picture import read_picture

LONG_SIDE = 256
"""Larger pictures are sampled down to this, without mixing pixels."""
LEAST_SHARE = 0.005
"""Colours of less than half a percent are left out: they are the seams of scaling and JPEG."""


class MeasureColourArguments(Arguments):
    """What to measure."""

    image: str = file_argument("picture to measure")
    mean: bool = Field(default=False, description="give the mean colour as #rrggbb instead")


def run(arguments: MeasureColourArguments, files: ToolFiles) -> ToolResult:
    """``[name, share]``, largest share first, background included; or the mean colour as ``#rrggbb``."""
    import numpy as np

    picture = read_picture(files, arguments.image)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.NEAREST)
    pixels = np.asarray(picture).reshape(-1, 3)
    if arguments.mean:
        red, green, blue = (round(float(v)) for v in pixels.mean(axis=0))
        return ToolResult(value=f"#{red:02x}{green:02x}{blue:02x}")
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    shares = np.bincount(nearest_words(colours), weights=counts, minlength=len(WORDS)) / counts.sum()
    ranked = sorted(zip(WORDS, shares.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return ToolResult(value=[[word, round(share, 3)] for word, share in ranked if share >= LEAST_SHARE])


TOOL = Tool(
    name="measure_colour",
    version=1,
    summary="Shares of the eleven basic colours in a picture (nearest landmark in CIELAB), or its mean colour.",
    description="Colours of a picture and their shares.",
    arguments=MeasureColourArguments,
    returns="list of [name, share]",
    result=list[tuple[str, float]],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    missing=missing_packages("numpy"),
)
