"""Whether the names of what a scene holds are right and complete."""

import random

from tool_accuracy import Accuracy, Call
from tool_accuracy._scenes import Composed, composed

SCENES = 60


def measure(call: Call) -> tuple[Accuracy, ...]:
    """F1 of names over all scenes, photographs counted by any label; and how often a label is right."""
    rng = random.Random(113)
    right = given = wanted = labels = right_labels = 0
    for _ in range(SCENES):
        scene = composed(rng)
        tags = [tag for tag in call({"s.png": scene.data}, image="s.png").value if tag != "face"]
        truth = {t.names[0] for t in scene.things}
        known = {name for t in scene.things if t.kind != "photograph" for name in t.names}
        plain = {tag if tag in known or tag in _drawn(tags) else "photograph" for tag in tags}
        right, given, wanted = right + len(plain & truth), given + len(plain), wanted + len(truth)
        told = [tag for tag in tags if tag not in _drawn(tags) and tag != "photograph"]
        labels += len(told)
        right_labels += sum(_is_label(tag, scene) for tag in told)
    return (
        Accuracy("F1 of names", 2 * right / max(1, given + wanted), wanted),
        Accuracy("labels of photographs that are right, where one is given", right_labels / max(1, labels), labels),
    )


def _drawn(tags: list[str]) -> set[str]:
    """Of ``tags`` those that name no photograph."""
    kinds = (" circle", " oval", " square", " rectangle", " triangle", " diamond", " pentagon", " hexagon", " star")
    return {tag for tag in tags if tag.endswith(kinds) or tag in ("text", "barcode", "QR code", "face")}


def _is_label(tag: str, scene: Composed) -> bool:
    return any(tag in thing.names for thing in scene.things)
