"""Draw coloured shapes and quoted words that a prompt names; what it cannot draw it refuses."""

from pydantic import Field
from typing_extensions import TypedDict

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import png_bytes
from journeyman.tools._scenes.painter import paint
from journeyman.tools._scenes.prompts import read_prompt


class DrawPictureArguments(Arguments):
    """What to draw."""

    prompt: str = Field(
        description='e.g. two red circles at the left and the word "EXIT" at the bottom, on a yellow ground',
        min_length=1,
        max_length=1000,
    )


class Drawn(TypedDict):
    """A new picture."""

    picture: str


def run(arguments: DrawPictureArguments, files: ToolFiles) -> ToolResult:
    """Write the picture, 320 x 240 pixels, as a new PNG."""
    name = files.write("drawn.png", png_bytes(paint(read_prompt(arguments.prompt))))
    return ToolResult(value=Drawn(picture=name), images=(name,))


TOOL = Tool(
    name="draw_picture",
    version=1,
    summary="Draws coloured shapes and quoted words at the places that a prompt names (Pillow); refuses all else.",
    description="Draw coloured shapes and quoted words.",
    arguments=DrawPictureArguments,
    returns="{picture: new name}",
    result=Drawn,
    example={"prompt": 'a red circle at the left and the word "EXIT" at the bottom, on a white ground'},
    run=run,
    media_out=("image/png",),
    licence="Bitstream Vera (font)",
    missing=missing_packages("numpy", "matplotlib"),
)
