"""Whether the boxes of named things are right, and whether things that are not there are found."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import SHAPES, composed
from tool_accuracy._scenes_found import Tally, count_objects

SCENES = 60
COLOURS = ("red", "green", "blue", "yellow", "purple", "orange")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Boxes of all that scenes hold, asked for by name; and shapes, elephants and faces that they do not hold."""
    rng = random.Random(101)
    tally = Tally()
    absent = mistaken = 0
    for _ in range(SCENES):
        scene = composed(rng)
        names = list(dict.fromkeys(t.names[0] for t in scene.things))
        if {"QR code", "barcode"} <= set(names):
            names.remove("QR code")  # a barcode asks for both
        found = call({"s.png": scene.data}, image="s.png", phrases=" . ".join(names) or "thing").value
        count_objects(tally, found, scene)
        missing = rng.choice([f"{c} {s}" for c in COLOURS for s in SHAPES if f"{c} {s}" not in names])
        for phrase in (missing, "purple elephant"):
            absent += 1
            mistaken += bool(call({"s.png": scene.data}, image="s.png", phrases=phrase).value)
    return (
        *tally.accuracies("boxes of named things (IoU 0.5)"),
        Accuracy("absent things found", mistaken / absent, absent, lower_is_better=True),
    )
