"""Draw QR codes with segno and the other bar codes with zxing-cpp."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image
from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import png_bytes

if TYPE_CHECKING:
    pass

Kind = Literal["QR", "Aztec", "Data Matrix", "PDF417", "EAN-13", "EAN-8", "Code 128", "Code 39", "ITF"]

MODULE_PIXELS = 6
"""Width of the smallest square or bar."""
MOST_PIXELS = 1600
"""Of the longer side: long texts get smaller modules, down to one pixel."""
QUIET_MODULES = 4
"""White margin of a QR code that ISO/IEC 18004 asks for."""


@dataclass(frozen=True, slots=True)
class _Symbology:
    name: str
    """In zxing-cpp."""
    text: str
    """Regular expression of what it can hold."""
    words: str
    """The same for people."""


_NO_CONTROLS = r"[^\x00-\x08\x0b-\x1f\x7f]"
_SYMBOLOGIES: Mapping[Kind, _Symbology] = {
    "QR": _Symbology("QRCode", _NO_CONTROLS + "{1,1000}", "1 to 1000 characters, no control characters"),
    "Aztec": _Symbology("AztecCode", _NO_CONTROLS + "{1,800}", "1 to 800 characters, no control characters"),
    "Data Matrix": _Symbology("DataMatrix", _NO_CONTROLS + "{1,500}", "1 to 500 characters, no control characters"),
    "PDF417": _Symbology("PDF417", _NO_CONTROLS + "{1,500}", "1 to 500 characters, no control characters"),
    "EAN-13": _Symbology("EAN13", r"[0-9]{12,13}", "12 digits, to which the check digit is added, or all 13"),
    "EAN-8": _Symbology("EAN8", r"[0-9]{7,8}", "7 digits, to which the check digit is added, or all 8"),
    "Code 128": _Symbology("Code128", r"[ -~]{1,80}", "1 to 80 characters of printable ASCII"),
    "Code 39": _Symbology("Code39", r"[0-9A-Z\-. $/+%]{1,40}", "1 to 40 of A-Z, 0-9 and - . space $ / + %"),
    "ITF": _Symbology("ITF", r"(?:[0-9]{2}){3,20}", "an even number of digits, 6 to 40"),
}


class MakeBarcodeArguments(Arguments):
    """What to encode, and how."""

    text: str = Field(description="what the code says")
    kind: Kind = Field(default="QR", description="symbology")


def run(arguments: MakeBarcodeArguments, files: ToolFiles) -> ToolResult:
    """Write the code as a new PNG, after reading it back."""
    text, symbology = arguments.text, _SYMBOLOGIES[arguments.kind]
    if re.fullmatch(symbology.text, text) is None:
        shown = text if len(text) <= 60 else f"{text[:60]}... ({len(text):,} characters)"
        raise ToolError(f"{arguments.kind} cannot hold {shown!r}; it takes {symbology.words}")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise ToolError("the text has half of a surrogate pair, which is no character") from exc
    modules = _qr_modules(text) if arguments.kind == "QR" else _other_modules(text, arguments.kind)
    scale = max(1, min(MODULE_PIXELS, MOST_PIXELS // max(modules.size)))
    picture = modules.resize((modules.width * scale, modules.height * scale), Image.Resampling.NEAREST)
    if not _says(picture, text):
        raise ToolError(f"this text as {arguments.kind} does not read back the same; shorten it or take another kind")
    name = files.write("barcode.png", png_bytes(picture))
    return ToolResult(value=name, images=(name,))


def _qr_modules(text: str) -> Image.Image:
    import segno

    # Without the ECI header readers guess the encoding, and guess wrong on short texts. The byte mode is said
    # because segno takes UTF-8 that happens to be valid Shift JIS for kanji.
    how: dict[str, Any] = {} if text.isascii() else {"encoding": "utf-8", "eci": True, "mode": "byte"}
    try:
        code = segno.make(text, error="m", micro=False, **how)
    except segno.DataOverflowError as exc:
        raise ToolError(f"a QR code cannot hold {len(text.encode()):,} bytes; it takes 2,331") from exc
    size = len(code.matrix)
    modules = Image.frombytes("L", (size, size), bytes(0 if dark else 255 for row in code.matrix for dark in row))
    framed = Image.new("L", (size + 2 * QUIET_MODULES,) * 2, 255)
    framed.paste(modules, (QUIET_MODULES, QUIET_MODULES))
    return framed


def _other_modules(text: str, kind: Kind) -> Image.Image:
    import numpy as np
    import zxingcpp

    try:
        code = zxingcpp.create_barcode(text, getattr(zxingcpp, _SYMBOLOGIES[kind].name))
    except (ValueError, RuntimeError) as exc:
        raise ToolError(f"{text[:60]!r} is no {kind}: {exc}") from exc
    pixels: np.ndarray[Any, Any] = np.array(zxingcpp.write_barcode_to_image(code, scale=1))
    framed = Image.new("L", (pixels.shape[1] + 20, pixels.shape[0] + 20), 255)
    framed.paste(Image.fromarray(pixels), (10, 10))
    return framed


def _says(picture: Image.Image, text: str) -> bool:
    import zxingcpp

    found = [code.text for code in zxingcpp.read_barcodes(picture) if code.valid]
    # Of an EAN without its check digit, the reader gives it too.
    return len(found) == 1 and found[0] in (text, text + found[0][-1:])


TOOL = Tool(
    name="make_barcode",
    version=1,
    summary="Draws QR codes (segno) and EAN, Code 128, Code 39, ITF, Aztec, Data Matrix and PDF417 (zxing-cpp).",
    description="Draw a QR code or bar code.",
    arguments=MakeBarcodeArguments,
    returns="name of the new picture",
    result=str,
    example={"text": "4006381333931", "kind": "EAN-13"},
    run=run,
    media_out=("image/png",),
    licence="BSD-3-Clause AND Apache-2.0",
    missing=missing_packages("segno", "zxingcpp"),
)
