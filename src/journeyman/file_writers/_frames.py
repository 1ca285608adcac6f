"""Turn a clip's spec into pictures, one a frame."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from journeyman.file_writers._clip import Clip, Motion, Mover
from journeyman.file_writers._colours import rgb
from journeyman.file_writers._scene import draw_untreated, scene_seed
from journeyman.file_writers._shapes import draw_shape
from journeyman.file_writers._treatments import treat

_ROOM = 1.3
"""How much larger than the frame the scene is drawn, for the camera to move over."""
_FRAMES_A_SHOT = 4
"""At most: the shortest clip has a cut too."""
_DIM = 0.45
Window = tuple[float, float, float]
"""Left and top in shares of the room that is free, width in shares of the larger scene."""


def draw_frames(clip: Clip) -> Iterator[Image.Image]:
    """The frames in RGB, each in the scene's size.

    Raises:
        SchemaError: An item of the scene does not fit into it.
    """
    scene = clip.scene
    picture = draw_untreated(scene)
    size = picture.size
    large = picture.resize((round(size[0] * _ROOM), round(size[1] * _ROOM)), Image.Resampling.BICUBIC)
    seed = scene_seed(scene)
    jolts = np.random.default_rng(seed).uniform(0, 1, (clip.frames, 2))
    for number in range(clip.frames):
        progress = number / (clip.frames - 1)
        frame = picture.copy()
        window = _window(clip.motion, progress, jolts[number])
        if window:
            frame = _seen(large, window, size)
        elif clip.motion == "cuts":
            frame = _shot(picture, number // min(_FRAMES_A_SHOT, clip.frames // 2))
        if clip.mover:
            left, top = _place(clip.mover, progress, size)
            draw_shape(frame, clip.mover.shape, rgb(clip.mover.colour), left, top, clip.mover.size)
        if clip.motion == "flicker" and number % 2:
            frame = frame.point(lambda value: value * _DIM)
        # rain falls and grain boils, but a pen's line would tremble if it were drawn anew
        yield treat(frame, scene.treatment, seed + number if scene.treatment in {"rain", "grain"} else seed)


def _window(motion: Motion, progress: float, jolt: npt.NDArray[np.float64]) -> Window | None:
    """What the camera sees of the larger scene, or nothing where it stands still."""
    whole = 1 / _ROOM
    match motion:
        case "pan_left":
            return 1 - progress, 0.5, whole
        case "pan_right":
            return progress, 0.5, whole
        case "zoom_in":
            return 0.5, 0.5, 1 - progress * 0.5
        case "zoom_out":
            return 0.5, 0.5, 0.5 + progress * 0.5
        case "shake":
            return float(jolt[0]), float(jolt[1]), whole
        case "still" | "flicker" | "cuts":
            return None


def _seen(large: Image.Image, window: Window, size: tuple[int, int]) -> Image.Image:
    width, height = large.width * window[2], large.height * window[2]
    left, top = (large.width - width) * window[0], (large.height - height) * window[1]
    return large.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))


def _shot(picture: Image.Image, number: int) -> Image.Image:
    """Another look at the scene: by turns mirrored, closer, in other colours."""
    kind = number % 4
    if kind == 0:
        return picture.copy()
    if kind == 1:
        red, green, blue = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).split()
        return Image.merge("RGB", (green, blue, red))
    if kind == 2:
        return _seen(picture, (0.3, 0.6, 0.5), picture.size)
    red, green, blue = _seen(picture, (0.7, 0.3, 0.6), picture.size).transpose(Image.Transpose.FLIP_TOP_BOTTOM).split()
    return Image.merge("RGB", (blue, red, green))


def _place(mover: Mover, progress: float, size: tuple[int, int]) -> tuple[int, int]:
    """Left and top of the mover; it stays inside the frame."""
    across, down = size[0] - mover.size, size[1] - mover.size
    x, y = 0.5, 0.5
    match mover.direction:
        case "left":
            x = 1 - progress
        case "right":
            x = progress
        case "up":
            y = 1 - progress
        case "down":
            y = progress
        case "circle":
            x, y = 0.5 + 0.5 * math.sin(math.tau * progress), 0.5 - 0.5 * math.cos(math.tau * progress)
        case "bounce":
            x, y = _there_and_back(0.1 + 1.5 * progress), _there_and_back(0.3 + 2.5 * progress)
    return round(x * across), round(y * down)


def _there_and_back(way: float) -> float:
    return 1 - abs(1 - way % 2)
