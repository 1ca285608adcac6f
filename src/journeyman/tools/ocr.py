"""Read the text in a picture with PP-OCR v6, whose weights are in the rapidocr wheel."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PIL import Image

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._picture import read_picture

if TYPE_CHECKING:
    import numpy as np

SHORT_SIDE = 320
"""Smaller pictures are enlarged to this, at most twofold; a 224 x 160 picture then takes 0.1 s."""
LONG_SIDE = 1600
"""Larger pictures are reduced to this: time grows with the area."""
SAME_LINE = 0.5
"""Boxes whose centres are nearer than this share of their height stand on one line."""


class OcrArguments(Arguments):
    """What to read."""

    image: str = file_argument("picture to read")


def run(arguments: OcrArguments, files: ToolFiles) -> ToolResult:
    """The text, one line a row of print, top to bottom and left to right; empty when there is none."""
    import numpy as np

    picture = _readable_size(read_picture(files, arguments.image))
    pixels = np.asarray(picture)[:, :, ::-1]  # the models were trained on OpenCV's BGR
    found = _engine()(np.ascontiguousarray(pixels))
    if found.txts is None:
        return ToolResult(value="")
    return ToolResult(value="\n".join(_lines(found.boxes, found.txts)))


def _readable_size(picture: Image.Image) -> Image.Image:
    short, long = min(picture.size), max(picture.size)
    scale = min(max(SHORT_SIDE / short, 1.0), 2.0, LONG_SIDE / long)
    if scale == 1.0:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC)


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            # One thread: the tool host runs beside training ranks and other hosts on few cores.
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Global.log_level": "error",
            # The default turns upside-down lines, at the price of a third model run on every line.
            "Global.use_cls": False,
            # The default enlarges every picture to 736 px before detection: 1.5 s instead of 0.06 s.
            "Det.limit_type": "max",
            "Det.limit_side_len": LONG_SIDE,
        }
    )


def _lines(boxes: "np.ndarray[Any, Any]", texts: tuple[str, ...]) -> list[str]:
    """Join boxes (n, 4, 2) that stand on one line, left to right."""
    spans = [(float(b[:, 1].mean()), float(b[:, 1].max() - b[:, 1].min()), float(b[:, 0].min())) for b in boxes]
    lines: list[list[int]] = []
    for index in sorted(range(len(spans)), key=lambda i: spans[i][0]):
        centre, height, _ = spans[index]
        if lines and abs(centre - spans[lines[-1][0]][0]) < SAME_LINE * min(height, spans[lines[-1][0]][1]):
            lines[-1].append(index)
        else:
            lines.append([index])
    return [" ".join(texts[i] for i in sorted(line, key=lambda i: spans[i][2])) for line in lines]


TOOL = Tool(
    name="ocr",
    version=1,
    summary="Reads printed text in a picture (PP-OCR v6 small, through rapidocr and onnxruntime).",
    description="Read the text in a picture.",
    arguments=OcrArguments,
    returns="str",
    run=run,
    media_in=("image/*",),
    licence="Apache-2.0",
    heavy=True,
    missing=missing_packages("rapidocr", "onnxruntime"),
)
