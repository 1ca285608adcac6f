"""Open the agent's pictures, and write new ones: the one place where picture tools meet Pillow."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from journeyman.errors import ToolError
from journeyman.tool import ToolFiles

MAX_PIXELS = 40_000_000
"""Decoded, 40 megapixels take 120 MB; more is a decompression bomb or a scan no tool here needs."""

# A closed list: Pillow's EPS reader would start Ghostscript on whatever the file says.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")


def read_picture(files: ToolFiles, name: str) -> Image.Image:
    """The picture ``name`` as upright RGB, transparency laid on white; of an animation the first frame.

    Raises:
        ToolError: Missing, not a picture, damaged, or over ``MAX_PIXELS``.
    """
    data = files.read(name)
    if not data:
        raise ToolError(f"{name} is empty")
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise ToolError(f"{name} is {picture.width} x {picture.height} pixels; the limit is {MAX_PIXELS:,} pixels")
        picture.load()
        return _opaque(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError as exc:
        raise ToolError(f"{name} is not a picture (png, jpg, gif, webp, bmp or tiff)") from exc
    except Image.DecompressionBombError as exc:
        raise ToolError(f"{name} has too many pixels; the limit is {MAX_PIXELS:,}") from exc
    # Pillow's decoders raise these and no common class of their own.
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, ArithmeticError) as exc:
        raise ToolError(f"{name} is a damaged picture: {exc}") from exc


def png_bytes(picture: Image.Image) -> bytes:
    """``picture`` as PNG without metadata; equal pixels give equal bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        # 16 and 32 bit grey: convert("RGB") would clip everything above 255 to white.
        low, high = picture.convert("F").getextrema()
        span = (float(high) - float(low)) or 1.0  # type: ignore[arg-type]  # one band: a pair of numbers
        return picture.convert("F").point(lambda v: (v - float(low)) * (255.0 / span)).convert("L").convert("RGB")  # type: ignore[arg-type]
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")
