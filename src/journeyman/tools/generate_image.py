"""Draw a picture of a text, by a model or an endpoint that the user sets."""

from pydantic import Field

from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._backings.backing import backing_of, identity_of
from journeyman.tools._backings.diffusion import diffusion_or_endpoint, drawn, painter
from journeyman.tools._backings.hub import warm_up_of
from journeyman.tools._backings.picture_endpoint import generated
from journeyman.tools._pictures.picture import png_bytes


class GenerateImageArguments(Arguments):
    """What to draw."""

    prompt: str = Field(description="what the picture shows", min_length=1, max_length=2000)


def run(arguments: GenerateImageArguments, files: ToolFiles) -> ToolResult:
    """Write the picture as a new PNG.

    With a url: POST ``<url>/images/generations`` as OpenAI's API has it, picture inline as ``b64_json``.
    With a model alone: a diffusers text-to-image pipeline, seeded, from a folder or what was downloaded of the hub.
    """
    backing = backing_of("generate_image")
    picture = generated(backing, arguments.prompt, files) if backing.url else drawn(backing.model, arguments.prompt)
    name = files.write("generated.png", png_bytes(picture))
    return ToolResult(value=name, images=(name,))


TOOL = Tool(
    name="generate_image",
    version=1,
    summary="Draws a picture of a text: an OpenAI-compatible images endpoint, or a diffusers text-to-image model.",
    description="Draw a picture of a text.",
    arguments=GenerateImageArguments,
    returns="new picture's name",
    result=str,
    example={"prompt": "a red bicycle on a beach"},
    run=run,
    media_out=("image/png",),
    licence="that of the model set",
    heavy=True,
    warm_up=warm_up_of("generate_image", painter),
    backing=identity_of("generate_image"),
    missing=diffusion_or_endpoint("generate_image"),
    covers=(
        Covers("GTA", "TextToImage", "needs a model or an endpoint of the user's"),
        Covers("MAT", "image_generator", "needs a model or an endpoint of the user's"),
    ),
)
