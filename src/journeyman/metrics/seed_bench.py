"""SEED-Bench (arXiv:2307.16125): which letter a reply chose, and the two averages that papers print.

SEED-Bench's own ``eval.py`` never reads a letter: it ranks the four choices by likelihood. LLaVA's
``convert_seed_for_submission.py`` asks for a letter, demands the whole reply to be that letter, and prints the
sample-weighted accuracy; the LLaVA-Plus paper prints the unweighted mean of nine dimensions. Averages are
those of ``shares.py``: ``macro_average`` of the dimensions is the paper's, ``micro_average`` the script's.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from journeyman.metrics.shares import Share, shares_by_group

CHOICES = "ABCD"

DIMENSION_SIZES: Mapping[str, int] = MappingProxyType(
    {
        "Scene Understanding": 3158,
        "Instance Identity": 1831,
        "Instance Attributes": 4649,
        "Instance Location": 978,
        "Instance Counting": 2447,
        "Spatial Relation": 657,
        "Instance Interaction": 97,
        "Visual Reasoning": 331,
        "Text Recognition": 85,
    }
)
"""Questions of the nine picture dimensions, 14,233 in all.

Written down from memory, not read from the annotation file; what supports them is that the shares
LLaVA-Plus prints are whole counts over these sizes.
"""

# The reply ends after the letter, or a mark follows that ends a choice; "A dog" is an article, "A. dog" a choice.
_LETTER = r"(?<![\w'])[(\[\"'*]{0,3}(?P<letter>[A-D])(?:[)\].:,\"*]|'(?!\w)|(?=\s*\Z)|(?=\n))"
_WHOLE = re.compile(r"[(\[\"'*]{0,3}(?P<letter>[A-Da-d])[)\].:,\"'*]{0,4}")
_STATED = re.compile(
    r"\b(?:answer|option|choice)(?:\s{1,3}is)?(?:\s{1,3}option)?[\s:(\[\"'*]{1,8}(?P<letter>[A-D])\b(?!')",
    re.IGNORECASE,
)
_MARKED = re.compile(_LETTER)


def read_choice(reply: str) -> str | None:
    """The letter A to D that a reply chose, None when it chose none or more than one.

    In this order: the whole reply is a letter, of either case, in brackets or quotes or with a full stop;
    a stated choice ("the answer is (B)", "Option C"), the last one if there are several; the one letter set
    off by a mark or ending a line ("B. Two dogs"). An article is no choice: "A dog" is None.
    """
    text = reply.strip()
    if whole := _WHOLE.fullmatch(text):
        return whole["letter"].upper()
    stated = [found["letter"] for found in _STATED.finditer(text) if found["letter"].isupper()]
    if stated:
        return stated[-1]
    marked = {found["letter"] for found in _MARKED.finditer(text)}
    return marked.pop() if len(marked) == 1 else None


def read_choice_first_character(reply: str) -> str | None:
    """The first character as a letter A to D, by lmms-eval's ``seedbench`` rule; for reproduction only.

    "Answer: B" and "A dog, so B" read as "A", and "(B)" as none.
    """
    first = reply.strip()[:1].upper()
    return first if first and first in CHOICES else None


def read_choice_exactly(reply: str) -> str | None:
    """The whole reply as a letter A to D, by LLaVA's script: not even a full stop or a blank is forgiven."""
    return reply if len(reply) == 1 and reply in CHOICES else None


def dimension_shares(answers: Iterable[tuple[str, str | None, str]]) -> dict[str, Share]:
    """Accuracy per dimension; an unread reply is wrong and stays in the denominator.

    Args:
        answers: Dimension, chosen letter or None, and right letter of every question.
    """
    return shares_by_group((dimension, chosen == right) for dimension, chosen, right in answers)
