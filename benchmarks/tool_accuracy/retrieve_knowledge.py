"""Whether the facts about a pasted photograph are found, and none about drawings."""

import random

from journeyman.file_writers._scene import Scene
from journeyman.file_writers.png import WRITER
from journeyman.photographs import FACE_CROPS, photographs
from journeyman.tools._scenes.knowledge import FACTS
from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import composed

SCENES, DRAWINGS, STRANGE = 60, 20, ("brick", "grass", "gravel", "coins", "immunohistochemistry")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """First text right: photographs whole or cut to a face, mirrored, lighter, darker, on plain ground."""
    rng = random.Random(149)
    right = nothing = 0
    for _ in range(SCENES):
        name, item = _pasted(rng)
        ground = rng.choice(("pink", "yellow", "green", "blue"))
        scene = Scene(width=320, height=240, background=ground, items=(item,))
        found = call({"s.png": WRITER.write(scene, "")}, image="s.png").value
        right += bool(found) and found[0]["text"] in FACTS[name]
    for _ in range(DRAWINGS):
        drawing = composed(rng, kinds=("shape", "panel", "text", "barcode"))
        nothing += not call({"s.png": drawing.data}, image="s.png").value
    return (
        Accuracy("first text right", right / SCENES, SCENES),
        Accuracy("no text about drawings", nothing / DRAWINGS, DRAWINGS),
    )


def _pasted(rng: random.Random) -> tuple[str, dict[str, object]]:
    known = [p.name for p in photographs() if p.name in FACTS]
    item: dict[str, object] = {"kind": "photograph", "name": rng.choice(known), "width": rng.randint(70, 140)}
    if rng.random() < 0.2:
        crop = rng.choice(FACE_CROPS)
        item |= {"name": crop.photograph, "crop": crop.box}
    place = {"left": rng.randint(4, 150), "top": rng.randint(4, 40)}
    return str(item["name"]), item | place | {"mirror": rng.random() < 0.5, "brightness": rng.uniform(0.7, 1.3)}
