"""GTA's metrics (arXiv:2407.08713) by the rules of ``gta_bench.py`` (open-compass/GTA), and the same without its holes.

Steps and categories are counted, so that problems can be summed and resampled: ``sum(counts, StepCounts())``.
A field that ends in ``_official`` follows the official rule; the one without follows the corrected rule, whose
figure stays in [0, 1]. Embeddings are passed in; the published figures are of ``all-mpnet-base-v2``.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

NUM_QUERIES = 229
NUM_TEXT_ANSWERS = 172
"""Queries with a reference: AnsAcc's and SummAcc's denominator."""
NUM_PICTURE_QUERIES = 57
"""Queries whose answer is a picture; they have no reference. Ans+I is over all 229."""
NUM_TOOL_STEPS = 557
"""Gold tool calls: ToolAcc's and ArgAcc's denominator, recovered from the table of July 2024."""
NUM_INSTRUCTION_STEPS = 729
"""Official denominator of InstAcc, 557 + 172: the picture queries' 57 last steps are missing from it."""

Aliases = Sequence[Sequence[str]]
"""Groups of spellings; one spelling of each group must be in the answer."""

Embed = Callable[[Sequence[str]], NDArray[np.floating[Any]]]
"""Texts to an array of one row each; rows need not be normalised."""

Match = Callable[[object, Aliases, Aliases | None], bool]

Category = Literal["P", "O", "L", "C"]

CATEGORIES: Mapping[Category, tuple[str, ...]] = MappingProxyType(
    {
        "P": ("OCR", "ImageDescription", "RegionAttributeDescription", "TextToBbox"),
        "O": ("DrawBox", "AddText", "GoogleSearch"),
        "L": ("Calculator", "Solver", "Plot", "MathOCR", "CountGivenObject"),
        "C": ("TextToImage", "ImageStylization"),
    }
)
"""Perception, operation, logic, creativity: GTA's 14 tools by their names in the data set."""

TOOL_ALIASES: Mapping[str, str] = MappingProxyType({"DetectGivenObject": "TextToBbox"})
"""The paper's name of a tool to the data set's."""

PICTURE_TOOLS = frozenset({"DrawBox", "AddText", "Plot", "TextToImage", "ImageStylization"})
"""Tools whose arguments stand for the picture that answers a query."""

