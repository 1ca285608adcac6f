"""Stick figures in four poses, drawn with round pens and smooth edges."""

from typing import Literal

from PIL import Image, ImageDraw

Pose = Literal["standing", "running", "waving", "sitting"]
Point = tuple[float, float]

_WIDTH = 0.7
"""Of the box, in heights."""
_PEN = 0.06
_HEAD = 0.1
"""Radius."""
_SMOOTHING = 4
"""Drawn this many times larger and scaled down."""
_LIMBS: dict[Pose, tuple[Point, tuple[tuple[Point, ...], ...]]] = {
    # the middle of the head, then lines from joint to joint; heights from the left and the top of the box
    "standing": (
        (0.35, 0.12),
        (
            ((0.35, 0.22), (0.35, 0.58)),
            ((0.35, 0.3), (0.22, 0.44), (0.18, 0.6)),
            ((0.35, 0.3), (0.48, 0.44), (0.52, 0.6)),
            ((0.35, 0.58), (0.27, 0.77), (0.25, 0.96)),
            ((0.35, 0.58), (0.43, 0.77), (0.45, 0.96)),
        ),
    ),
    "running": (
        (0.46, 0.12),
        (
            ((0.43, 0.22), (0.33, 0.56)),
            ((0.41, 0.3), (0.24, 0.36), (0.14, 0.5)),
            ((0.41, 0.3), (0.5, 0.46), (0.64, 0.38)),
            ((0.33, 0.56), (0.53, 0.66), (0.5, 0.88)),
            ((0.33, 0.56), (0.24, 0.76), (0.05, 0.8)),
        ),
    ),
    "waving": (
        (0.33, 0.16),
        (
            ((0.33, 0.26), (0.33, 0.6)),
            ((0.33, 0.33), (0.2, 0.46), (0.18, 0.62)),
            ((0.33, 0.33), (0.5, 0.28), (0.6, 0.06)),
            ((0.33, 0.6), (0.26, 0.78), (0.25, 0.96)),
            ((0.33, 0.6), (0.4, 0.78), (0.42, 0.96)),
        ),
    ),
    "sitting": (
        (0.2, 0.12),
        (
            ((0.2, 0.22), (0.18, 0.66)),
            ((0.2, 0.31), (0.33, 0.47), (0.46, 0.57)),
            ((0.18, 0.66), (0.48, 0.66), (0.5, 0.96), (0.58, 0.96)),
            ((0.06, 0.72), (0.36, 0.72)),
            ((0.09, 0.72), (0.09, 0.96)),
            ((0.33, 0.72), (0.33, 0.96)),
        ),
    ),
}


def figure_width(height: int) -> int:
    """Pixels that the box of a figure is wide."""
    return max(1, round(height * _WIDTH))


def draw_figure(
    canvas: Image.Image, pose: Pose, colour: tuple[int, int, int], left: int, top: int, height: int
) -> None:
    """Draw a person into the box whose corner is at ``left``, ``top``; one who sits has a bench."""
    width, unit = figure_width(height), height * _SMOOTHING
    mask = Image.new("L", (width * _SMOOTHING, unit), 0)
    draw = ImageDraw.Draw(mask)
    head, limbs = _LIMBS[pose]
    pen = max(1, round(_PEN * unit))
    for limb in limbs:
        draw.line([(x * unit, y * unit) for x, y in limb], fill=255, width=pen)
        for point in limb:
            _draw_dot(draw, point, _PEN / 2, unit)
    _draw_dot(draw, head, _HEAD, unit)
    canvas.paste(colour, (left, top), mask.resize((width, height), Image.Resampling.BOX))


def _draw_dot(draw: ImageDraw.ImageDraw, middle: Point, radius: float, unit: int) -> None:
    x, y = middle[0] * unit, middle[1] * unit
    draw.ellipse((x - radius * unit, y - radius * unit, x + radius * unit, y + radius * unit), fill=255)
