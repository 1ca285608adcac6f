"""The spec that png and jpg share, and how it is drawn.

Items are drawn in order, later ones over earlier ones. An item that does not fit into the picture is
refused: a cut-off text or barcode would make a wrong question of a right one.
"""

import hashlib
import io
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from journeyman.errors import ConfigError, SchemaError
from journeyman.file_reader import picture_size
from journeyman.file_writers._barcodes import draw_barcode, read_barcodes
from journeyman.file_writers._colours import Colour, rgb
from journeyman.file_writers._figures import draw_figure, figure_width
from journeyman.file_writers._items import (
    BarcodeItem,
    BarsItem,
    FigureItem,
    Item,
    PanelItem,
    PhotographItem,
    ShapeItem,
    TextItem,
)
from journeyman.file_writers._shapes import draw_shape
from journeyman.file_writers._tables import Spec, cell_text
from journeyman.file_writers._treatments import Treatment, treat
from journeyman.photographs import photograph_bytes

_LARGEST_KEPT = 512
"""Pixels that a scaled photograph may have a side to be kept in memory for the next scene."""


class Scene(Spec):
    """A picture: a background and what is on it."""

    width: Annotated[int, Field(ge=16, le=4096)]
    height: Annotated[int, Field(ge=16, le=4096)]
    background: Colour = "white"
    noise: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Grain on the background; 1 shifts a pixel by up to 64 of 255."""
    items: tuple[Item, ...] = Field(default=(), max_length=60)
    treatment: Treatment = "none"
    """Done to the finished picture; random parts follow from the spec."""

    @model_serializer(mode="wrap")
    def _leave_out_no_treatment(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A scene without treatment keeps the JSON, and so the grain and the digest, it had before there were any."""
        content: dict[str, Any] = dump(self)
        if self.treatment == "none":
            content.pop("treatment", None)
        return content


def draw_scene(scene: Scene) -> Image.Image:
    """The scene in RGB.

    Raises:
        SchemaError: An item does not fit into the picture, or the font lacks a letter.
    """
    return treat(draw_untreated(scene), scene.treatment, scene_seed(scene))


def draw_untreated(scene: Scene) -> Image.Image:
    """The scene in RGB before its treatment.

    Raises:
        SchemaError: An item does not fit into the picture, or the font lacks a letter.
    """
    canvas = _background(scene)
    for item in scene.items:
        _draw(item, canvas)
    return canvas


def scene_seed(scene: Scene) -> int:
    """64 bits that follow from everything in the scene; what is random about it starts from them."""
    return int.from_bytes(hashlib.sha256(scene.model_dump_json().encode()).digest()[:8])


def scene_facts(scene: Scene) -> tuple[str, ...]:
    """The picture's size and the payload of each barcode; what it shows otherwise only eyes can read.

    A treatment may leave barcodes unreadable, as it is meant to, so a treated scene promises its size only.
    """
    if scene.treatment != "none":
        return (f"{scene.width}x{scene.height}",)
    payloads = [f"barcode {i.payload}" for i in scene.items if isinstance(i, BarcodeItem)]
    return (f"{scene.width}x{scene.height}", *payloads)


def reopen_scene(data: bytes) -> str:
    """The picture's size and every barcode that zxing reads on it."""
    _, width, height = picture_size(data, "the written picture")
    return "\n".join([f"{width}x{height}", *(f"barcode {text}" for text in read_barcodes(data))])


def _background(scene: Scene) -> Image.Image:
    canvas = Image.new("RGB", (scene.width, scene.height), rgb(scene.background))
    if not scene.noise:
        return canvas
    grain = np.random.default_rng(scene_seed(scene)).uniform(-64, 64, (scene.height, scene.width, 1)) * scene.noise
    return Image.fromarray(np.clip(np.asarray(canvas) + grain, 0, 255).astype(np.uint8))


def _draw(item: Item, canvas: Image.Image) -> None:
    match item:
        case TextItem():
            _draw_text(item, canvas)
        case PanelItem():
            _paste(Image.new("RGB", (item.width, item.height), rgb(item.colour)), item, canvas)
        case BarcodeItem():
            _paste(draw_barcode(item.symbology, item.payload, item.width, item.height), item, canvas)
        case PhotographItem():
            _paste(_photograph(item), item, canvas)
        case ShapeItem():
            _refuse_outside(item.kind, (item.left, item.top, item.left + item.size, item.top + item.size), canvas)
            draw_shape(canvas, item.shape, rgb(item.colour), item.left, item.top, item.size)
        case FigureItem():
            right, bottom = item.left + figure_width(item.height), item.top + item.height
            _refuse_outside(f"{item.pose} figure", (item.left, item.top, right, bottom), canvas)
            draw_figure(canvas, item.pose, rgb(item.colour), item.left, item.top, item.height)
        case BarsItem():
            _draw_bars(item, canvas)


