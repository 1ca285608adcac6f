"""Short videos for the video wishes: the number draws the scene, the content what happens or what is wrong."""

import random
from typing import Any

from journeyman.teacher.scripted.choices.draws import draws
from journeyman.teacher.scripted.choices.pictures import make_scene

Spec = dict[str, Any]

SIZE = (112, 80)
"""Width and height in pixels."""
_SHAPES = ("circle", "square", "triangle", "diamond", "star", "hexagon")
_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
_DIRECTIONS = ("left", "right", "up", "down", "circle", "bounce")
_CAMERA = ("pan_left", "pan_right", "zoom_in", "zoom_out")


def make_clip(wish: str, content: str, number: int) -> Spec:
    """Spec for the mp4 writer; equal numbers of one wish give like videos, whatever the content."""
    rng = draws("clip", wish, number)
    scene = make_scene(rng, number, SIZE)
    mover, camera = _mover(rng), rng.choice(_CAMERA)
    clip: Spec = {"scene": scene, "frames": rng.choice((12, 14, 16)), "rate": 8, "motion": "still", "mover": None}
    match wish, content:
        case "happens", "camera":
            return clip | {"motion": camera}
        case "happens", "cuts":
            return clip | {"motion": "cuts"}
        case "happens", _:
            return clip | {"mover": mover}
        case _, "shake" | "flicker":
            return clip | {"motion": content, "mover": mover}
        case _:
            return clip | {"scene": scene | {"treatment": content}, "mover": mover}


def _mover(rng: random.Random) -> Spec:
    return {
        "shape": rng.choice(_SHAPES),
        "colour": rng.choice(_COLOURS),
        "size": rng.randint(16, 30),
        "direction": rng.choice(_DIRECTIONS),
    }
