"""Whether the boxes beside the names are right and complete."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import composed
from tool_accuracy._scenes_found import Tally, count_objects

SCENES = 40


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Recall and precision of boxes (IoU 0.5) with the right name."""
    rng = random.Random(137)
    tally = Tally()
    for _ in range(SCENES):
        scene = composed(rng)
        count_objects(tally, call({"s.png": scene.data}, image="s.png").value["objects"], scene)
    return tally.accuracies("boxes with the right name (IoU 0.5)")
