"""What can be done to a finished picture: turn it into a map or a drawing, or make it look badly taken.

The maps (edges, depth, normals, segments, ...) look like those that picture models take as conditions. They
follow from the picture alone by plain arithmetic: a depth map here is plausible, not measured.
"""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Treatment = Literal[
    "none",
    "edges",
    "line_drawing",
    "scribble",
    "soft_edges",
    "depth",
    "normals",
    "segments",
    "haze",
    "rain",
    "blur",
    "grain",
    "pixelated",
    "dark",
]
Map = npt.NDArray[np.floating]
"""Shape (height, width), or (height, width, 3) of a picture; 0 to 1 unless said."""

_SHADE = np.array([0.25, 0.35, 0.4], np.float32)
"""Weights of red, green and blue; with those of the eye, yellow would vanish on white and on light blue."""
_SEGMENTS = np.array(
    [(150, 60, 60), (40, 120, 200), (60, 180, 90), (235, 190, 50), (140, 80, 190), (20, 180, 180), (230, 120, 40)],
    np.uint8,
)
"""Plain colours, far from each other, as segmentation maps have them; by the rank of the region's own brightness."""

_HARDLY_DIFFERENT = 0.12
"""Sum of the differences of red, green and blue; the grain of a plain background stays below it."""


def treat(picture: Image.Image, treatment: Treatment, seed: int) -> Image.Image:
    """The RGB picture treated, in its own size; equal arguments give equal pixels."""
    if treatment == "none":
        return picture
    pixels = np.asarray(picture, np.float32) / 255
    made = _TREATMENTS[treatment](pixels, np.random.default_rng(seed))
    if made.ndim == 2:
        made = np.repeat(made[..., None], 3, axis=2)
    return _picture(made)


def _edges(pixels: Map, _: np.random.Generator) -> Map:
    return _contours(pixels, 1.4).astype(np.float32)


def _line_drawing(pixels: Map, _: np.random.Generator) -> Map:
    """A pencil's lines: the dark side of each step in brightness, so they stay thin."""
    shade, width = _shade(pixels), max(0.6, _size(pixels) / 210)
    return 1 - 0.92 * _ramp(_blurred(shade, 2.0 * width) - _blurred(shade, width), 0.012, 0.06)


def _scribble(pixels: Map, random: np.random.Generator) -> Map:
    """The longest contours, redrawn with a thick pen and an unsteady hand."""
    from scipy import ndimage

    size = _size(pixels)
    labels, count = ndimage.label(_contours(pixels, size / 60), np.ones((3, 3)))
    lengths = np.bincount(labels.ravel(), minlength=count + 1)
    lengths[0] = 0
    longest = np.argsort(lengths)[::-1][:14]
    kept = np.isin(labels, longest[lengths[longest] > size / 9])
    places = [
        place + (_rough(random, kept.shape, size / 16) - 0.5) * size / 24
        for place in np.indices(kept.shape, np.float32)
    ]
    # thickened first: moving a line of one pixel would tear it
    thick = _blurred(ndimage.binary_dilation(kept, iterations=max(1, round(size / 100))).astype(np.float32), 0.8)
    return 1 - _ramp(ndimage.map_coordinates(thick, places, order=1), 0.25, 0.6)


def _soft_edges(pixels: Map, _: np.random.Generator) -> Map:
    shade = _shade(pixels)
    strength = np.sum([_gradient(_blurred(shade, sigma)) * sigma for sigma in (1.0, 2.0, 3.5)], axis=0)
    strength = strength / max(0.05, float(np.quantile(strength, 0.995)))
    return _blurred(np.clip(strength, 0, 1) ** 0.8, 0.8)


def _depth(pixels: Map, _: np.random.Generator) -> Map:
    """Near is bright: what is low in the picture, and what differs from the colours at its rim."""
    size = _size(pixels)
    height, width = pixels.shape[:2]
    rim = np.concatenate([pixels[0], pixels[:, 0], pixels[:, -1]])
    apart = np.abs(_blurred(pixels, size / 60) - np.median(rim, axis=0)).sum(axis=2)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, axis=1)
    rough = 0.45 * down + 0.55 * _ramp(apart, 0.1, 0.9) * (0.5 + 0.5 * down)
    return 0.05 + 0.9 * _normalised(0.7 * _blurred(rough, size / 60) + 0.3 * _blurred(rough, size / 16))


def _normals(pixels: Map, _: np.random.Generator) -> Map:
    """Brightness taken for height; right is red, up is green, towards the eye is blue."""
    size = _size(pixels)
    shade = _shade(pixels)
    height = (_blurred(shade, size / 100) + 2 * _blurred(shade, size / 30)) * size / 20
    down, right = np.gradient(height)
    normal = np.stack([-right, down, np.ones_like(down)], axis=2)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    return np.asarray(0.5 + 0.5 * normal, np.float32)


