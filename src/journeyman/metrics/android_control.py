"""AndroidControl (arXiv:2406.03679): step accuracy, overall and by the gold action's type.

The authors released no evaluator. Aguvis' and most later numbers follow ``offline_evaluation/AndroidControl/
eval.py`` of OSU-NLP-Group/UGround on 500 steps; that is the official rule here. Its rule for taps (inside the
smallest element that holds the gold point) is said to be the original protocol's, which could not be
verified. Taps of Android in the Wild (arXiv:2307.10088) follow a laxer rule, offered as ``taps_match_aitw``.

Points and boxes are fractions of the screenshot (``boxes.py``); the accessibility tree's boxes are pixels.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.shares import Share, shares_by_group

Kind = Literal[
    "click",
    "long_press",
    "type_text",
    "input_text",
    "scroll",
    "open_app",
    "navigate_home",
    "navigate_back",
    "wait",
    "status",
]
Direction = Literal["up", "down", "left", "right"]

TAP_RADIUS = 0.14
"""Fraction of the screen within which Android in the Wild takes two taps for one."""

_BOX_GROWTH = 1.4  # Android in the Wild widens an element's box *by* 1.4 times its size, to 2.4 times
_POINTING = ("click", "long_press", "type_text")
_ARGUMENTS = ("text", "direction", "app_name")


@dataclass(frozen=True, slots=True)
class Element:
    """A node of the accessibility tree."""

    box: Box
    text: str = ""
    description: str = ""
    """The content description."""


@dataclass(frozen=True, slots=True)
class Action:
    """A gold or predicted action; fields that its kind has no use for stay empty."""

    kind: Kind
    point: Point | None = None
    """Of click, long_press and type_text."""
    text: str = ""
    """Of type_text and input_text; of status, the status."""
    direction: Direction | None = None
    """Of scroll: where the *view* goes, as the data set has it. A swipe goes the other way."""
    app_name: str = ""
    """Of open_app."""


def is_step_right_official(predicted: Action | None, gold: Action, elements: Sequence[Element]) -> bool:
    """Whether UGround's script takes the step for right.

    Of one kind: click and long_press need the predicted point inside the smallest element that holds the
    gold point, edges included; type_text that and the equal text; every other kind the gold action's fields. Of two
    kinds: a click in place of open_app is right when the smallest element under it has a text or a
    description that contains the gold app's name, in lower case; click and navigate_back stand for each
    other when that element's contains "back".

    Defects, kept: without an element at the gold point every tap is wrong, and where the smallest one is the
    whole screen every tap is right; names and texts must be equal to
    the letter; "feedback" contains "back"; where open_app stands in place of a click, the gold action has no
    app name, and the empty name is in every labelled element. The script crashes when the predicted
    action has no point there; such a step is wrong here.

    Args:
        predicted: None for a reply that could not be read, which is wrong.
        gold: The recorded action.
        elements: All nodes of the screen's accessibility tree.
    """
    if predicted is None:
        return False
    if predicted.kind == gold.kind:
        if gold.kind in _POINTING:
            same_text = gold.kind != "type_text" or predicted.text == gold.text
            return same_text and _same_element(predicted, gold, elements)
        recorded = [name for name in _ARGUMENTS if getattr(gold, name)]
        return all(getattr(predicted, name) == getattr(gold, name) for name in recorded)
    kinds = {predicted.kind, gold.kind}
    under = _smallest_at(predicted.point, elements)
    if under is None or kinds not in ({"click", "open_app"}, {"click", "navigate_back"}):
        return False
    name = "back" if "navigate_back" in kinds else gold.app_name.lower()
    return any(label and name in label.lower() for label in (under.text, under.description))


def is_step_right(predicted: Action | None, gold: Action, elements: Sequence[Element]) -> bool:
    """The same rule with equal treatment of what is equal, and without names that match everything.

    Taps as in the official rule; where no element holds the gold point, within ``TAP_RADIUS`` of it.
    Texts and app names are equal but for case and white space. scroll needs the direction, the other kinds
    nothing but their name. Of two kinds: open_app and a click stand for each other when the clicked
    element's label has the app's name as whole words, navigate_back and a click when it has the word
    "back" or reads "navigate up"; the clicked element is the one under the predicted click or under the gold
    click, whichever of the two actions is the click.

    Args:
        predicted: None for a reply that could not be read, which is wrong.
        gold: The recorded action.
        elements: All nodes of the screen's accessibility tree.
    """
    if predicted is None:
        return False
    if predicted.kind == gold.kind:
        return _same_kind_matches(predicted, gold, elements)
    click, other = (predicted, gold) if predicted.kind == "click" else (gold, predicted)
    under = _smallest_at(click.point, elements)
    if click.kind != "click" or under is None:
        return False
    if other.kind == "open_app":
        return _names(under, other.app_name)
    return other.kind == "navigate_back" and (_names(under, "back") or _names(under, "navigate up"))


def taps_match_aitw(first: Point, second: Point, elements: Sequence[Element]) -> bool:
    """Whether Android in the Wild takes two taps for the same (``action_matching.py``).

    Right within 0.14 of the screen, as the length of the difference of the fractions, or when both are in one
    element's box widened to 2.4 times its size. Defects, kept: a box is widened first and then cut at the
    screen's edge by its left upper corner only, so that it is shifted, not cut; on a phone 0.14 of the height is
    twice as many pixels as 0.14 of the width.
    """
    if first.distance_to(second) <= TAP_RADIUS:
        return True
    grown = [_grown(element.box) for element in elements]
    return any(box.contains(first) and box.contains(second) for box in grown)


def accuracy_by_kind(steps: Iterable[tuple[Kind, bool]]) -> dict[Kind, Share]:
    """Step accuracy per type of the gold action; ``micro_average`` of it is the published step accuracy.

    Args:
        steps: The gold action's kind and whether the step is right, of every step; unread replies are wrong.
    """
    return shares_by_group(steps)


def _same_kind_matches(predicted: Action, gold: Action, elements: Sequence[Element]) -> bool:
    if gold.kind in _POINTING and not _same_place(predicted, gold, elements):
        return False
    if gold.kind == "scroll":
        return predicted.direction == gold.direction
    if gold.kind == "open_app":
        return _plain(predicted.app_name) == _plain(gold.app_name)
    return gold.kind not in ("type_text", "input_text", "status") or _plain(predicted.text) == _plain(gold.text)


def _same_place(predicted: Action, gold: Action, elements: Sequence[Element]) -> bool:
    if predicted.point is None or gold.point is None:
        return False
    if _smallest_at(gold.point, elements) is None:
        return predicted.point.distance_to(gold.point) <= TAP_RADIUS
    return _same_element(predicted, gold, elements)


def _same_element(predicted: Action, gold: Action, elements: Sequence[Element]) -> bool:
    target = _smallest_at(gold.point, elements)
    return target is not None and predicted.point is not None and target.box.contains(predicted.point)


def _smallest_at(point: Point | None, elements: Sequence[Element]) -> Element | None:
    """The element of least area that holds the point; the first one of several."""
    holding = [element for element in elements if point is not None and element.box.contains(point)]
    return min(holding, key=lambda element: element.box.area, default=None)


def _names(element: Element, name: str) -> bool:
    words = _plain(name)
    if not words:
        return False
    pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
    return any(re.search(pattern, _plain(label)) for label in (element.text, element.description))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _grown(box: Box) -> Box:
    width, height = box.x2 - box.x1, box.y2 - box.y1
    left, top = max(0.0, box.x1 - width * _BOX_GROWTH / 2), max(0.0, box.y1 - height * _BOX_GROWTH / 2)
    return Box(left, top, left + min(1.0, width * (1 + _BOX_GROWTH)), top + min(1.0, height * (1 + _BOX_GROWTH)))
