"""Pictures small enough for a page: decoded with care, fitted into a frame, and written into the page itself."""

import base64
import io

from PIL import Image, UnidentifiedImageError

JPEG_QUALITY = 80
_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for files that are no pictures, are cut off, or would fill the memory."""


def open_picture(data: bytes, most: tuple[int, int]) -> Image.Image | None:
    """The picture in RGB; None where the bytes are no readable picture.

    Args:
        data: A file of any kind.
        most: Width and height in pixels that are wanted; a JPEG is decoded no finer than they need.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.draft("RGB", most)
            return picture.convert("RGB")
    except _UNREADABLE:
        return None


def fitted_size(size: tuple[int, int], most: tuple[int, int], *, enlarged: float = 1.0) -> tuple[int, int]:
    """``size`` shrunk into ``most`` with its proportions, never less than a pixel; enlarged so many times at most."""
    share = min(enlarged, most[0] / size[0], most[1] / size[1])
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def jpeg_url(picture: Image.Image) -> str:
    """The picture as a data URL, which a page holds without asking anybody for it."""
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(sink.getvalue()).decode()}"
