"""Barcodes as grids of modules.

Written by segno (QR), by ReportLab (Code 128) and by the table below (EAN-13), so that zxing, which
reads them back, has no part in writing them.
"""

import io

import numpy as np
import segno
import zxingcpp
from PIL import Image
from reportlab.graphics.barcode import code128

from journeyman.errors import SchemaError

# ISO/IEC 15420: seven modules a digit; set B is set C read backwards, set C is set A inverted.
_SET_A = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_PARITY = ("AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA")
_QUIET = 10
"""Blank modules on either side of a linear code, as Code 128 asks."""


def ean13_check_digit(digits: str) -> str:
    """The thirteenth digit for the first twelve."""
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits[:12]))
    return str(-total % 10)


def draw_barcode(symbology: str, payload: str, width: int, height: int | None) -> Image.Image:
    """The code in black on white with its quiet zone, at most ``width`` pixels wide, whole pixels a module.

    Args:
        symbology: ``qr``, ``ean13`` or ``code128``.
        payload: What it says; for EAN-13 all 13 digits.
        width: Pixels it may take; modules are as large as fit.
        height: Pixels, for the two linear codes; 0.4 of the width when None. A QR code is square.

    Raises:
        SchemaError: The code has more modules than ``width`` has pixels.
    """
    rows = _qr(payload) if symbology == "qr" else [_ean13(payload) if symbology == "ean13" else _code128(payload)]
    scale = width // len(rows[0])
    if scale < 1:
        raise SchemaError(f"{symbology} of {payload!r} needs {len(rows[0])} pixels, it has {width}; make it wider")
    modules = np.array([[c == "1" for c in row] for row in rows])
    pixels = np.repeat(modules, scale, axis=1)
    pixels = np.repeat(pixels, scale if symbology == "qr" else height or round(width * 0.4), axis=0)
    return Image.fromarray(np.where(pixels, 0, 255).astype(np.uint8)).convert("RGB")


def read_barcodes(picture: bytes) -> tuple[str, ...]:
    """Texts of all barcodes that zxing finds, in its order."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return tuple(result.text for result in zxingcpp.read_barcodes(np.asarray(image)))


def _qr(payload: str) -> list[str]:
    code = segno.make(payload, error="m", micro=False)
    return ["".join("1" if bit else "0" for bit in row) for row in code.matrix_iter(border=4)]


def _ean13(payload: str) -> str:
    left = "".join(
        _SET_A[int(d)] if parity == "A" else _inverted(_SET_A[int(d)])[::-1]
        for d, parity in zip(payload[1:7], _PARITY[int(payload[0])], strict=True)
    )
    right = "".join(_inverted(_SET_A[int(d)]) for d in payload[7:])
    return f"{'0' * _QUIET}101{left}01010{right}101{'0' * _QUIET}"


def _inverted(modules: str) -> str:
    return modules.translate(str.maketrans("01", "10"))


def _code128(payload: str) -> str:
    code = code128.Code128(payload, quiet=0)
    code.validate()
    code.encode()
    code.decompose()
    # ReportLab spells widths as letters: A-D bars, a-d spaces, of 1 to 4 modules
    bars = "".join(("1" if c.isupper() else "0") * (ord(c.lower()) - ord("a") + 1) for c in code.decomposed)
    return f"{'0' * _QUIET}{bars}{'0' * _QUIET}"
