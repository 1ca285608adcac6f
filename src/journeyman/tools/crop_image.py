"""Cut a part out of a picture, to look at it alone."""

from pydantic import Field

from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._pictures.picture import png_bytes, read_picture
from journeyman.tools._pictures.region import visible_box


class CropImageArguments(Arguments):
    """Which part: edges in pixels, ``left`` and ``top`` inside, ``right`` and ``bottom`` the first pixel outside."""

    image: str = file_argument("picture to cut")
    left: int = Field(description="left edge in pixels")
    top: int = Field(description="top edge in pixels")
    right: int = Field(description="right edge in pixels")
    bottom: int = Field(description="bottom edge in pixels")


def run(arguments: CropImageArguments, files: ToolFiles) -> ToolResult:
    """Write the part as a new PNG; edges beyond the picture are moved to its border."""
    picture = read_picture(files, arguments.image)
    edges = (arguments.left, arguments.top, arguments.right, arguments.bottom)
    box = visible_box(picture, arguments.image, *edges)
    name = files.write("crop.png", png_bytes(picture.crop(box)))
    return ToolResult(value=name, images=(name,))


TOOL = Tool(
    name="crop_image",
    version=1,
    summary="Cuts a box out of a picture and shows it to the agent (Pillow).",
    description="Cut out a box and show it.",
    arguments=CropImageArguments,
    returns="name of the new picture",
    result=str,
    example={"image": "file_1.png", "left": 4, "top": 4, "right": 20, "bottom": 20},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    covers=(
        Covers("GTA", "RegionAttributeDescription", "cuts the region out for other tools; visualize describes it"),
    ),
)
