"""ToolMMBench (MLLM-Tool, arXiv:2401.10727): one tool name is asked for, any of a set of names is right.

MLLM-Tool's repository holds no scoring code. Accuracy, hallucination rate and format accuracy are the
paper's names as summaries give them; how each is counted is our reading, said in each docstring.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from typing import NamedTuple

UNKNOWN = "unknown"
"""The label that means: no tool of the catalogue fits."""

NUM_TEST_PROBLEMS = 2_397
NUM_LABELS = 932
"""Labels in the test split, blanks stripped: 931 tools and ``unknown``."""

_TARGET = re.compile(r"\{'api_name': (?P<name>[^{}\n]*\S)\s*\}")
_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class ReplyCounts:
    """What one reply, or a sum of replies, adds to each metric; every rate is over ``problems``."""

    problems: int = 0
    correct: int = 0
    """The name is in the accepted set; over ``problems`` this is accuracy."""
    hallucinated: int = 0
    """A name was read that is neither in the catalogue nor ``unknown``."""
    well_formed: int = 0
    """The reply's first line is a name, bare or in the training target's form."""
    unknown_hits: int = 0
    unknown_predicted: int = 0
    """Precision of "unknown" is hits over this."""
    unknown_gold: int = 0
    """Recall of "unknown" is hits over this."""

    def __add__(self, other: "ReplyCounts") -> "ReplyCounts":
        return ReplyCounts(*(left + right for left, right in zip(astuple(self), astuple(other), strict=True)))


class SetCounts(NamedTuple):
    """A predicted set of names against the accepted set; sum the fields for micro averages."""

    hits: int
    predicted: int
    accepted: int

    @property
    def precision(self) -> float:
        """Share of the predicted names that are accepted, in [0, 1]; 0 when nothing was predicted."""
        return self.hits / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the accepted names that were predicted, in [0, 1]."""
        return self.hits / self.accepted

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, in [0, 1]."""
        return 2 * self.hits / (self.predicted + self.accepted)


def read_name(reply: str) -> str | None:
    """The tool name in a reply's first line, None when that line has none.

    MLLM-Tool trains on ``{'api_name': NAME}`` and stores the text up to the first newline; a bare name
    (``owner/name`` or ``name``) is read as well. A sentence around a name is not looked through.
    """
    line = reply.split("\n", 1)[0].strip()
    target = _TARGET.fullmatch(line)
    name = target["name"].strip() if target else line
    return name if _NAME.fullmatch(name) else None


def reply_counts(reply: str, accepted: Collection[str], catalogue: Collection[str]) -> ReplyCounts:
    """Counts of one reply.

    Right is a name in the accepted set, compared exactly but for blanks around it (one label of the
    published test split has a leading blank). A reply without a readable name is wrong and ill-formed, yet
    no hallucination: rates of accuracy, hallucination and format do not add up to 1.

    Args:
        reply: The model's text; only its first line counts.
        accepted: The row's acceptable names, at least one; repeats are harmless.
        catalogue: All names that exist; a set, as this is asked once per reply.

    Raises:
        ValueError: No accepted name; the row has no right answer.
    """
    return name_counts(read_name(reply), accepted, catalogue)


def name_counts(name: str | None, accepted: Collection[str], catalogue: Collection[str]) -> ReplyCounts:
    """Counts of one reply of which ``name`` was read, None where it has none; else as :func:`reply_counts`.

    Raises:
        ValueError: No accepted name.
    """
    right = _names(accepted)
    if not right:
        raise ValueError("a problem needs at least one accepted name")
    return ReplyCounts(
        problems=1,
        correct=name in right,
        hallucinated=name is not None and name != UNKNOWN and name not in catalogue,
        well_formed=name is not None,
        unknown_hits=name == UNKNOWN and UNKNOWN in right,
        unknown_predicted=name == UNKNOWN,
        unknown_gold=UNKNOWN in right,
    )


def set_counts(predicted: Iterable[str], accepted: Collection[str]) -> SetCounts:
    """Counts for set precision, recall and F1: a model that may name several tools, order and repeats ignored.

    Not a metric of the paper, whose model names one tool; a set is what its labels are.

    Raises:
        ValueError: No accepted name.
    """
    given, right = _names(predicted), _names(accepted)
    if not right:
        raise ValueError("a problem needs at least one accepted name")
    return SetCounts(len(given & right), len(given), len(right))


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip() for name in names) - {""}