_CATEGORY_OF: Mapping[str, Category] = MappingProxyType(
    {tool: category for category, tools in CATEGORIES.items() for tool in tools}
)
_NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class GoldStep:
    """One assistant turn of the data set: a tool call, or the last turn's answer."""

    kind: Literal["tool", "answer"]
    tool: str = ""
    """Empty for an answer."""
    arguments: Mapping[str, object] = field(default_factory=dict)
    """JSON values by parameter; in step mode file names are made absolute on both sides, or on neither."""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class PredictedStep:
    """One assistant turn of the model."""

    kind: Literal["tool", "answer"]
    tool: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)
    error: bool = False
    """The turn could not be parsed or its call failed (``error`` in OpenCompass's record)."""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class StepCounts:
    """What one problem, or a sum of problems, adds to InstAcc, ToolAcc and ArgAcc."""

    inst_hits_official: int = 0
    inst_steps_official: int = 0
    inst_hits: int = 0
    inst_steps: int = 0
    tool_hits_official: int = 0
    arg_hits_official: int = 0
    tool_steps_official: int = 0
    tool_hits: int = 0
    arg_hits: int = 0
    tool_steps: int = 0
    references: int = 0
    """1 for a query with a reference: SummAcc's and AnsAcc's denominator."""
    tool_calls: int = 0
    """Predicted calls, official rule."""
    tool_call_errors: int = 0

    def __add__(self, other: "StepCounts") -> "StepCounts":
        return StepCounts(*(left + right for left, right in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class CategoryCounts:
    """Calls of one category's tools in one problem, or in a sum of problems."""

    hits_official: int = 0
    hits: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: "CategoryCounts") -> "CategoryCounts":
        return CategoryCounts(*(left + right for left, right in zip(astuple(self), astuple(other), strict=True)))


def canonical_tool(name: str) -> str:
    """The data set's name of a tool that the paper calls otherwise; any other name unchanged."""
    return TOOL_ALIASES.get(name, name)


def step_counts(
    gold_steps: Sequence[GoldStep], predicted_steps: Sequence[PredictedStep], *, has_reference: bool
) -> StepCounts:
    """Counts of step mode (``every_with_gt``), where the model sees the gold prefix before every step.

    Official (``GTABenchEvaluator.score``): InstAcc = steps of the gold type without an error / (gold tool
    steps + queries with a reference). ToolAcc = tool steps with the gold tool's name / gold tool steps; a
    call that ended in an error counts. ArgAcc = those whose arguments also equal the gold ones exactly,
    as Python dicts, / gold tool steps. Both sides are zipped: gold steps beyond the last predicted one
    leave every denominator, so a run that stopped early scores better.

    Corrected: every gold step is in the denominator, the last one of a picture query too (officially
    InstAcc counts its hit but not the step, and can pass 100 %); a call in error is no hit; a tool's two
    names are one. All three are in [0, 1].

    Args:
        gold_steps: The assistant turns of the data set, in order.
        predicted_steps: The model's turn at each; missing ones at the end are misses.
        has_reference: The query has a text answer; false for the 57 picture queries.
    """
    pairs = list(zip(gold_steps, predicted_steps, strict=False))
    tool_pairs = [(gold, step) for gold, step in pairs if gold.kind == step.kind == "tool"]
    named_officially = [(gold, step) for gold, step in tool_pairs if gold.tool == step.tool]
    named = [
        (gold, step)
        for gold, step in tool_pairs
        if canonical_tool(gold.tool) == canonical_tool(step.tool) and not step.error
    ]
    inst_hits = sum(gold.kind == step.kind and not step.error for gold, step in pairs)
    tool_steps_official = sum(gold.kind == "tool" for gold, _ in pairs)
    calls = [step for _, step in pairs if step.kind == "tool"]
    return StepCounts(
        inst_hits_official=inst_hits,
        inst_steps_official=tool_steps_official + has_reference,
        inst_hits=inst_hits,
        inst_steps=len(gold_steps),
        tool_hits_official=len(named_officially),
        arg_hits_official=sum(dict(step.arguments) == dict(gold.arguments) for gold, step in named_officially),
        tool_steps_official=tool_steps_official,
        tool_hits=len(named),
        arg_hits=sum(dict(step.arguments) == dict(gold.arguments) for gold, step in named),
        tool_steps=sum(gold.kind == "tool" for gold in gold_steps),
        references=int(has_reference),
        tool_calls=len(calls),
        tool_call_errors=sum(step.error for step in calls),
    )


def category_counts(gold_tools: Iterable[str], predicted_tools: Iterable[str]) -> Mapping[Category, CategoryCounts]:
    """Counts for the P, O, L and C F1 of end-to-end mode (``every``), one problem.

    Official hits = gold calls whose tool is called anywhere in the prediction, so that one predicted call
    can be hit by many gold ones: two gold OCR and one predicted OCR make F1 133 %. Corrected hits = size
    of the multiset intersection, at most the predicted and at most the gold calls, so F1 is in [0, 1].
    Neither looks at the order, at arguments or at errors. Tools of no category are left out; the
    official script raises KeyError on such a gold call.

    Args:
        gold_tools: Tool names of the gold calls, repeats included; either of a tool's names.
        predicted_tools: Tool names of the predicted calls.
    """
    gold = Counter(canonical_tool(name) for name in gold_tools)
    predicted = Counter(canonical_tool(name) for name in predicted_tools)
    counts = dict.fromkeys(CATEGORIES, CategoryCounts())
    for tool in gold.keys() | predicted.keys():
        category = _CATEGORY_OF.get(tool)
        if category is not None:
            counts[category] += CategoryCounts(
                hits_official=gold[tool] if tool in predicted else 0,
                hits=min(gold[tool], predicted[tool]),
                predicted=predicted[tool],
                gold=gold[tool],
            )
    return MappingProxyType(counts)


def f1(hits: float, predicted: int, gold: int) -> float:
    """Harmonic mean of hits/predicted and hits/gold, which is 2 x hits / (predicted + gold).

    In [0, 1] for corrected hits; official hits reach 2. The official script adds 1e-5 to the predicted
    calls and to the sum of precision and recall, which takes less than a thousandth off its figure
    unless that is nearly 0.

    Raises:
        ValueError: Neither predicted nor gold calls, or hits without any; a mean over nothing is not 0.
    """
    if predicted + gold <= 0:
        raise ValueError(f"no F1 of {hits:g} hits in {predicted} predicted and {gold} gold calls")
    return 2 * hits / (predicted + gold)


def whitelist_match_official(answer: object, whitelist: Aliases, blacklist: Aliases | None) -> bool:
    r"""Whether the official rule takes the answer for right.

    Every group must match ``\b(?:alias|...)\b`` without regard to case, and no black-listed alias may.
    Defects, kept: ``\b`` next to ``$``, ``%`` or ``-`` asks for a letter or digit *beyond* the alias, so
    "$5", "5$", "-3" and "42%" never match in normal text; "cat" does not match "cats", while "1" matches
    "1.5" and "-1"; an empty whitelist is always right; a group or alias that is empty matches any answer
    with a word in it, and an empty black list group makes every such answer wrong.

    Args:
        answer: The model's last turn; None is an empty answer, other values become ``str(value)``.
        whitelist: ``gt_answer["whitelist"]``.
        blacklist: ``gt_answer["blacklist"]``; all its groups are one alternation.
    """
    text = _text_of(answer)
    if not all(_contains(text, rf"\b(?:{_alternation(group)})\b") for group in whitelist):
        return False
    forbidden = _alternation([alias for group in blacklist or () for alias in group])
    return not (blacklist and _contains(text, rf"\b(?:{forbidden})\b"))


def whitelist_match(answer: object, whitelist: Aliases, blacklist: Aliases | None) -> bool:
    """The official rule with edges that can match: "$5" is found in "it costs $5.", "42%" in "42% of them".

    An edge that is a letter, a digit, a sign or a point must not touch a further letter or digit, so "1"
    is not found in "10", "$5" not in "$50", "-3" not in "10-3". Any other edge matches as it is written:
    "$5" is found in "US$5". For aliases with letters or digits at both ends this is the official rule,
    its weakness included ("1" is found in "1.5"). Empty aliases are ignored; a whitelist without
    any alias, or with a group without one, is never matched. The black list is honoured by the same rule.

    Args:
        answer: As for the official rule.
        whitelist: Groups of aliases, all of which must be found.
        blacklist: Groups of aliases, none of which may be found.
    """
    text = _text_of(answer)
    if not whitelist or not all(_contains(text, _guarded(group)) for group in whitelist):
        return False
    return not any(_contains(text, _guarded(group)) for group in blacklist or ())


def whitelist_match_substring(answer: object, whitelist: Aliases, blacklist: Aliases | None = None) -> bool:
    """MAT's rule, by which T3-Agent's published AnsAcc was measured; for reproduction only.

    Every group has an alias that is a substring of the answer, both in lower case. The black list is
    ignored, "1" is found in "10", and an answer that lists every candidate is right. MAT also leaves
    similarity answers and picture queries out of its denominator: 156 of 229 problems are counted.
    """
    del blacklist
    text = _text_of(answer).lower()
    return all(any(alias.lower() in text for alias in group) for group in whitelist)


def similarity_score(answer: object, references: Sequence[str], *, embed: Embed) -> float:
    """Largest cosine similarity of the answer to a reference, floored at 0; in [0, 1].

    An empty answer is 0 (officially so in end-to-end mode; in step mode the empty text is embedded).
    """
    text = _text_of(answer)
    if not text or not references:
        return 0.0
    rows = embed([text, *references])
    return max(_cosine(rows[0], row) for row in rows[1:])


def answer_score(answer: object, reference: object, *, embed: Embed, match: Match = whitelist_match) -> float:
    """The score in [0, 1] that one answer adds to SummAcc (step mode) or AnsAcc (end to end).

    Divide the sum by the number of queries with a reference (172). In step mode the official script
    scores the step where gold and prediction are both an answer, an errored one too.

    Args:
        answer: The answer's text; None, when the last step was no answer, is 0.
        reference: ``gt_answer`` as the data set stores it: a mapping with ``whitelist`` and ``blacklist``,
            a list of reference texts, or None for a picture query, which scores 0 here.
        embed: Used for lists of reference texts only.
        match: ``whitelist_match_official`` for the official figure, ``whitelist_match_substring`` for MAT's.
    """
    if answer is None or not reference:
        return 0.0
    if isinstance(reference, Mapping):
        return float(match(answer, reference["whitelist"], reference.get("blacklist")))
    if not isinstance(reference, Sequence) or isinstance(reference, str):
        raise TypeError(f"a reference is a mapping, a list of texts or None, not {reference!r}")
    return similarity_score(answer, reference, embed=embed)


def final_answer(predicted_steps: Sequence[PredictedStep]) -> str | None:
    """The answer of an end-to-end run: its last step's text, None when that is a tool call or is empty."""
    if not predicted_steps or predicted_steps[-1].kind != "answer":
        return None
    return predicted_steps[-1].answer or None


def picture_score(gold_steps: Sequence[GoldStep], predicted_steps: Sequence[PredictedStep], *, embed: Embed) -> float:
    """Score in [0, 1] of a query that is answered by a picture; Ans+I = (text scores + these) / 229.

    The product, over the gold calls of ``PICTURE_TOOLS``, of the similarity between the JSON of the gold
    arguments and of the **last** predicted call of that tool that did not end in an error; a tool without
    such a call makes it 0. No picture is compared. Defects, kept: one predicted call serves every gold
    call of its tool, the order of keys changes the JSON, and a query without a gold call of these tools
    scores 1 whatever was done.
    """
    last = {step.tool: step for step in predicted_steps if step.kind == "tool" and not step.error}
    wanted = [step for step in gold_steps if step.kind == "tool" and step.tool in PICTURE_TOOLS]
    if any(step.tool not in last for step in wanted):
        return 0.0
    if not wanted:
        return 1.0
    rows = embed([_arguments_json(step) for gold in wanted for step in (gold, last[gold.tool])])
    score = 1.0
    for i in range(0, len(rows), 2):
        score *= _cosine(rows[i], rows[i + 1])
    return score


def _text_of(answer: object) -> str:
    if answer is None:
        return ""
    try:
        return str(answer)
    except Exception:  # noqa: BLE001 - a value's own __str__ may raise anything, and there is then no answer
        return ""


def _contains(text: str, pattern: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _alternation(aliases: Sequence[str]) -> str:
    return "|".join(re.escape(alias) for alias in aliases)


def _guarded(aliases: Sequence[str]) -> str:
    spellings = [alias.strip() for alias in aliases]
    return "|".join(_with_edges(alias) for alias in spellings if alias) or _NEVER


def _with_edges(alias: str) -> str:
    before = r"(?<!\w)" if re.match(r"[\w+.\u2212-]", alias) else ""
    after = r"(?!\w)" if re.search(r"[\w+.\u2212-]\Z", alias) else ""
    return before + re.escape(alias) + after


def _cosine(left: NDArray[np.floating[Any]], right: NDArray[np.floating[Any]]) -> float:
    norms = float(np.linalg.norm(left) * np.linalg.norm(right))
    return min(1.0, max(0.0, float(left @ right) / norms)) if norms else 0.0


def _arguments_json(step: GoldStep | PredictedStep) -> str:
    return json.dumps(dict(step.arguments), default=str)
