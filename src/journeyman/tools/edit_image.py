"""Change a copy of a picture: size, turn, light, sharpness, or another picture laid on it."""

import math
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._pictures.picture import MAX_PIXELS, png_bytes, read_picture

Action = Literal[
    "resize", "rotate", "mirror", "flip", "grey", "invert", "brightness", "contrast", "saturation", "blur", "sharpen",
    "paste",
]  # fmt: skip


class EditImageArguments(Arguments):
    """What to do."""

    image: str = file_argument("picture to change")
    action: Action = Field(description="what to do")
    amount: float | None = Field(
        default=None,
        description=(
            "rotate: degrees clockwise; blur: radius in pixels; resize, brightness, contrast, saturation, sharpen:"
            " factor, 1 changes nothing"
        ),
    )
    size: tuple[int, int] | None = Field(default=None, description="resize, paste: [width, height] in pixels")
    other: str | None = file_argument("paste: picture to lay on top", default=None)
    at: tuple[int, int] | None = Field(default=None, description="paste: [x, y] of its left top corner in pixels")


class _Amount(NamedTuple):
    """The range of ``amount`` for an action, and what it does with it."""

    least: float
    most: float
    change: Callable[[Image.Image, float], Image.Image]


def run(arguments: EditImageArguments, files: ToolFiles) -> ToolResult:
    """Write the changed copy as a new PNG."""
    _refuse_idle(arguments)
    picture = read_picture(files, arguments.image)
    if arguments.action == "resize":
        changed = _resize(picture, arguments)
    elif arguments.action == "paste":
        changed = _paste(picture, arguments, files)
    elif arguments.action in _PLAIN:
        changed = _PLAIN[arguments.action](picture)
    else:
        changed = _BY_AMOUNT[arguments.action].change(picture, _amount(arguments))
    name = files.write("edited.png", png_bytes(changed))
    return ToolResult(value=name, images=(name,))


def _refuse_idle(arguments: EditImageArguments) -> None:
    """Refuse what the action would ignore: the agent meant something by it."""
    used = {"resize": {"amount", "size"}, "paste": {"other", "at", "size"}}.get(arguments.action)
    if used is None:
        used = set() if arguments.action in _PLAIN else {"amount"}
    for name in ("amount", "size", "other", "at"):
        if getattr(arguments, name) is not None and name not in used:
            takes = f"takes {', '.join(sorted(used))}" if used else "takes nothing more"
            raise ToolError(f"{arguments.action} {takes}, and no {name}")


def _amount(arguments: EditImageArguments) -> float:
    least, most, _ = _BY_AMOUNT[arguments.action]
    # The comparison also refuses NaN.
    if arguments.amount is None or not least <= arguments.amount <= most:
        given = "none" if arguments.amount is None else f"{arguments.amount:g}"
        raise ToolError(f"{arguments.action} needs an amount from {least:g} to {most:g}, got {given}")
    return arguments.amount


def _resize(picture: Image.Image, arguments: EditImageArguments) -> Image.Image:
    if (arguments.amount is None) == (arguments.size is None):
        raise ToolError("resize needs either an amount, such as 0.5, or a size [width, height]")
    if arguments.size is not None:
        return picture.resize(_checked(arguments.size), Image.Resampling.LANCZOS)
    factor = _amount(arguments)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(_checked(size), Image.Resampling.LANCZOS)


def _paste(picture: Image.Image, arguments: EditImageArguments, files: ToolFiles) -> Image.Image:
    if arguments.other is None:
        raise ToolError("paste needs other, the picture to lay on top")
    layer = read_picture(files, arguments.other)
    if arguments.size is not None:
        layer = layer.resize(_checked(arguments.size), Image.Resampling.LANCZOS)
    x, y = arguments.at or (0, 0)
    if not (-layer.width < x < picture.width and -layer.height < y < picture.height):
        raise ToolError(
            f"{arguments.other} at [{x}, {y}] lies outside {arguments.image}, which is"
            f" {picture.width} x {picture.height} pixels"
        )
    picture.paste(layer, (x, y))
    return picture


def _rotate(picture: Image.Image, degrees: float) -> Image.Image:
    """Clockwise, on as large a picture as it takes; the corners that appear are white."""
    across, down = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    width, height = picture.size
    _checked((math.ceil(width * across + height * down), math.ceil(width * down + height * across)))
    return picture.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
        raise ToolError(f"the new picture would be {size[0]} x {size[1]} pixels; the limit is {MAX_PIXELS:,} in all")
    return size


_PLAIN: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "mirror": ImageOps.mirror,
    "flip": ImageOps.flip,
    "grey": ImageOps.grayscale,
    "invert": ImageOps.invert,
}
_BY_AMOUNT: Mapping[str, _Amount] = {
    "resize": _Amount(0.01, 8.0, lambda picture, _: picture),
    "rotate": _Amount(-360.0, 360.0, _rotate),
    "brightness": _Amount(0.0, 10.0, lambda picture, factor: ImageEnhance.Brightness(picture).enhance(factor)),
    "contrast": _Amount(0.0, 10.0, lambda picture, factor: ImageEnhance.Contrast(picture).enhance(factor)),
    "saturation": _Amount(0.0, 10.0, lambda picture, factor: ImageEnhance.Color(picture).enhance(factor)),
    "sharpen": _Amount(0.0, 10.0, lambda picture, factor: ImageEnhance.Sharpness(picture).enhance(factor)),
    "blur": _Amount(0.1, 100.0, lambda picture, radius: picture.filter(ImageFilter.GaussianBlur(radius))),
}


TOOL = Tool(
    name="edit_image",
    version=1,
    summary="Resizes, turns, mirrors, lights, blurs or sharpens a copy of a picture, or pastes another on it (Pillow).",
    description="Resize, rotate, mirror, grey, brightness, blur or paste.",
    arguments=EditImageArguments,
    returns="new name",
    result=str,
    example={"image": "file_1.png", "action": "rotate", "amount": 90},
    run=run,
    media_in=("image/*",),
    media_out=("image/png",),
    covers=(Covers("MAT", "image_edit", "a closed set of actions; edit_image_by_instruction takes words"),),
)
