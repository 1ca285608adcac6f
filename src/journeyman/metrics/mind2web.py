"""Multimodal-Mind2Web: element accuracy, operation F1 and step success rate, as SeeClick and Aguvis compute them.

Source: ``agent_tasks/mind2web_test.py`` of njucckevin/SeeClick. Mind2Web's own evaluation (arXiv:2306.06070)
chooses among candidate elements; here an element is hit by a point. The tables' figures are the script's
averages over episodes or over steps, and papers seldom say which; both are given.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.shares import macro_average, shares_by_group

Operation = Literal["CLICK", "HOVER", "ENTER", "SELECT", "TYPE"]
OperationClass = Literal["click", "select", "type"]

_CLASS: dict[Operation, OperationClass] = {
    "CLICK": "click",
    "HOVER": "click",
    "ENTER": "click",
    "SELECT": "select",
    "TYPE": "type",
}
# The script writes a class as its number, which is then a token like those of the value.
_OFFICIAL_TOKEN: dict[OperationClass, str] = {"click": "4", "select": "2", "type": "3"}
_OFFICIAL_DIGITS = 3
_Token = TypeVar("_Token", bound=Hashable)


@dataclass(frozen=True, slots=True)
class GoldAction:
    """The annotated action of one step."""

    operation: Operation
    box: Box
    """The element's box in fractions of the screenshot; steps without one are not problems."""
    value: str = ""
    """Text typed or option chosen; empty for the click class."""


@dataclass(frozen=True, slots=True)
class PredictedAction:
    """What was read from the model's reply; a reply that cannot be read is None in its place."""

    operation: Operation
    point: Point | None
    value: str | None = None
    """None when the reply has no value."""


class StepScores(NamedTuple):
    """Scores of one step."""

    operation_class: OperationClass
    """The gold action's."""
    element_official: bool
    operation_f1_official: float
    success_official: bool
    element: bool
    operation_f1: float
    success: bool


class Averages(NamedTuple):
    """Shares in [0, 1]."""

    element_accuracy: float
    operation_f1: float
    step_success_rate: float


def step_scores(predicted: PredictedAction | None, gold: GoldAction) -> StepScores:
    """Element hit, operation F1 and success of one step.

    Official: the element is hit when the point is inside the gold box, edges included, the box rounded to
    three decimals. Operation F1 is over the *sets* of tokens of "class value" in lower case, CLICK, HOVER
    and ENTER being one class. A SELECT or TYPE without a value scores 0. A step succeeds when its element
    is hit and its F1 is 1. Defects: order and repeats of words are ignored, so "york new" is right for
    "new york"; the class is a number among the tokens, so typing "3" scores 1 where nothing was to be typed.

    Corrected: the box is not rounded; F1 is over multisets and the class is no word; a step succeeds when
    the element is hit, the class is right and the value is equal but for case and white space. A missing
    value is an empty one.

    Args:
        predicted: None for a reply that could not be read; that, or a reply without a point, scores 0 throughout.
        gold: The annotated action.
    """
    gold_class = _CLASS[gold.operation]
    if predicted is None or predicted.point is None:
        return StepScores(gold_class, False, 0.0, False, False, 0.0, False)
    rounded = Box(*(round(edge, _OFFICIAL_DIGITS) for edge in gold.box))
    element_official, element = rounded.contains(predicted.point), gold.box.contains(predicted.point)
    f1_official = _official_f1(predicted, gold)
    f1 = _token_f1(_tokens(predicted.operation, predicted.value), _tokens(gold.operation, gold.value))
    same = _CLASS[predicted.operation] == gold_class and _words(predicted) == _words(gold)
    return StepScores(
        operation_class=gold_class,
        element_official=element_official,
        operation_f1_official=f1_official,
        success_official=element_official and f1_official == 1.0,
        element=element,
        operation_f1=f1,
        success=element and same,
    )


def step_scores_any(predicted: PredictedAction | None, golds: Sequence[GoldAction]) -> StepScores:
    """Scores of one step whose action has several right elements; a hit of any of them is one.

    Mind2Web marks nested elements as equally right, such as a button and the icon on it. SeeClick's files keep one box.

    Args:
        predicted: As in :func:`step_scores`.
        golds: One action over again, with the box of each right element.

    Raises:
        ValueError: There is none.
    """
    if not golds:
        raise ValueError("a step has at least one right element")
    each = [step_scores(predicted, gold) for gold in golds]
    return each[0]._replace(
        element_official=any(scores.element_official for scores in each),
        success_official=any(scores.success_official for scores in each),
        element=any(scores.element for scores in each),
        success=any(scores.success for scores in each),
    )


def micro_averages(steps: Sequence[StepScores], *, official: bool) -> Averages:
    """Averages over all steps, each weighing the same.

    As in the script, operation F1 is the plain mean of the three classes' means; a class without steps is
    left out (officially it makes the figure NaN).

    Raises:
        ValueError: No steps.
    """
    by_class = shares_by_group((step.operation_class, _figures(step, official=official)[1]) for step in steps)
    element, _, success = _means(steps, official=official)
    return Averages(element, macro_average(by_class), success)


def macro_averages(episodes: Sequence[Sequence[StepScores]], *, official: bool) -> Averages:
    """Plain means, over episodes, of each episode's means: a short episode weighs as much as a long one.

    An episode without steps (all of its elements lack a box or a screenshot) is left out; officially it
    makes every figure NaN.

    Raises:
        ValueError: No episode has steps.
    """
    means = [_means(steps, official=official) for steps in episodes if steps]
    if not means:
        raise ValueError("no episode has steps to average")
    return Averages(*(sum(column) / len(means) for column in zip(*means, strict=True)))


def _official_f1(predicted: PredictedAction, gold: GoldAction) -> float:
    if _CLASS[predicted.operation] != "click" and predicted.value is None:
        return 0.0
    ours, theirs = _official_words(predicted.operation, predicted.value), _official_words(gold.operation, gold.value)
    return _token_f1(Counter(set(ours)), Counter(set(theirs)))


def _official_words(operation: Operation, value: str | None) -> list[str]:
    kind = _CLASS[operation]
    return [_OFFICIAL_TOKEN[kind], *((value or "").lower().split() if kind != "click" else ())]


def _tokens(operation: Operation, value: str | None) -> Counter[tuple[str, str]]:
    kind = _CLASS[operation]
    words = (value or "").lower().split() if kind != "click" else ()
    return Counter([("class", kind), *(("word", word) for word in words)])


def _words(action: PredictedAction | GoldAction) -> list[str]:
    return (action.value or "").lower().split() if _CLASS[action.operation] != "click" else []


def _token_f1(left: Counter[_Token], right: Counter[_Token]) -> float:
    shared = sum(min(count, right[token]) for token, count in left.items())
    return 2 * shared / (left.total() + right.total())


def _means(steps: Sequence[StepScores], *, official: bool) -> Averages:
    if not steps:
        raise ValueError("no steps to average")
    columns = zip(*(_figures(step, official=official) for step in steps), strict=True)
    return Averages(*(sum(column) / len(steps) for column in columns))


def _figures(step: StepScores, *, official: bool) -> Averages:
    if official:
        return Averages(step.element_official, step.operation_f1_official, step.success_official)
    return Averages(step.element, step.operation_f1, step.success)
