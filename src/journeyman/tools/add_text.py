"""Write a text on a copy of a picture."""

from PIL import ImageColor, ImageDraw
from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.lettering import letters, undrawable
from journeyman.tools._pictures.picture import png_bytes, read_picture

LONGEST = 1000
"""Characters."""


class AddTextArguments(Arguments):
    """What to write where."""

    image: str = file_argument("picture to write on")
    text: str = Field(description="what to write; a line break starts a new line")
    x: int = Field(description="left edge of the text in pixels")
    y: int = Field(description="top edge of the text in pixels")
    size: int = Field(default=24, ge=6, le=400, description="height of a line in pixels, 6 to 400")
    colour: str = Field(default="black", description="a name, or #rrggbb")


def run(arguments: AddTextArguments, files: ToolFiles) -> ToolResult:
    """Write a copy with the text on it as a new PNG."""
    _check(arguments.text)
    colour = _rgb(arguments.colour)
    picture = read_picture(files, arguments.image)
    pen = ImageDraw.Draw(picture)
    font = letters(arguments.size)
    left, top, right, bottom = pen.textbbox((arguments.x, arguments.y), arguments.text, font=font)
    if left < 0 or top < 0 or right > picture.width or bottom > picture.height:
        # A text that runs out of the picture would look as if it were another text.
        raise ToolError(
            f"the text takes {round(right - left)} x {round(bottom - top)} pixels and does not fit at"
            f" ({arguments.x}, {arguments.y}) in {arguments.image}, which is {picture.width} x {picture.height} pixels;"
            " take a smaller size, another place, or line breaks"
        )
    pen.text((arguments.x, arguments.y), arguments.text, fill=colour, font=font)
    name = files.write("text.png", png_bytes(picture))
    return ToolResult(value=name, images=(name,))


def _check(text: str) -> None:
    if not text.strip():
        raise ToolError("the text is empty")
    if len(text) > LONGEST:
        raise ToolError(f"the text has {len(text):,} characters; the limit is {LONGEST:,}")
    unknown = undrawable(text)
    if unknown:
        raise ToolError(f"the font (DejaVu Sans) has no letters for {unknown[:20]!r}")


def _rgb(colour: str) -> tuple[int, int, int]:
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError as exc:
        raise ToolError(f"{colour[:40]!r} is no colour; give a name such as red, or #rrggbb") from exc
    return red, green, blue


TOOL = Tool(
    name="add_text",
    version=1,
    summary="Writes a text on a copy of a picture and shows it to the agent (DejaVu Sans, Pillow).",
    description="Write a text on a picture, show it.",
    arguments=AddTextArguments,
    returns="new picture's name",
    result=str,
    example={"image": "file_1.png", "text": "seen", "x": 150, "y": 20},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    licence="Bitstream Vera (font)",
    missing=missing_packages("matplotlib"),
    covers=(Covers("GTA", "AddText"),),
)
