"""Find frontal faces with the LBP cascade that scikit-image ships."""

from functools import lru_cache
from typing import Any

from PIL import Image

from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import read_picture
from journeyman.tools._pictures.proportions import check_proportions

LONG_SIDE = 448
"""Larger pictures are searched at this size: time grows with the area, and so do false faces in texture."""
SMALLEST_FACE = 24
"""Side in pixels, after reducing; the cascade was trained on 24 x 24 crops."""
SMALLEST_SHARE = 0.1
"""Of the picture's short side: smaller squares take half the time and give most of the false faces."""
NEIGHBOURS = 8
"""Overlapping hits that make a face: the library's default of 4 sees faces in cups and petals."""


class DetectFacesArguments(Arguments):
    """Where to look."""

    image: str = file_argument("picture to search")


def run(arguments: DetectFacesArguments, files: ToolFiles) -> ToolResult:
    """Boxes ``[left, top, right, bottom]`` in the picture's own pixels, left to right; empty when no face is seen."""
    import numpy as np

    picture = read_picture(files, arguments.image)
    check_proportions(picture, arguments.image)
    scale = min(1.0, LONG_SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    smallest = max(SMALLEST_FACE, round(SMALLEST_SHARE * min(size)))
    if min(size) < smallest:
        return ToolResult(value=[])
    small = picture if size == picture.size else picture.resize(size, Image.Resampling.BICUBIC)
    found = _cascade().detect_multi_scale(
        img=np.asarray(small),
        scale_factor=1.1,
        step_ratio=1,
        min_size=(smallest, smallest),
        max_size=(min(size), min(size)),
        min_neighbor_number=NEIGHBOURS,
    )
    boxes = [(hit["c"], hit["r"], hit["c"] + hit["width"], hit["r"] + hit["height"]) for hit in found]
    return ToolResult(value=[[round(int(edge) / scale) for edge in box] for box in sorted(_apart(boxes))])


@lru_cache(maxsize=1)
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())


def _apart(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Of boxes whose overlap is over half of the smaller one keep the largest: one face, one box."""
    kept: list[tuple[int, int, int, int]] = []
    for box in sorted(boxes, key=lambda b: ((b[0] - b[2]) * (b[3] - b[1]), b)):
        if all(_overlap(box, other) <= 0.5 for other in kept):
            kept.append(box)
    return kept


def _overlap(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> float:
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    smaller = min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, two))
    return max(0, width) * max(0, height) / smaller


TOOL = Tool(
    name="detect_faces",
    version=2,
    summary="Finds frontal faces (LBP cascade of OpenCV as shipped by scikit-image); profiles are not seen.",
    description="Find faces in a picture.",
    arguments=DetectFacesArguments,
    returns="list of [left, top, right, bottom]",
    result=list[tuple[int, int, int, int]],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    licence="BSD-3-Clause",
    heavy=True,
    warm_up=_cascade,
    missing=missing_packages("skimage"),
    covers=(Covers("MAT", "facedetection", "frontal faces only"),),
)
