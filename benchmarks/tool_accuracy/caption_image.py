"""Whether a sentence names all that a scene holds, and quotes its words."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import composed

SCENES = 40
NUMBERS = ("", "", "two", "three", "four", "five")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Shares of kinds of thing named in the right number, of words quoted, and of grounds."""
    rng = random.Random(127)
    named = kinds = quoted = words = grounds = 0
    for _ in range(SCENES):
        scene = composed(rng, kinds=("shape", "panel", "text", "barcode"))
        said = call({"s.png": scene.data}, image="s.png").value
        names = [t.names[0] for t in scene.things if t.kind != "text"]
        for name in set(names):
            count = names.count(name)
            phrase = f"{name} " if count == 1 else f"{NUMBERS[count]} {name}"
            named += phrase.casefold() in said.casefold()
            kinds += 1
        texts = [t.text for t in scene.things if t.kind == "text"]
        quoted += sum(f'"{text}"' in said for text in texts)
        words += len(texts)
        grounds += said.endswith(f"on {'an' if scene.ground == 'orange' else 'a'} {scene.ground} ground.")
    return (
        Accuracy("things named in the right number", named / kinds, kinds),
        Accuracy("words quoted", quoted / words, words),
        Accuracy("grounds told", grounds / SCENES, SCENES),
    )
