"""Scores of what the skills find on composed scenes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tool_accuracy import Accuracy
from tool_accuracy._scenes import Composed, Known
from tool_accuracy._scores import intersection_over_union

RIGHT = 0.5
"""Intersection over union from which a box is right."""


@dataclass(slots=True)
class Tally:
    """Counts over many scenes."""

    right: int = 0
    wanted: int = 0
    given: int = 0

    def accuracies(self, what: str) -> tuple[Accuracy, Accuracy]:
        """Recall and precision."""
        return (
            Accuracy(f"recall, {what}", self.right / max(1, self.wanted), self.wanted),
            Accuracy(f"precision, {what}", self.right / max(1, self.given), self.given),
        )


def in_pixels(box: Sequence[float], scene: Composed) -> list[float]:
    """A box in shares as one in pixels."""
    return [edge * side for edge, side in zip(box, scene.size * 2, strict=True)]


def count_objects(tally: Tally, objects: Iterable[Mapping[str, Any]], scene: Composed) -> None:
    """Match each object to a known thing of the same name with a right box; faces are counted elsewhere."""
    left = [thing for thing in scene.things if thing.kind != "face"]
    tally.wanted += len(left)
    for found in objects:
        if found["phrase"] == "face":
            continue
        tally.given += 1
        hit = best_match(found["box"], [t for t in left if is_named(found["phrase"], t)], scene)
        if hit is not None:
            left.remove(hit)
            tally.right += 1


def is_named(phrase: str, thing: Known) -> bool:
    """Whether ``phrase`` is right for ``thing``; any label passes for a photograph, labels are measured apart."""
    return thing.kind == "photograph" or phrase in thing.names


def best_match(box: Sequence[float], things: Iterable[Known], scene: Composed) -> Known | None:
    """The thing that ``box`` fits best, if well enough."""
    scored = [(intersection_over_union(in_pixels(box, scene), thing.box), n, thing) for n, thing in enumerate(things)]
    best = max(scored, default=None)
    return best[2] if best is not None and best[0] >= RIGHT else None


def mask_overlap(one: Any, two: Any) -> float:
    """Intersection over union of two masks."""
    either = (one | two).sum()
    return float((one & two).sum() / either) if either else 1.0