def _segments(pixels: Map, _: np.random.Generator) -> Map:
    height, width = pixels.shape[:2]
    half = (max(1, width // 2), max(1, height // 2))  # borders are smoothed anyway
    small = _picture(pixels).resize(half, Image.Resampling.BOX)
    size = _size(np.asarray(small))
    smooth = _picture(_blurred(np.asarray(small, np.float32) / 255, size / 45))
    found = smooth.quantize(len(_SEGMENTS), Image.Quantize.MEDIANCUT)
    palette = np.asarray(found.getpalette(), np.float32).reshape(-1, 3)[: len(_SEGMENTS)] / 255
    labels = _like_ones_joined(palette)[np.asarray(found)]
    # each region claims what is mostly its own nearby, which leaves no crumbs and smooth borders
    shares = np.stack([_blurred((labels == k).astype(np.float32), size / 50) for k in range(len(palette))])
    ranks = np.argsort(np.argsort(palette @ _SHADE))
    flat = Image.fromarray(_SEGMENTS[ranks[shares.argmax(axis=0)]])
    return np.asarray(flat.resize((width, height), Image.Resampling.NEAREST), np.float32) / 255


def _haze(pixels: Map, _: np.random.Generator) -> Map:
    height = pixels.shape[0]
    clear = np.linspace(0.22, 0.5, height, dtype=np.float32)[:, None, None]
    air = np.array([0.80, 0.83, 0.86], np.float32)
    return _blurred(pixels, 0.8) * clear + air * (1 - clear)


def _rain(pixels: Map, random: np.random.Generator) -> Map:
    size, (height, width) = _size(pixels), pixels.shape[:2]
    drops = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(drops)
    for _ in range(round(width * height / 140)):
        x, y, length, light = random.uniform((-size / 8, -size / 8, size / 14, 90), (width, height, size / 6, 255))
        draw.line((x, y, x + 0.25 * length, y + length), fill=round(light))
    wet = np.asarray(drops.filter(ImageFilter.GaussianBlur(0.5)), np.float32)[..., None] / 255
    grey = _shade(pixels)[..., None]
    dull = 0.8 * (0.6 * pixels + 0.4 * grey) + 0.06
    return np.asarray(dull + (0.95 - dull) * 0.75 * wet)


def _blur(pixels: Map, _: np.random.Generator) -> Map:
    return _blurred(pixels, max(1.2, _size(pixels) / 55))


def _grain(pixels: Map, random: np.random.Generator) -> Map:
    coloured = random.standard_normal(pixels.shape, np.float32)
    grey = random.standard_normal((*pixels.shape[:2], 1), np.float32)
    return np.asarray(pixels * 0.9 + 0.05 + 0.14 * coloured + 0.1 * grey)


def _pixelated(pixels: Map, _: np.random.Generator) -> Map:
    height, width = pixels.shape[:2]
    block = max(3, round(_size(pixels) / 26))
    small = _picture(pixels).resize((max(1, round(width / block)), max(1, round(height / block))), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.NEAREST), np.float32) / 255


def _dark(pixels: Map, random: np.random.Generator) -> Map:
    return pixels**1.5 * 0.2 + 0.012 * random.standard_normal(pixels.shape, np.float32)


_TREATMENTS: dict[str, Callable[[Map, np.random.Generator], Map]] = {
    "edges": _edges,
    "line_drawing": _line_drawing,
    "scribble": _scribble,
    "soft_edges": _soft_edges,
    "depth": _depth,
    "normals": _normals,
    "segments": _segments,
    "haze": _haze,
    "rain": _rain,
    "blur": _blur,
    "grain": _grain,
    "pixelated": _pixelated,
    "dark": _dark,
}


def _size(pixels: Map) -> float:
    """The side of a square of equal area, to which pens and blurs are in proportion."""
    return math.sqrt(pixels.shape[0] * pixels.shape[1])


def _picture(pixels: Map) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def _like_ones_joined(palette: Map) -> npt.NDArray[np.intp]:
    """For each colour the number of the first one that is hardly different from it."""
    apart = np.abs(palette[:, None] - palette[None]).sum(axis=2)
    return np.asarray((apart < _HARDLY_DIFFERENT).argmax(axis=1))


def _rough(random: np.random.Generator, shape: tuple[int, ...], grain: float) -> Map:
    """Smooth random hills about ``grain`` pixels wide, 0 to 1."""
    few = (max(2, round(shape[0] / grain)), max(2, round(shape[1] / grain)))
    hills = Image.fromarray(random.random(few, np.float32))
    return np.asarray(hills.resize((shape[1], shape[0]), Image.Resampling.BICUBIC), np.float32)


def _shade(pixels: Map) -> Map:
    return np.asarray(pixels @ _SHADE)


def _blurred(values: Map, sigma: float) -> Map:
    from scipy import ndimage

    sigmas = (sigma, sigma) if values.ndim == 2 else (sigma, sigma, 0)
    return np.asarray(ndimage.gaussian_filter(values, sigmas, mode="nearest", truncate=3.0), np.float32)


def _gradient(values: Map) -> Map:
    """Length of the gradient, a pixel's difference each way."""
    down, right = np.gradient(values)
    return np.asarray(np.hypot(down, right), np.float32)


def _contours(pixels: Map, sigma: float) -> npt.NDArray[np.bool_]:
    """Lines of one pixel where the brightness steps, by Canny's rule; thresholds follow the picture's own contrast."""
    from skimage.feature import canny

    shade = _shade(pixels)
    return np.asarray(canny(shade, sigma, 0.6, 0.86, use_quantiles=True), bool)


def _normalised(values: Map) -> Map:
    """Stretched to 0 to 1, all 0 where it is flat."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high - low > 1e-6 else np.zeros_like(values)


def _ramp(values: Map, low: float, high: float) -> Map:
    """0 below ``low``, 1 above ``high``, straight between."""
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)
