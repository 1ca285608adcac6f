"""GAIA's official scorer (arXiv:2311.12983; ``scorer.py`` of the gaia-benchmark leaderboard), rule by rule.

Right or wrong is decided by the gold answer's form: a number is compared as a number, a gold answer
with a comma or semicolon as a list, everything else as a string without white space and punctuation.

Known defects, kept: a gold ``1,000`` is a list of two; a gold ``inf`` is matched by every answer that
is no number, and a gold ``nan`` by none; a missing answer reads "None" and matches a gold ``None``;
``1_000`` reads as 1000, for Python's ``float`` does; numbers must be exactly equal. Not kept: T3-Agent's
``eval.py`` has GPT-4o reformat a wrong answer to an "EDUCATED GUESS" and counts only the rows that
reached its database. A problem without an answer is wrong here and stays in the denominator.
"""

import re
import string
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

LEVEL_SIZES: Mapping[int, int] = MappingProxyType({1: 53, 2: 86, 3: 26})
"""Problems of the validation split per level, 165 in all; the papers' "446 tasks" are all of GAIA."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WHITE_SPACE = re.compile(r"\s")
_SEPARATORS = re.compile(r"[,;]")


class LevelAccuracies(NamedTuple):
    """Shares in [0, 1] of the problems that exist, whatever was run."""

    overall: float
    by_level: Mapping[int, float]


def question_scorer(model_answer: object, ground_truth: str) -> bool:
    """Whether the official scorer takes the answer for right.

    1. ``ground_truth`` parses as a float: ``$``, ``%`` and ``,`` are taken out of the answer, what is
       left is read as a float (+inf when it is none), and both must be exactly equal.
    2. Else it holds ``,`` or ``;``: both sides are split at either. Other lengths are wrong. Elements
       are compared in order, float elements as in 1, others lower-case without white space but
       **with their punctuation**.
    3. Else both sides must be equal lower-case without white space and ASCII punctuation.

    Time is linear in the answer's length.

    Args:
        model_answer: Any value. None becomes "None" (the leaderboard's rule) and every other value
            ``str(value)`` (smolagents' and T3-Agent's wrapper), so that a Python list reads
            ``"['a', 'b']"`` and seldom matches. A value whose ``str`` fails (an integer of more
            than 4,300 digits, nesting too deep) is wrong; the official scorer would crash on it.
        ground_truth: The gold answer as the data set stores it.
    """
    answer = _text_of(model_answer)
    if answer is None:
        return False
    if _is_float(ground_truth):
        return _answer_number(answer) == float(ground_truth)
    if _SEPARATORS.search(ground_truth):
        return _same_list(answer, ground_truth)
    return _plain(answer).translate(_PUNCTUATION) == _plain(ground_truth).translate(_PUNCTUATION)


def level_accuracies(num_correct: Mapping[int, int]) -> LevelAccuracies:
    """Accuracy overall and per level of the validation split, over 165, 53, 86 and 26 problems.

    Args:
        num_correct: Right answers per level; a level left out has none.

    Raises:
        ValueError: An unknown level, or more right answers than the level has problems.
    """
    for level, correct in num_correct.items():
        if not 0 <= correct <= LEVEL_SIZES.get(level, -1):
            raise ValueError(
                f"level {level} of GAIA cannot have {correct} right answers; sizes are {dict(LEVEL_SIZES)}"
            )
    by_level = {level: num_correct.get(level, 0) / size for level, size in LEVEL_SIZES.items()}
    return LevelAccuracies(sum(num_correct.values()) / sum(LEVEL_SIZES.values()), MappingProxyType(by_level))


def _text_of(value: object) -> str | None:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a value's own __str__ may raise anything, and the answer is then wrong
        return None


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _answer_number(text: str) -> float:
    for sign in "$%,":
        text = text.replace(sign, "")
    return float(text) if _is_float(text) else float("inf")


def _same_list(answer: str, gold: str) -> bool:
    given, wanted = _SEPARATORS.split(answer), _SEPARATORS.split(gold)
    if len(given) != len(wanted):
        return False
    return all(
        _answer_number(left) == float(right) if _is_float(right) else _plain(left) == _plain(right)
        for left, right in zip(given, wanted, strict=True)
    )


def _plain(text: str) -> str:
    return _WHITE_SPACE.sub("", text).lower()
