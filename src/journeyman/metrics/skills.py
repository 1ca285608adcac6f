"""What programs measure in place of LLaVA-Bench (Tools)' judge: boxes, tags, captions and words read, each in [0, 1].

The paper (arXiv:2311.05437) has GPT-4 compare 44 answers with GPT-4's own, and none of it was released. Over
pictures whose truth is known no judge is needed. All functions take whatever text an agent wrote.
"""

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import NamedTuple

from journeyman.metrics.boxes import Box

LEAST_IOU = 0.5
"""Intersection over union from which on a box counts as found."""
MOST_BOXES = 100
"""An answer with more boxes than this has none: it points everywhere."""

_NUMBER = r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*"
_BOX = re.compile(rf"\[({_NUMBER}),({_NUMBER}),({_NUMBER}),({_NUMBER})\]")

_COLOURS = "red|green|blue|yellow|orange|purple|black|white|pink|brown|grey"
_SHAPES = "circle|square|triangle|diamond|pentagon|hexagon|star|rectangle|oval"
_GROUNDS = "ground|background|backdrop|canvas"
_SAME_WORD = {
    "gray": "grey", "violet": "purple", "disc": "circle", "disk": "circle", "dot": "circle", "rhombus": "diamond",
    "ellipse": "oval", "upper": "top", "lower": "bottom", "center": "centre", "middle": "centre", "central": "centre",
}  # fmt: skip
_COUNTS = {
    "a": "1", "an": "1", "one": "1", "single": "1", "two": "2", "both": "2", "three": "3", "four": "4", "five": "5",
    "six": "6",
}  # fmt: skip
_ARTICLES = {"a", "an", "the", "some", "several", "many", "all", "every", "each", *_COUNTS}
_COLOUR = re.compile(rf"\b(?:{_COLOURS})\b")
_SHAPE = re.compile(rf"\b({_SHAPES})s?\b")
_GROUND = re.compile(
    rf"\b(?P<before>{_COLOURS}) (?:coloured |plain |solid )?(?:{_GROUNDS})\b"
    rf"|\b(?:{_GROUNDS})(?: colour)?(?: is| of| in)? (?P<after>{_COLOURS})\b"
    rf"|\bon (?:an? |the )?(?:plain |solid )?(?P<on>{_COLOURS})\b(?! (?:{_SHAPES}))"
)
_COUNTED = re.compile(rf"\b(\d+|{'|'.join(_COUNTS)})(?: (?!(?:\d+|{'|'.join(_COUNTS)})\b)\w+){{0,2}} (?:{_SHAPES})s?\b")
_PLACES = re.compile(r"\b(?:top|bottom|left|right|centre)\b")
_WORD = re.compile(r"[^\W_]+(?:[.,'\u2019:-][^\W_]+)*")


class CaptionFacts(NamedTuple):
    """What is true of a picture with one or several things of one kind in one place."""

    number: int
    """How many there are."""
    colour: str
    shape: str
    row: str
    """``top``, ``middle`` or ``bottom``."""
    column: str
    """``left``, ``middle`` or ``right``."""
    ground: str
    """Colour of the ground."""


def picture_box(values: Sequence[float]) -> Box:
    """Left, top, right, bottom as shares of the picture, cut at its border; pixels become an empty box."""
    left, top, right, bottom = (float(min(max(value, 0), 1)) for value in values)
    return Box(left, top, right, bottom)


def boxes_in(text: str) -> list[Box]:
    """Every ``[left, top, right, bottom]`` in ``text``, in its order; none where there are over :data:`MOST_BOXES`."""
    found = [picture_box([float(number) for number in match.groups()]) for match in _BOX.finditer(text)]
    return found if len(found) <= MOST_BOXES else []


def iou(one: Box, other: Box) -> float:
    """Intersection over union, in [0, 1]; 0 where a box is empty or its corners are swapped."""
    if min(one.x2 - one.x1, one.y2 - one.y1, other.x2 - other.x1, other.y2 - other.y1) <= 0:
        return 0.0
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    both = max(0.0, width) * max(0.0, height)
    either = one.area + other.area - both
    return min(1.0, both / either) if either > 0 else 0.0


def mean_iou(gold: Sequence[Box], predicted: Sequence[Box]) -> float:
    """IoU of the best one-to-one matching, summed, over the larger number of boxes: missing and extra ones cost alike.

    Raises:
        ValueError: No gold box.
    """
    return _matched(gold, predicted, [[iou(one, other) for other in predicted] for one in gold])


def share_found(gold: Sequence[Box], predicted: Sequence[Box], least: float = LEAST_IOU) -> float:
    """Most pairs of an IoU of ``least`` or more, over the larger number of boxes; 1 when all are and none is extra.

    Raises:
        ValueError: No gold box.
    """
    return _matched(gold, predicted, [[float(iou(one, other) >= least) for other in predicted] for one in gold])


