"""GTA end to end: the agent solves the query with its own tools; the answer and the tools it chose are scored.

Official: ``every`` of ``gta_bench.py`` (open-compass/GTA). T3-Agent (arXiv:2412.15606) reports another
AnsAcc on the same data and a ToolAcc and CodeExec whose code was never released; what those are here is
said at each figure.
"""

from collections.abc import Iterator, Sequence

from journeyman.benchmark import Benchmark, Figure, FloatArray, ProblemSet, Scoring, f1_of_counts, quotient
from journeyman.benchmarks._gta_calls import calls_of, in_gta_words, uses_right_tools
from journeyman.benchmarks._gta_data import GROUPINGS, read_gta
from journeyman.benchmarks._gta_gold import GtaGold, answer_text, answer_value, gold_of, reference_score
from journeyman.metrics.gta import (
    CATEGORIES,
    NUM_QUERIES,
    NUM_TEXT_ANSWERS,
    PICTURE_TOOLS,
    Embed,
    GoldStep,
    PredictedStep,
    category_counts,
    picture_score,
    whitelist_match,
    whitelist_match_official,
    whitelist_match_substring,
)
from journeyman.schema.problem import Problem
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory

NAME = "gta"
NUM_T3_ANSWERS = 156
"""Queries with a white list: what T3-Agent divides by (every published value is a multiple of 1/156)."""

_RULES = (("AnsAcc official", whitelist_match_official), ("AnsAcc", whitelist_match))
_WITH_PICTURES = {"AnsAcc official": "Ans+I official", "AnsAcc": "Ans+I"}


def read(source: str) -> ProblemSet:
    """GTA's queries; see :func:`read_gta`."""
    return read_gta(source, benchmark=NAME)


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:
    """Answer, tools and code of one run; one that crashed or stopped early is wrong, not absent."""
    gold = gold_of(problem)
    steps = gold.steps(first_question_only=True)
    calls = calls_of(trajectory)
    predicted = in_gta_words(calls, steps, scoring.covers)
    right_tools = uses_right_tools(calls, steps, scoring.covers) and (bool(calls) or trajectory.status == "answered")
    ran = [not step.error for step in trajectory.steps]
    return (
        *_answer_measures(gold, answer_text(answer_value(trajectory)) or None, scoring.embed),
        *_picture_measures(gold, steps, predicted, answered=trajectory.status == "answered", embed=scoring.embed),
        *_category_measures(steps, predicted),
        Measure(name="ToolAcc", value=float(right_tools), weight=1),
        Measure(name="CodeExec", value=sum(ran) / len(ran) if ran else 0.0, weight=1),
    )


def _answer_measures(gold: GtaGold, answer: str | None, embed: Embed | None) -> Iterator[Measure]:
    kind, reference = gold.answer_kind, gold.reference
    for name, match in _RULES if kind != "picture" else ():
        found = reference_score(answer, reference, match, embed)
        if found is not None:
            yield Measure(name=name, value=found, weight=1)
            if embed is not None:
                yield Measure(name=_WITH_PICTURES[name], value=found, weight=1)
    substring = 0.0
    if kind == "text":
        substring = reference_score(answer, reference, whitelist_match_substring, None) or 0.0
        yield Measure(name="AnsAcc T3", value=substring, weight=1)
    yield Measure(name="AnsAcc T3 of all", value=substring, weight=1)


def _picture_measures(
    gold: GtaGold,
    steps: Sequence[GoldStep],
    predicted: Sequence[PredictedStep],
    *,
    answered: bool,
    embed: Embed | None,
) -> Iterator[Measure]:
    """Ans+I of a query that a picture answers; absent, as all of Ans+I, without an embedding model."""
    if gold.answer_kind != "picture" or embed is None:
        return
    found = float(picture_score(steps, predicted, embed=embed))
    yield Measure(name="Ans+I official", value=found, weight=1)
    if any(step.tool in PICTURE_TOOLS for step in steps):
        yield Measure(name="Ans+I", value=found if answered else 0.0, weight=1)


def _category_measures(steps: Sequence[GoldStep], predicted: Sequence[PredictedStep]) -> Iterator[Measure]:
    counts = category_counts([step.tool for step in steps if step.kind == "tool"], [step.tool for step in predicted])
    for letter, found in counts.items():
        yield Measure(name=f"{letter} hits official", value=found.hits_official, weight=found.gold)
        yield Measure(name=f"{letter} hits", value=found.hits, weight=found.gold)
        yield Measure(name=f"{letter} predicted", value=found.predicted, weight=found.predicted)
        yield Measure(name=f"{letter} gold", value=found.gold, weight=found.gold)


def _share_of_counts(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Sums [R, 2] of hits over calls -> [R]; NaN over nothing."""
    del weights
    return quotient(values[:, :1], values[:, 1:])


def _category_figures() -> Iterator[Figure]:
    for letter, tools in CATEGORIES.items():
        members = ", ".join(tools)
        for suffix, note in (
            (" official", f"{members}; one predicted call is hit by every gold call of its tool: can pass 100 %"),
            ("", f"{members}; each predicted call is hit by one gold call at most"),
        ):
            hits, predicted, gold = f"{letter} hits{suffix}", f"{letter} predicted", f"{letter} gold"
            yield Figure(f"{letter} precision{suffix}", (hits, predicted), _share_of_counts, note=note)
            yield Figure(f"{letter} recall{suffix}", (hits, gold), _share_of_counts, note=note)
            yield Figure(f"{letter} F1{suffix}", (hits, predicted, gold), f1_of_counts, note=note)


_FIGURES = (
    Figure(
        "AnsAcc official",
        published_denominator=NUM_TEXT_ANSWERS,
        note="edges of a word only: '$5' or '42%' never match; reference texts are scored by an embedding model or not",
    ),
    Figure("AnsAcc", published_denominator=NUM_TEXT_ANSWERS, note="as official, but '$5', '42%' and '-3' can match"),
    Figure(
        "Ans+I official",
        published_denominator=NUM_QUERIES,
        note="pictures by arguments of their tools, which ours name otherwise; absent without an embedding model",
    ),
    Figure(
        "Ans+I",
        published_denominator=NUM_QUERIES,
        note="as official, over the corrected AnsAcc; pictures count when the run answered and the gold dialog draws",
    ),
    Figure(
        "AnsAcc T3",
        published_denominator=NUM_T3_ANSWERS,
        note="T3-Agent's rule: substring, no black list, white-list queries only; '1' is found in '10'",
    ),
    Figure("AnsAcc T3 of all", published_denominator=NUM_QUERIES, note="T3-Agent's rule, all other queries wrong"),
    *_category_figures(),
    Figure(
        "ToolAcc",
        published_denominator=NUM_QUERIES,
        note="our definition: the calls do what the gold dialog's tools do and nothing else, and none ends in an error",
    ),
    Figure(
        "CodeExec",
        published_denominator=NUM_QUERIES,
        note="our definition: mean over runs of the share of steps whose code ran; 0 for a run without a step",
    ),
)

BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="GTA (arXiv:2407.08713) end to end: everyday queries about pictures, 14 tools; data of open-compass/GTA",
    read=read,
    score=score,
    right="AnsAcc",
    figures=_FIGURES,
    headline=("AnsAcc", "ToolAcc"),
    groupings=GROUPINGS,
    tools=(
        "ocr",
        "visualize",
        "crop_image",
        "locate_object",
        "draw_boxes",
        "add_text",
        "web_search",
        "look_up_facts",
        "calculate",
        "solve_equation",
        "plot",
        "generate_image",
        "edit_image_by_instruction",
    ),
)
