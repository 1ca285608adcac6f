"""Draw boxes on a copy of a picture, to show or check where things are."""

from PIL import ImageDraw, ImageFont
from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._pictures.picture import png_bytes, read_picture

MOST_BOXES = 200
LONGEST_LABEL = 80
"""Characters."""
COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080")
"""Given out in turn, so that neighbouring boxes can be told apart."""

Box = tuple[float, float, float, float]


class DrawBoxesArguments(Arguments):
    """What to draw."""

    image: str = file_argument("picture to draw on")
    boxes: tuple[Box, ...] = Field(description="boxes [left, top, right, bottom] in pixels")
    labels: tuple[str, ...] = Field(default=(), description="a word for each box")


def run(arguments: DrawBoxesArguments, files: ToolFiles) -> ToolResult:
    """Write a copy with every box outlined and labelled as a new PNG."""
    _check(arguments)
    picture = read_picture(files, arguments.image)
    pen = ImageDraw.Draw(picture)
    width = max(1, round(max(picture.size) / 200))
    font = ImageFont.load_default(size=max(10, width * 6))
    for number, (left, top, right, bottom) in enumerate(arguments.boxes):
        colour = COLOURS[number % len(COLOURS)]
        pen.rectangle((left, top, right, bottom), outline=colour, width=width)
        if arguments.labels:
            label = arguments.labels[number]
            ground = pen.textbbox((left + width, top + width), label, font=font)
            pen.rectangle(ground, fill=colour)
            pen.text((left + width, top + width), label, fill="white", font=font)
    name = files.write("boxes.png", png_bytes(picture))
    return ToolResult(value=name, images=(name,))


def _check(arguments: DrawBoxesArguments) -> None:
    if not 0 < len(arguments.boxes) <= MOST_BOXES:
        raise ToolError(f"draw_boxes takes 1 to {MOST_BOXES} boxes, got {len(arguments.boxes)}")
    if arguments.labels and len(arguments.labels) != len(arguments.boxes):
        raise ToolError(f"{len(arguments.labels)} labels for {len(arguments.boxes)} boxes; give one for each or none")
    for label in arguments.labels:
        if len(label) > LONGEST_LABEL:
            raise ToolError(f"label {label[:20]!r}... has {len(label)} characters; the limit is {LONGEST_LABEL}")
    for box in arguments.boxes:
        # The comparison also refuses NaN; Pillow would raise on an upside-down box or a huge number.
        if not (-1e6 < box[0] < box[2] < 1e6 and -1e6 < box[1] < box[3] < 1e6):
            raise ToolError(f"box {list(box)} is not [left, top, right, bottom] in pixels")


TOOL = Tool(
    name="draw_boxes",
    version=2,
    summary="Outlines boxes on a copy of a picture and shows it to the agent (Pillow).",
    description="Draw boxes on a picture and show it.",
    arguments=DrawBoxesArguments,
    returns="name of the new picture",
    result=str,
    example={"image": "file_1.png", "boxes": [[4, 4, 20, 20]]},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    covers=(Covers("GTA", "DrawBox"),),
)