def best_total(worth: Sequence[Sequence[float]]) -> float:
    """Largest sum of ``worth`` [rows, columns], none negative, over pairs that share no row and no column.

    The Hungarian method: time grows with the square of the smaller side times the larger one.
    """
    if not worth or not worth[0]:
        return 0.0
    rows = worth if len(worth) <= len(worth[0]) else list(zip(*worth, strict=True))
    height, width = len(rows), len(rows[0])
    row_price, column_price = [0.0] * (height + 1), [0.0] * (width + 1)
    owner = [0] * (width + 1)  # row that holds a column, from 1 on; column 0 is where a new row starts
    for row in range(1, height + 1):
        owner[0], column = row, 0
        slack, came_from, is_done = [math.inf] * (width + 1), [0] * (width + 1), [False] * (width + 1)
        while owner[column]:
            is_done[column] = True
            for other in range(1, width + 1):
                cost = -rows[owner[column] - 1][other - 1] - row_price[owner[column]] - column_price[other]
                if not is_done[other] and cost < slack[other]:
                    slack[other], came_from[other] = cost, column
            nearest = min((c for c in range(1, width + 1) if not is_done[c]), key=lambda c: slack[c])
            step = slack[nearest]
            for other in range(width + 1):
                if is_done[other]:
                    row_price[owner[other]] += step
                    column_price[other] -= step
                else:
                    slack[other] -= step
            column = nearest
        while column:
            owner[column], column = owner[came_from[column]], came_from[column]
    return sum(rows[owner[column] - 1][column - 1] for column in range(1, width + 1) if owner[column])


def names_in(text: str) -> frozenset[str]:
    """Names parted by commas, semicolons, line feeds or ``and``; case, articles, counts and a plural do not count."""
    parts = re.split(r"[,;\n]+|\band\b", unicodedata.normalize("NFKC", text).casefold())
    return frozenset(name for name in map(_plain_name, parts) if name)


def set_f1(gold: Collection[str], predicted: Collection[str]) -> float:
    """Harmonic mean of precision and recall of a set of names, in [0, 1].

    Raises:
        ValueError: No gold name.
    """
    if not gold:
        raise ValueError("a problem needs at least one gold name")
    hits = len(set(gold) & set(predicted))
    return 2 * hits / (len(set(gold)) + len(set(predicted)))


def caption_facts(gold: CaptionFacts, caption: str) -> float:
    """Share of five facts (count, colour, shape, place, ground) that ``caption`` states and says nothing else of.

    A fact counts when all that the words say of it is the truth: "a red and a blue circle" states no colour.
    Count: a number word, digit or article at most two words before a shape. Ground: the colour beside ``ground`` or
    ``background``, or after ``on``; every other colour word is the things'. Place: rows and columns named are those
    of the truth; the middle of both must be said, that of one need not be.
    """
    words = _plain_words(caption)
    grounds = {name for match in _GROUND.finditer(words) for name in match.groups() if name}
    rest = _GROUND.sub(" | ", words)
    counts = {_COUNTS.get(said, said) for said in _COUNTED.findall(rest)}
    facts = (
        counts == {str(gold.number)},
        set(_COLOUR.findall(rest)) == {gold.colour},
        set(_SHAPE.findall(rest)) == {gold.shape},
        set(_PLACES.findall(rest)) in _ways_to_say(gold.row, gold.column),
        grounds == {gold.ground},
    )
    return sum(facts) / len(facts)


def word_accuracy(gold: str, said: str) -> float:
    """1 less the word edit distance per gold word, not below 0; case and punctuation around words do not count.

    Raises:
        ValueError: No gold word.
    """
    right, given = _words(gold), _words(said)
    if not right:
        raise ValueError(f"there is no word in {gold!r}")
    return max(0.0, 1 - _edit_distance(right, given) / len(right))


def _matched(gold: Sequence[Box], predicted: Sequence[Box], worth: Sequence[Sequence[float]]) -> float:
    if not gold:
        raise ValueError("a problem needs at least one gold box")
    return best_total(worth) / max(len(gold), len(predicted))


def _plain_name(part: str) -> str:
    words = [_SAME_WORD.get(word, word) for word in _WORD.findall(part)]
    words = [word for word in words if word not in _ARTICLES and not word.isdigit()]
    if words:
        singular = _singular(words[-1])
        words[-1] = _SAME_WORD.get(singular, singular)
    return " ".join(words)


def _singular(word: str) -> str:
    if re.search(r"(?:x|ch|sh|ss)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) else word


def _plain_words(caption: str) -> str:
    """Words in one case and one spelling with single blanks between; sentences and clauses are parted by nothing."""
    plain = unicodedata.normalize("NFKC", caption).casefold()
    words = [_SAME_WORD.get(word, _SAME_WORD.get(_singular(word), word)) for word in re.findall(r"\w+", plain)]
    return re.sub(r"\b(?:a )?(?:pair|couple) of\b", "two", " ".join(words))


def _ways_to_say(row: str, column: str) -> tuple[set[str], ...]:
    sides = {side for side in (row, column) if side != "middle"}
    if not sides:
        return ({"centre"},)
    return (sides, {*sides, "centre"}) if len(sides) == 1 else (sides,)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _edit_distance(right: Sequence[str], given: Sequence[str]) -> int:
    """Words to put in, take out or replace."""
    above = list(range(len(right) + 1))
    for number, word in enumerate(given, 1):
        row = [number]
        for column, wanted in enumerate(right, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (word != wanted)))
        above = row
    return above[-1]
