"""What can lie on a picture: the items of a scene's spec."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from journeyman.errors import ConfigError
from journeyman.file_writers._barcodes import ean13_check_digit
from journeyman.file_writers._colours import Colour
from journeyman.file_writers._figures import Pose
from journeyman.file_writers._shapes import Shape
from journeyman.file_writers._tables import Spec, Title
from journeyman.photographs import find_photograph

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


class FigureItem(Spec):
    """A stick figure with a round head, as pose pictures show one."""

    kind: Literal["figure"] = "figure"
    pose: Pose
    left: Pixel
    top: Pixel
    height: Annotated[int, Field(ge=12, le=4096)]
    """Of its box in pixels; the box is 0.7 times as wide."""
    colour: Colour = "black"


Item = Annotated[
    TextItem | PanelItem | BarcodeItem | PhotographItem | ShapeItem | BarsItem | FigureItem, Field(discriminator="kind")
]
