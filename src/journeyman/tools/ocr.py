"""Read the text in a picture with PP-OCR v6, whose weights are in the rapidocr wheel."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PIL import Image
from pydantic import BaseModel, Field

from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import read_picture
from journeyman.tools._pictures.proportions import check_proportions

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
    boxes: bool = Field(default=False, description="give each piece of text with its box and score")


class Print(BaseModel):
    """A piece of text that stands together."""

    text: str
    box: tuple[int, int, int, int] = Field(description="[left, top, right, bottom] in pixels")
    score: float = Field(ge=0, le=1)


def run(arguments: OcrArguments, files: ToolFiles) -> ToolResult:
    """The text, one line a row of print, top to bottom and left to right; empty when there is none.

    With ``boxes`` its pieces in the same order, in pixels of the picture as it is seen upright.
    """
    import numpy as np

    picture = read_picture(files, arguments.image)
    check_proportions(picture, arguments.image)
    sized = _readable_size(picture)
    pixels = np.asarray(sized)[:, :, ::-1]  # the models were trained on OpenCV's BGR
    found = _engine()(np.ascontiguousarray(pixels))
    if found.txts is None:
        return ToolResult(value=[] if arguments.boxes else "")
    lines = _lines(found.boxes)
    if not arguments.boxes:
        return ToolResult(value="\n".join(" ".join(found.txts[i] for i in line) for line in lines))
    scale = (picture.width / sized.width, picture.height / sized.height)
    return ToolResult(
        value=[
            {
                "text": found.txts[i],
                "box": _upright(found.boxes[i], scale, picture.size),
                "score": round(float(found.scores[i]), 3),
            }
            for line in lines
            for i in line
        ]
    )


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


def _lines(boxes: "np.ndarray[Any, Any]") -> list[list[int]]:
    """Indices of ``boxes`` (n, 4, 2) that stand on one line, left to right; the lines top to bottom."""
    spans = [(float(b[:, 1].mean()), float(b[:, 1].max() - b[:, 1].min()), float(b[:, 0].min())) for b in boxes]
    lines: list[list[int]] = []
    for index in sorted(range(len(spans)), key=lambda i: spans[i][0]):
        centre, height, _ = spans[index]
        if lines and abs(centre - spans[lines[-1][0]][0]) < SAME_LINE * min(height, spans[lines[-1][0]][1]):
            lines[-1].append(index)
        else:
            lines.append([index])
    return [sorted(line, key=lambda i: spans[i][2]) for line in lines]


def _upright(corners: "np.ndarray[Any, Any]", scale: tuple[float, float], size: tuple[int, int]) -> list[int]:
    """The box around ``corners`` (4, 2), times ``scale``, inside a picture of ``size``."""
    edges = (*(corners.min(axis=0) * scale), *(corners.max(axis=0) * scale))
    return [min(max(0, round(float(edge))), side) for edge, side in zip(edges, size * 2, strict=True)]


TOOL = Tool(
    name="ocr",
    version=2,
    summary="Reads printed text in a picture (PP-OCR v6 small, through rapidocr and onnxruntime).",
    description="Read the text in a picture.",
    arguments=OcrArguments,
    returns="str, or list of {text, box, score}",
    result=str | list[Print],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    licence="Apache-2.0",
    heavy=True,
    warm_up=_engine,
    missing=missing_packages("rapidocr", "onnxruntime"),
    covers=(Covers("GTA", "OCR"), Covers("GTA", "MathOCR", "characters line by line, no LaTeX")),
)
