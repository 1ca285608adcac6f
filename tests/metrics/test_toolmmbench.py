import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.toolmmbench import UNKNOWN, ReplyCounts, read_name, reply_counts, set_counts

CATALOGUE = {"MIT/ast-finetuned", "openai/whisper-tiny", "gpt2"}
NAMES = st.sampled_from([*sorted(CATALOGUE), UNKNOWN, "made/up"])


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        ("{'api_name': MIT/ast-finetuned}\n###", "MIT/ast-finetuned"),
        ("MIT/ast-finetuned", "MIT/ast-finetuned"),
        ("  gpt2 \nbecause", "gpt2"),
        ("{'api_name': unknown}", "unknown"),
        ("{'api_name': }", None),
        ("{'api_name': gpt2", None),
        ('{"api_name": "gpt2"}', None),
        ("I would use gpt2", None),
        ("a/b/c", None),
        ("", None),
        ("\ngpt2", None),
    ],
)
def test_a_name_is_read_from_the_first_line_alone(reply: str, name: str | None) -> None:
    assert read_name(reply) == name


def test_an_accepted_name_is_right_and_blanks_in_labels_do_not_matter() -> None:
    counts = reply_counts("gpt2", [" gpt2", "openai/whisper-tiny"], CATALOGUE)
    assert counts == ReplyCounts(problems=1, correct=1, well_formed=1)


def test_only_a_readable_name_outside_the_catalogue_is_a_hallucination() -> None:
    assert reply_counts("made/up", ["gpt2"], CATALOGUE) == ReplyCounts(problems=1, hallucinated=1, well_formed=1)
    assert reply_counts("I do not know", ["gpt2"], CATALOGUE) == ReplyCounts(problems=1)
    unknown = reply_counts(UNKNOWN, ["gpt2"], CATALOGUE)
    assert unknown == ReplyCounts(problems=1, well_formed=1, unknown_predicted=1)


def test_unknown_has_precision_and_recall() -> None:
    rows = [(UNKNOWN, UNKNOWN), (UNKNOWN, "gpt2"), ("gpt2", UNKNOWN), ("gpt2", "gpt2")]
    total = sum((reply_counts(reply, [gold], CATALOGUE) for reply, gold in rows), ReplyCounts())
    assert (total.unknown_hits, total.unknown_predicted, total.unknown_gold) == (1, 2, 2)
    assert (total.problems, total.correct) == (4, 2)


@given(st.text(max_size=40) | NAMES, st.lists(NAMES, min_size=1), st.randoms())
def test_counts_are_at_most_one_and_blind_to_the_order_of_labels(
    reply: str, accepted: list[str], rng: random.Random
) -> None:
    counts = reply_counts(reply, accepted, CATALOGUE)
    assert max(counts.correct, counts.hallucinated, counts.unknown_predicted) <= counts.well_formed <= 1
    assert counts.unknown_hits <= min(counts.unknown_predicted, counts.unknown_gold)
    rng.shuffle(accepted)
    assert reply_counts(reply, [*accepted, accepted[0]], CATALOGUE) == counts
    assert reply_counts(accepted[0], accepted, CATALOGUE).correct == 1


def test_a_set_is_compared_without_order_and_repeats() -> None:
    counts = set_counts(["gpt2", "gpt2", "made/up"], ["openai/whisper-tiny", "gpt2", "gpt2 "])
    assert counts == (1, 2, 2)
    assert (counts.precision, counts.recall, counts.f1) == (0.5, 0.5, 0.5)
    nothing = set_counts([], ["gpt2"])
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)


@given(st.sets(NAMES), st.sets(NAMES, min_size=1))
def test_f1_lies_between_precision_and_recall(predicted: set[str], accepted: set[str]) -> None:
    counts = set_counts(predicted, accepted)
    low, high = sorted((counts.precision, counts.recall))
    assert 0 <= low <= counts.f1 + 1e-12
    assert counts.f1 - 1e-12 <= high <= 1
    assert set_counts(accepted, accepted).f1 == 1


@pytest.mark.parametrize("accepted", [[], ["  "]])
def test_a_problem_without_a_right_answer_is_refused(accepted: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one accepted name"):
        reply_counts("gpt2", accepted, CATALOGUE)
    with pytest.raises(ValueError, match="at least one accepted name"):
        set_counts(["gpt2"], accepted)


@pytest.mark.parametrize(
    "reply", ["x" * 100_000, "{'api_name': " * 20_000, "/" * 100_000, "{'api_name': " + " " * 100_000]
)
def test_long_replies_are_read_at_once(reply: str) -> None:
    assert reply_counts(reply, ["gpt2"], CATALOGUE).correct == 0
