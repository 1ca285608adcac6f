"""Read bar codes and QR codes with zxing-cpp."""

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import read_picture


class ReadBarcodeArguments(Arguments):
    """What to read."""

    image: str = file_argument("picture with a bar code or QR code")


def run(arguments: ReadBarcodeArguments, files: ToolFiles) -> ToolResult:
    """The payload; of several codes one line each, top to bottom and left to right."""
    import zxingcpp

    picture = read_picture(files, arguments.image)
    found = [code for code in zxingcpp.read_barcodes(picture) if code.valid]
    if not found:
        raise ToolError(f"no barcode found in {arguments.image}")
    found.sort(key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    return ToolResult(value="\n".join(code.text for code in found))


TOOL = Tool(
    name="read_barcode",
    version=1,
    summary="Reads QR, EAN, Code 128 and the other symbologies of zxing-cpp.",
    description="Read a bar code or QR code.",
    arguments=ReadBarcodeArguments,
    returns="str",
    result=str,
    example={"image": "file_4.png"},
    run=run,
    media_in=("image/*",),
    missing=missing_packages("zxingcpp"),
)
