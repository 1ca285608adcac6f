"""When an answer equals the gold answer: one rule for checks and for evaluation, with no judge in it.

The rule is exact but for how a value is written. Texts match when they are equal after case, white
space and punctuation are taken away; numbers when they differ by no more than the gold's tolerance,
in any English spelling (``$1,234.50``, ``42 %``, ``3 apples``). A text that merely *contains* the
gold answer does not match: an answer that lists every candidate would then always be right. Boxes match
one to one, in any order; names of a set are the same names, in any order.
"""

import json
import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from journeyman.metrics.boxes import Box
from journeyman.metrics.skills import MOST_BOXES, names_in, picture_box, share_found
from journeyman.schema.query import Gold

ANSWER_CHARS = 100_000
"""Longer answers are wrong unread."""

_FLOAT_NOISE = Decimal("1e-9")  # relative; 0.1 + 0.2 is 0.30000000000000004 in the agent's Python
_WRAPPERS = 3
_NUMBER = re.compile(
    r"""^[\s]*
    (?P<sign>[+-]?)\s*[$\u20ac\u00a3\u00a5]?\s*(?P<inner>[+-]?)
    (?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)(?P<exponent>[eE][+-]?\d{1,3})?
    \s*(?:%|[$\u20ac\u00a3\u00a5])?
    (?P<unit>(?:\s*[^\W\d_]+\.?){0,3})\s*\.?\s*$""",
    re.VERBOSE,
)
# A point between digits and a minus before a number carry meaning; other punctuation does not.
_MEANINGLESS = re.compile(r"(?<!\d)\.|\.(?!\d)|(?<=[^\s(])-|-(?!\d)|[^\w.\s-]|_")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


def answer_matches(gold: Gold, answer_json: str) -> bool:
    """Whether the agent's answer is the gold answer.

    A list or dict with one item counts as that item; a longer list of texts counts as the texts
    one after the other (lines of one sign); every other list or dict is wrong. Where the gold answer is
    boxes the answer must be a JSON list of boxes, or its text, and nothing else.

    Args:
        gold: The right answer and its tolerance.
        answer_json: JSON text of the value given to ``final_answer``; empty when none was given.
    """
    if not answer_json or len(answer_json) > ANSWER_CHARS:
        return False
    try:
        answer = json.loads(answer_json)
    except (ValueError, RecursionError):
        return False
    if gold.kind == "boxes":
        given = _boxes(answer)
        return bool(given) and share_found(_boxes(gold.value), given, gold.tolerance) == 1
    for _ in range(_WRAPPERS):
        if isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        elif isinstance(answer, dict) and len(answer) == 1:
            (answer,) = answer.values()
    if gold.kind == "number":
        return any(_same_number(value, answer, gold.tolerance) for value in (gold.value, *gold.aliases))
    written = _as_text(answer)
    if gold.kind == "set":
        return written is not None and names_in(written) == names_in(gold.value)
    return written is not None and any(_same_text(value, written) for value in (gold.value, *gold.aliases))


def number_in(value: Any) -> Decimal | None:
    """The number that a JSON value is or spells, None when it is no number.

    A text must be the number and nothing else but a currency or percent sign and up to three words
    of unit; NaN, infinity and booleans are no numbers.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    found = _NUMBER.match(unicodedata.normalize("NFKC", value).translate(_DASHES))
    if found is None or (found["sign"] and found["inner"]):
        return None
    text = found["sign"] + found["inner"] + found["digits"].replace(",", "") + (found["exponent"] or "")
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def normalised(text: str) -> str:
    """``text`` without case, white space and meaningless punctuation; what texts are compared by."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_DASHES).strip()
    return re.sub(r"\s+", "", _MEANINGLESS.sub("", plain)) or plain


def _same_number(gold: str, answer: Any, tolerance: float) -> bool:
    right, given = number_in(gold), number_in(answer)
    if right is None or given is None:
        return False
    return abs(right - given) <= Decimal(repr(tolerance)) + abs(right) * _FLOAT_NOISE


def _boxes(answer: Any) -> list[Box]:
    """The boxes of a JSON list of them, of one box, or of the text of either; none where anything else is in it."""
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError):
            return []
    rows = [answer] if isinstance(answer, list) and len(answer) == 4 and _is_number(answer[0]) else answer
    if not isinstance(rows, list) or len(rows) > MOST_BOXES:
        return []
    if not all(isinstance(row, list) and len(row) == 4 and all(map(_is_number, row)) for row in rows):
        return []
    return [picture_box(row) for row in rows]


def _is_number(value: Any) -> bool:
    # NaN, which Python's JSON reads, is no place.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _same_text(gold: str, answer: str) -> bool:
    return bool(answer.strip()) and normalised(gold) == normalised(answer)


def _as_text(answer: Any) -> str | None:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, bool):
        return str(answer).lower()
    if isinstance(answer, float) and not math.isfinite(answer):
        return None
    if isinstance(answer, float) and answer == int(answer):
        return str(int(answer))
    if isinstance(answer, (int, float)):
        return str(answer)
    if isinstance(answer, list) and all(isinstance(item, str) for item in answer):
        return "\n".join(answer) or None
    return None
