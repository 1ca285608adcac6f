"""Change a picture as an instruction says, by a model or an endpoint that the user sets."""

from pydantic import Field

from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._backings.backing import backing_of, identity_of
from journeyman.tools._backings.diffusion import changed, diffusion_or_endpoint, instructed_painter
from journeyman.tools._backings.hub import warm_up_of
from journeyman.tools._backings.picture_endpoint import edited
from journeyman.tools._pictures.picture import png_bytes, read_picture
from journeyman.tools._pictures.proportions import check_proportions
from journeyman.tools._pictures.regions import reduced

LONG_SIDE = 1024
"""Larger pictures are reduced to this: memory grows with the area, and no such model was trained on more."""


class EditImageByInstructionArguments(Arguments):
    """What to change."""

    image: str = file_argument("picture to change")
    instruction: str = Field(description="what to change", min_length=1, max_length=2000)


def run(arguments: EditImageByInstructionArguments, files: ToolFiles) -> ToolResult:
    """Write the changed picture as a new PNG, in the size that the model gives.

    With a url: POST ``<url>/images/edits`` as OpenAI's API has it, picture inline as ``b64_json``.
    With a model alone: a diffusers InstructPix2Pix-class pipeline, seeded.
    """
    backing = backing_of("edit_image_by_instruction")
    picture = read_picture(files, arguments.image)
    check_proportions(picture, arguments.image)
    small = reduced(picture, LONG_SIDE)
    if backing.url:
        result = edited(backing, arguments.instruction, small, files)
    else:
        result = changed(backing.model, arguments.instruction, small)
    name = files.write("changed.png", png_bytes(result))
    return ToolResult(value=name, images=(name,))


TOOL = Tool(
    name="edit_image_by_instruction",
    version=1,
    summary="Changes a picture as told: an OpenAI-compatible images endpoint, or a diffusers InstructPix2Pix model.",
    description="Change a picture as told in words.",
    arguments=EditImageByInstructionArguments,
    returns="new picture's name",
    result=str,
    example={"image": "file_1.png", "instruction": "make the red square green"},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    licence="that of the model set",
    heavy=True,
    warm_up=warm_up_of("edit_image_by_instruction", instructed_painter),
    backing=identity_of("edit_image_by_instruction"),
    missing=diffusion_or_endpoint("edit_image_by_instruction"),
    covers=(
        Covers("GTA", "ImageStylization", "needs a model or an endpoint of the user's"),
        Covers("MAT", "image_edit", "needs a model or an endpoint of the user's"),
    ),
)
