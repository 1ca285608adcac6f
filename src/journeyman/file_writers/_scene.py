"""The spec that png and jpg share, and how it is drawn.

Items are drawn in order, later ones over earlier ones. An item that does not fit into the picture is
refused: a cut-off text or barcode would make a wrong question of a right one.
"""

import hashlib
import io
from typing import Annotated, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont
from pydantic import Field, model_validator

from journeyman.errors import ConfigError, SchemaError
from journeyman.file_reader import picture_size
from journeyman.file_writers._barcodes import draw_barcode, ean13_check_digit, read_barcodes
from journeyman.file_writers._colours import Colour, rgb
from journeyman.file_writers._shapes import Shape, draw_shape
from journeyman.file_writers._tables import Spec, Title, cell_text
from journeyman.photographs import find_photograph, photograph_bytes

Pixel = Annotated[int, Field(ge=0, le=4096)]
Length = Annotated[int, Field(ge=1, le=4096)]


class TextItem(Spec):
    """Printed text; line feeds start new lines."""

    kind: Literal["text"] = "text"
    text: Title
    left: Pixel
    top: Pixel
    size: Annotated[int, Field(ge=6, le=300)]
    """Font size in pixels."""
    colour: Colour = "black"


class PanelItem(Spec):
    """A filled rectangle: a sign, a label, a card to write on."""

    kind: Literal["panel"] = "panel"
    left: Pixel
    top: Pixel
    width: Length
    height: Length
    colour: Colour


class BarcodeItem(Spec):
    """A barcode on white, quiet zone included."""

    kind: Literal["barcode"] = "barcode"
    symbology: Literal["qr", "ean13", "code128"]
    payload: Title
    left: Pixel
    top: Pixel
    width: Length
    """Pixels it may take; modules are whole pixels, so it can come out narrower."""
    height: Length | None = None
    """Of a linear code; 0.4 of the width when left out."""

    @model_validator(mode="after")
    def _payload_fits_the_symbology(self) -> "BarcodeItem":
        if self.symbology == "ean13":
            if len(self.payload) != 13 or not (self.payload.isascii() and self.payload.isdigit()):
                raise ValueError(f"EAN-13 payload {self.payload!r} is not 13 digits")
            if self.payload[12] != ean13_check_digit(self.payload):
                raise ValueError(f"EAN-13 {self.payload} must end in {ean13_check_digit(self.payload)}")
        if self.symbology == "code128" and not all(" " <= c <= "~" for c in self.payload):
            raise ValueError(f"Code 128 payload {self.payload!r} has characters outside ASCII; use qr")
        return self


class PhotographItem(Spec):
    """A real photograph, or a piece of it, scaled and pasted."""

    kind: Literal["photograph"] = "photograph"
    name: str
    """See ``journeyman.photographs``."""
    crop: tuple[Pixel, Pixel, Pixel, Pixel] | None = None
    """Left, top, right, bottom in the photograph's own pixels; the whole when left out."""
    left: Pixel
    top: Pixel
    width: Length
    height: Length | None = None
    """Keeps the proportions when left out."""
    mirror: bool = False
    brightness: Annotated[float, Field(ge=0.2, le=2.0)] = 1.0

    @model_validator(mode="after")
    def _is_a_photograph(self) -> "PhotographItem":
        try:
            find_photograph(self.name)
        except ConfigError as exc:
            raise ValueError(str(exc)) from exc
        return self


class ShapeItem(Spec):
    """One filled shape in its bounding square."""

    kind: Literal["shape"] = "shape"
    shape: Shape
    colour: Colour
    left: Pixel
    top: Pixel
    size: Length
    """Side of the bounding square in pixels."""


class BarsItem(Spec):
    """A vertical bar chart with labels below the bars and values above them."""

    kind: Literal["bars"] = "bars"
    values: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = Field(min_length=1, max_length=12)
    labels: tuple[Annotated[Title, Field(max_length=20)], ...]
    left: Pixel
    top: Pixel
    width: Length
    height: Annotated[int, Field(ge=40, le=4096)]
    colour: Colour = "blue"
    show_values: bool = True

    @model_validator(mode="after")
    def _every_bar_has_a_label(self) -> "BarsItem":
        if len(self.labels) != len(self.values):
            raise ValueError(f"{len(self.values)} values have {len(self.labels)} labels")
        return self


Item = Annotated[
    TextItem | PanelItem | BarcodeItem | PhotographItem | ShapeItem | BarsItem, Field(discriminator="kind")
]


class Scene(Spec):
    """A picture: a background and what is on it."""

    width: Annotated[int, Field(ge=16, le=4096)]
    height: Annotated[int, Field(ge=16, le=4096)]
    background: Colour = "white"
    noise: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Grain on the background; 1 shifts a pixel by up to 64 of 255."""
    items: tuple[Item, ...] = Field(default=(), max_length=60)


def draw_scene(scene: Scene) -> Image.Image:
    """The scene in RGB.

    Raises:
        SchemaError: An item does not fit into the picture, or the font lacks a letter.
    """
    canvas = _background(scene)
    for item in scene.items:
        _draw(item, canvas)
    return canvas


def scene_facts(scene: Scene) -> tuple[str, ...]:
    """The picture's size and the payload of each barcode; what it shows otherwise only eyes can read."""
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
    seed = int.from_bytes(hashlib.sha256(scene.model_dump_json().encode()).digest()[:8])
    grain = np.random.default_rng(seed).uniform(-64, 64, (scene.height, scene.width, 1)) * scene.noise
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
    photograph = Image.open(io.BytesIO(photograph_bytes(item.name))).convert("RGB")
    if item.crop:
        left, top, right, bottom = item.crop
        if not (left < right <= photograph.width and top < bottom <= photograph.height):
            raise SchemaError(
                f"crop {item.crop} is not inside {item.name!r}, which has {photograph.width}x{photograph.height} pixels"
            )
        photograph = photograph.crop(item.crop)
    height = item.height or max(1, round(item.width * photograph.height / photograph.width))
    photograph = photograph.resize((item.width, height), Image.Resampling.LANCZOS)
    if item.mirror:
        photograph = photograph.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageEnhance.Brightness(photograph).enhance(item.brightness)


def _refuse_outside(what: str, box: tuple[float, float, float, float], canvas: Image.Image) -> None:
    if box[0] < 0 or box[1] < 0 or box[2] > canvas.width or box[3] > canvas.height:
        shown = tuple(round(edge) for edge in box)
        raise SchemaError(
            f"{what} at {shown} leaves the picture of {canvas.width}x{canvas.height} pixels; move or shrink it"
        )