def _paste(piece: Image.Image, item: PanelItem | BarcodeItem | PhotographItem, canvas: Image.Image) -> None:
    box = (item.left, item.top, item.left + piece.width, item.top + piece.height)
    _refuse_outside(item.kind, box, canvas)
    canvas.paste(piece, (item.left, item.top))


def _draw_text(item: TextItem, canvas: Image.Image) -> None:
    font = _font(item.size, item.text)
    draw = ImageDraw.Draw(canvas)
    box = draw.multiline_textbbox((item.left, item.top), item.text, font=font)
    _refuse_outside(f"text {item.text!r}", box, canvas)
    draw.multiline_text((item.left, item.top), item.text, fill=rgb(item.colour), font=font)


def _draw_bars(item: BarsItem, canvas: Image.Image) -> None:
    _refuse_outside(item.kind, (item.left, item.top, item.left + item.width, item.top + item.height), canvas)
    draw = ImageDraw.Draw(canvas)
    slot = item.width / len(item.values)
    values = [cell_text(float(f"{v:.6g}")) for v in item.values]
    font = _fitting_font((*item.labels, *(values if item.show_values else ())), slot - 2, item.height / 6)
    line = font.size + 4
    base, highest = item.top + item.height - line, item.top + (line if item.show_values else 0)
    tallest = max(item.values) or 1.0
    for index, (value, label, shown) in enumerate(zip(item.values, item.labels, values, strict=True)):
        middle = item.left + slot * (index + 0.5)
        top = base - round((base - highest) * value / tallest)
        draw.rectangle((round(middle - slot * 0.32), top, round(middle + slot * 0.32), base), fill=rgb(item.colour))
        draw.text((middle, base + 2), label, fill=(0, 0, 0), font=font, anchor="ma")
        if item.show_values:
            draw.text((middle, top - 2), shown, fill=(0, 0, 0), font=font, anchor="ms")
    draw.line((item.left, base, item.left + item.width - 1, base), fill=(0, 0, 0))


def _fitting_font(texts: tuple[str, ...], width: float, height: float) -> ImageFont.FreeTypeFont:
    """The largest font of 8 to 24 pixels in which every text is at most ``width`` wide."""
    for size in range(max(8, min(24, int(height))), 7, -1):
        font = _font(size, "".join(texts))
        if max(font.getlength(text) for text in texts) <= width:
            return font
    raise SchemaError(f"bars have {width:.0f} pixels for each label, too few for {max(texts, key=len)!r}; widen them")


def _font(size: int, text: str) -> ImageFont.FreeTypeFont:
    """Pillow's own Aileron, so that a picture is the same on every machine."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise ConfigError("Pillow was built without FreeType, which text in pictures needs; install its wheel")
    missing = bytes(font.getmask("\U0010fffd"))
    for letter in sorted(set(text)):
        if not letter.isspace() and bytes(font.getmask(letter)) == missing:
            raise SchemaError(f"picture font has no letter {letter!r}; use Latin letters")
    return font


def _photograph(item: PhotographItem) -> Image.Image:
    is_small = max(item.width, item.height or 0) <= _LARGEST_KEPT
    scale = _scaled_photograph if is_small else _scaled_photograph.__wrapped__
    photograph = scale(item.name, item.crop, item.width, item.height)
    if item.mirror:
        photograph = photograph.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageEnhance.Brightness(photograph).enhance(item.brightness)


@lru_cache(maxsize=64)  # few sizes recur; shared between threads, so never drawn upon
def _scaled_photograph(
    name: str, crop: tuple[int, int, int, int] | None, width: int, height: int | None
) -> Image.Image:
    photograph = _decoded_photograph(name)
    if crop:
        left, top, right, bottom = crop
        if not (left < right <= photograph.width and top < bottom <= photograph.height):
            raise SchemaError(
                f"crop {crop} is not inside {name!r}, which has {photograph.width}x{photograph.height} pixels"
            )
        photograph = photograph.crop(crop)
    height = height or max(1, round(width * photograph.height / photograph.width))
    return photograph.resize((width, height), Image.Resampling.LANCZOS)


@lru_cache(maxsize=32)
def _decoded_photograph(name: str) -> Image.Image:
    return Image.open(io.BytesIO(photograph_bytes(name))).convert("RGB")


def _refuse_outside(what: str, box: tuple[float, float, float, float], canvas: Image.Image) -> None:
    if box[0] < 0 or box[1] < 0 or box[2] > canvas.width or box[3] > canvas.height:
        shown = tuple(round(edge) for edge in box)
        raise SchemaError(
            f"{what} at {shown} leaves the picture of {canvas.width}x{canvas.height} pixels; move or shrink it"
        )
