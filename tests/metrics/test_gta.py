import random
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics import gta
from journeyman.metrics.gta import CategoryCounts, GoldStep, PredictedStep, StepCounts, category_counts, f1, step_counts

TOOLS = [tool for tools in gta.CATEGORIES.values() for tool in tools]
ARGUMENTS = st.dictionaries(st.sampled_from("xy"), st.integers(0, 2) | st.text("ab", max_size=2), max_size=2)
GOLD_STEPS = st.lists(st.builds(GoldStep, st.just("tool"), st.sampled_from(TOOLS[:4]), ARGUMENTS), max_size=5).map(
    lambda steps: [*steps, GoldStep("answer", answer="42")]
)
KINDS: Sequence[Literal["tool", "answer"]] = ("tool", "answer")
PREDICTED_STEPS = st.lists(
    st.builds(PredictedStep, st.sampled_from(KINDS), st.sampled_from(TOOLS[:4]), ARGUMENTS, st.booleans()), max_size=6
)


def copied(steps: Sequence[GoldStep]) -> list[PredictedStep]:
    return [PredictedStep(step.kind, step.tool, step.arguments, answer=step.answer) for step in steps]


def test_the_published_denominators_add_up() -> None:
    assert gta.NUM_TOOL_STEPS + gta.NUM_TEXT_ANSWERS == gta.NUM_INSTRUCTION_STEPS == 729
    assert gta.NUM_TEXT_ANSWERS + gta.NUM_PICTURE_QUERIES == gta.NUM_QUERIES == 229
    assert len(TOOLS) == len(set(TOOLS)) == 14


@given(GOLD_STEPS, st.booleans())
def test_gold_steps_score_everything(steps: list[GoldStep], has_reference: bool) -> None:
    counts = step_counts(steps, copied(steps), has_reference=has_reference)
    assert counts.inst_hits == counts.inst_steps == len(steps)
    assert counts.tool_hits == counts.arg_hits == counts.tool_steps == len(steps) - 1
    assert counts.tool_hits_official == counts.tool_steps_official
    assert counts.tool_calls == len(steps) - 1
    assert counts.tool_call_errors == 0


@given(GOLD_STEPS, PREDICTED_STEPS, st.booleans())
def test_corrected_hits_never_pass_their_denominators(
    gold: list[GoldStep], predicted: list[PredictedStep], has_reference: bool
) -> None:
    counts = step_counts(gold, predicted, has_reference=has_reference)
    assert 0 <= counts.inst_hits <= counts.inst_steps == len(gold)
    assert 0 <= counts.arg_hits <= counts.tool_hits <= counts.tool_steps
    assert counts.tool_hits <= counts.tool_hits_official
    assert counts.tool_steps_official <= counts.tool_steps


def test_a_picture_query_lifts_official_inst_acc_above_one() -> None:
    steps = [GoldStep("tool", "Plot"), GoldStep("answer", answer="see the plot")]
    counts = step_counts(steps, copied(steps), has_reference=False)
    assert (counts.inst_hits_official, counts.inst_steps_official) == (2, 1)
    assert (counts.inst_hits, counts.inst_steps, counts.references) == (2, 2, 0)


def test_a_run_that_stops_early_shrinks_the_official_denominator() -> None:
    steps = [GoldStep("tool", "OCR"), GoldStep("tool", "Calculator"), GoldStep("answer", answer="42")]
    counts = step_counts(steps, copied(steps)[:1], has_reference=True)
    assert (counts.tool_hits_official, counts.tool_steps_official) == (1, 1)
    assert (counts.tool_hits, counts.tool_steps, counts.inst_steps) == (1, 2, 3)


def test_an_errored_call_is_an_official_tool_hit_and_no_corrected_one() -> None:
    steps = [GoldStep("tool", "OCR", {"image": "a.png"}), GoldStep("answer")]
    errored = [PredictedStep("tool", "OCR", {"image": "a.png"}, error=True), PredictedStep("answer")]
    counts = step_counts(steps, errored, has_reference=True)
    assert (counts.tool_hits_official, counts.arg_hits_official) == (1, 1)
    assert (counts.tool_hits, counts.arg_hits, counts.inst_hits, counts.tool_call_errors) == (0, 0, 1, 1)


def test_arguments_must_be_equal_to_the_letter() -> None:
    gold = [GoldStep("tool", "Calculator", {"expression": "1+1"})]
    for expression, hits in (("1+1", 1), ("1 + 1", 0)):
        predicted = [PredictedStep("tool", "Calculator", {"expression": expression})]
        assert step_counts(gold, predicted, has_reference=True).arg_hits_official == hits


def test_a_tool_has_two_names() -> None:
    predicted = [PredictedStep("tool", "DetectGivenObject")]
    counts = step_counts([GoldStep("tool", "TextToBbox")], predicted, has_reference=True)
    assert (counts.tool_hits_official, counts.tool_hits) == (0, 1)
    assert category_counts(["TextToBbox"], ["DetectGivenObject"])["P"] == CategoryCounts(1, 1, 1, 1)


def test_counts_of_problems_are_summed_field_by_field() -> None:
    gold = [GoldStep("tool", "OCR"), GoldStep("answer", answer="42")]
    once = step_counts(gold, copied(gold), has_reference=True)
    assert sum([once, once, once], StepCounts()) == StepCounts(**{name: 3 * n for name, n in asdict(once).items()})


def test_two_gold_calls_and_one_predicted_make_133_percent_officially() -> None:
    counts = category_counts(["OCR", "OCR"], ["OCR"])["P"]
    assert f1(counts.hits_official, counts.predicted, counts.gold) == pytest.approx(4 / 3)
    assert f1(counts.hits, counts.predicted, counts.gold) == pytest.approx(2 / 3)


@given(st.lists(st.sampled_from([*TOOLS, "Teleport"])), st.lists(st.sampled_from([*TOOLS, "Teleport"])), st.randoms())
def test_corrected_f1_is_a_share_and_blind_to_order(gold: list[str], predicted: list[str], rng: random.Random) -> None:
    counts = category_counts(gold, predicted)
    for one in counts.values():
        assert 0 <= one.hits <= min(one.predicted, one.gold)
        assert one.hits <= one.hits_official <= one.gold
        if one.predicted + one.gold:
            assert 0 <= f1(one.hits, one.predicted, one.gold) <= 1
    assert sum(one.gold for one in counts.values()) == sum(tool != "Teleport" for tool in gold)
    rng.shuffle(gold)
    rng.shuffle(predicted)
    assert category_counts(gold, predicted) == counts
    assert all(one.hits == one.gold for one in category_counts(gold, gold).values())


def test_an_f1_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no F1"):
        f1(0, 0, 0)


def test_the_categories_hold_what_the_evaluator_holds() -> None:
    counts: dict[Any, CategoryCounts] = dict(category_counts(TOOLS, []))
    assert {category: one.gold for category, one in counts.items()} == {"P": 4, "O": 3, "L": 5, "C": 2}
