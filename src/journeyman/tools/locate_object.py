"""Find things that a text names in a picture, by an open-vocabulary detector that the user sets.

With a model: a transformers zero-shot object detector (OWL-ViT, OWLv2, Grounding DINO), from a folder or what
was downloaded of the hub. With a url: ``POST <url>`` with JSON
``{"image": "<base64 PNG>", "object": "red car", "model": "<only if one is set>"}``, answered with JSON
``{"boxes": [[left, top, right, bottom], ...], "scores": [0.9, ...]}`` in pixels of the picture that was sent.
"""

from functools import lru_cache
from typing import Any

from PIL import Image
from pydantic import BaseModel, Field

from journeyman.errors import ToolError
from journeyman.settings import Backing
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._backings.backing import backing_of, identity_of, not_configured
from journeyman.tools._backings.endpoint import post_json
from journeyman.tools._backings.hub import loaded, warm_up_of
from journeyman.tools._backings.picture_endpoint import SECONDS, as_base64
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import read_picture
from journeyman.tools._pictures.proportions import check_proportions
from journeyman.tools._pictures.regions import reduced

LONG_SIDE = 1568
"""Larger pictures are reduced to this before they are sent or looked at."""
LEAST_SCORE = 0.1
"""What the detectors' own pipelines take; open-vocabulary scores are low."""
MOST = 100
FARTHEST = 1e6
"""Pixels from the picture's corner that an endpoint's box may reach."""

_LIMITS = "needs a detector of the user's"


class LocateObjectArguments(Arguments):
    """What to find."""

    image: str = file_argument("picture to search")
    object: str = Field(description="what to find, e.g. red car", min_length=1, max_length=200)


class Found(BaseModel):
    """One such thing."""

    box: tuple[int, int, int, int] = Field(description="[left, top, right, bottom] in pixels")
    score: float = Field(ge=0, le=1)


def run(arguments: LocateObjectArguments, files: ToolFiles) -> ToolResult:
    """Boxes and scores, best first; empty when there is none."""
    backing = backing_of("locate_object")
    picture = read_picture(files, arguments.image)
    check_proportions(picture, arguments.image)
    small = reduced(picture, LONG_SIDE)
    ask = _from_endpoint if backing.url else _from_model
    scale = (picture.width / small.width, picture.height / small.height) * 2
    found: list[dict[str, Any]] = []
    for score, box in sorted(ask(backing, small, arguments.object), key=lambda hit: (-hit[0], hit[1])):
        edges = [
            min(max(0, round(edge * factor)), side)
            for edge, factor, side in zip(box, scale, picture.size * 2, strict=True)
        ]
        if score >= LEAST_SCORE and edges[0] < edges[2] and edges[1] < edges[3]:
            found.append({"box": edges, "score": round(score, 3)})
    return ToolResult(value=found[:MOST])


def _from_model(backing: Backing, picture: Image.Image, wanted: str) -> list[tuple[float, list[float]]]:
    hits = _detector(backing.model)(picture, candidate_labels=[wanted], threshold=LEAST_SCORE)
    sides = ("xmin", "ymin", "xmax", "ymax")
    return [(float(hit["score"]), [float(hit["box"][side]) for side in sides]) for hit in hits]


@lru_cache(maxsize=1)
def _detector(model: str) -> Any:
    import torch
    from transformers import pipeline

    torch.set_num_threads(1)
    return loaded(model, lambda: pipeline("zero-shot-object-detection", model=model))


def _from_endpoint(backing: Backing, picture: Image.Image, wanted: str) -> list[tuple[float, list[float]]]:
    payload = {"image": as_base64(picture), "object": wanted} | ({"model": backing.model} if backing.model else {})
    answer = post_json(backing.url, payload, api_key=backing.api_key, seconds=SECONDS)
    try:
        boxes = [[_number(edge) for edge in box] for box in answer["boxes"]]
        scores = [_number(score) for score in answer["scores"]]
        if len(boxes) != len(scores) or any(len(box) != 4 for box in boxes) or not all(0 <= s <= 1 for s in scores):
            raise ValueError("boxes and scores do not match")
    except (KeyError, TypeError, ValueError) as exc:
        raise ToolError(
            "the endpoint's answer is not boxes [[left, top, right, bottom], ...] and as many scores, 0 to 1"
        ) from exc
    return list(zip(scores, boxes, strict=True))


def _number(value: Any) -> float:
    # The comparison also refuses NaN, and what would overflow when it is scaled.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= FARTHEST:
        raise ValueError("no number, or too large a one")
    return float(value)


def _missing() -> str:
    lacking = not_configured("locate_object", "url", "model")()
    return lacking if lacking or backing_of("locate_object").url else missing_packages("torch", "transformers")()


TOOL = Tool(
    name="locate_object",
    version=1,
    summary="Finds what a text names: an open-vocabulary detector (transformers) or an endpoint that the user sets.",
    description="Find boxes of a named thing.",
    arguments=LocateObjectArguments,
    returns="list of {box, score}",
    result=list[Found],
    example={"image": "file_1.png", "object": "red square"},
    run=run,
    media_in=("image/*",),
    licence="that of the model set",
    heavy=True,
    warm_up=warm_up_of("locate_object", _detector),
    backing=identity_of("locate_object"),
    missing=_missing,
    covers=(
        Covers("GTA", "TextToBbox", _LIMITS),
        Covers("GTA", "CountGivenObject", f"{_LIMITS}; count the boxes"),
        Covers("MAT", "objectlocation", _LIMITS),
    ),
)
