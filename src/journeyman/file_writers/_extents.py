"""Where in its bounding square a shape is drawn: a star does not reach the square's lower edge."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from PIL import Image

from journeyman.file_writers._shapes import Shape, draw_shape


def box_in_shares(item: Mapping[str, Any], spec: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a shape item of a scene's spec, as shares of width and height, three places."""
    left, top, right, bottom = _drawn(item["shape"], item["size"])
    across, down = item["left"], item["top"]
    width, height = spec["width"], spec["height"]
    return (
        round((across + left) / width, 3),
        round((down + top) / height, 3),
        round((across + right) / width, 3),
        round((down + bottom) / height, 3),
    )


@lru_cache(maxsize=1024)
def _drawn(shape: Shape, size: int) -> tuple[int, int, int, int]:
    """The pixels of its square that ``shape`` covers by half or more; right and bottom are the first outside."""
    canvas = Image.new("RGB", (size, size))
    draw_shape(canvas, shape, (255, 255, 255), 0, 0, size)
    box = canvas.convert("L").point(lambda level: 255 * (level >= 128)).getbbox()
    return box or (0, 0, size, size)
