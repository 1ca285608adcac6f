"""Whether lines of print are read letter for letter, and boxed closely."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import composed
from tool_accuracy._scenes_found import Tally, best_match

SCENES = 60


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Words right, boxes right, and lines read where there are none, among shapes, codes and photographs."""
    rng = random.Random(139)
    tally = Tally()
    letters = 0
    for _ in range(SCENES):
        scene = composed(rng, kinds=("text", "text", "panel", "shape", "barcode", "photograph"))
        left = [t for t in scene.things if t.kind == "text"]
        tally.wanted += len(left)
        for line in call({"s.png": scene.data}, image="s.png").value:
            tally.given += 1
            hit = best_match(line["box"], left, scene)
            if hit is not None:
                left.remove(hit)
                tally.right += 1
                letters += hit.text == line["text"]
    return (
        Accuracy("words read letter for letter", letters / tally.wanted, tally.wanted),
        *tally.accuracies("boxes of lines (IoU 0.5)"),
    )
