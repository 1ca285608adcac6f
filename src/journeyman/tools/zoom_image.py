"""Enlarge a part of a picture, to see or read what is small."""

from PIL import Image
from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._pictures.picture import png_bytes, read_picture
from journeyman.tools._pictures.region import visible_box

LONGEST = 4096
"""Pixels of the new picture's long side."""


class ZoomImageArguments(Arguments):
    """Which part, and how much larger: edges in pixels, ``right`` and ``bottom`` the first pixel outside."""

    image: str = file_argument("picture to look into")
    left: int = Field(description="left edge in pixels")
    top: int = Field(description="top edge in pixels")
    right: int = Field(description="right edge in pixels")
    bottom: int = Field(description="bottom edge in pixels")
    factor: float = Field(default=2.0, ge=1, le=16, description="how many times larger, 1 to 16")


def run(arguments: ZoomImageArguments, files: ToolFiles) -> ToolResult:
    """Write the part as a new PNG, ``factor`` times as large (Lanczos); edges beyond the picture move to its border."""
    picture = read_picture(files, arguments.image)
    edges = (arguments.left, arguments.top, arguments.right, arguments.bottom)
    left, top, right, bottom = visible_box(picture, arguments.image, *edges)
    size = (round((right - left) * arguments.factor), round((bottom - top) * arguments.factor))
    if max(size) > LONGEST:
        most = LONGEST / max(right - left, bottom - top)
        way = f"a factor up to {int(most * 10) / 10}" if most >= 1 else "a smaller box"
        raise ToolError(f"the new picture would be {size[0]} x {size[1]} pixels, over {LONGEST}; take {way}")
    part = picture.crop((left, top, right, bottom)).resize(size, Image.Resampling.LANCZOS)
    name = files.write("zoom.png", png_bytes(part))
    return ToolResult(value=name, images=(name,))


TOOL = Tool(
    name="zoom_image",
    version=1,
    summary="Cuts a box out of a picture, enlarges it and shows it to the agent (Lanczos, Pillow).",
    description="Enlarge a box and show it.",
    arguments=ZoomImageArguments,
    returns="new picture's name",
    result=str,
    example={"image": "file_1.png", "left": 10, "top": 10, "right": 150, "bottom": 70},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    covers=(Covers("GTA", "RegionAttributeDescription", "shows the region larger; visualize describes it"),),
)
