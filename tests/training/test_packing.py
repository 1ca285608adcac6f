import random
from dataclasses import dataclass, replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.training.packing import LEAST_PREFIX, Packing

SHARED = 100


@dataclass(frozen=True)
class Item:
    number: int
    tokens: int
    patches: int = 0
    shared: int = SHARED


LENGTHS = tuple(random.Random(0).choices(range(140, 501), k=300))
ITEMS = [Item(i, length) for i, length in enumerate(LENGTHS)]


def packing(**kwargs):
    defaults = {"tokens_per_step": 4096, "pack_tokens": 1024, "ranks": 2, "share_prefix": True}
    return Packing(**(defaults | kwargs))


def numbers(step):
    return [item.number for item in step.conversations]


items = st.lists(
    st.builds(
        Item,
        number=st.just(0),
        tokens=st.integers(130, 6000),
        patches=st.integers(0, 4000),
        shared=st.integers(0, 120),
    ),
    min_size=1,
    max_size=120,
).map(lambda made: [Item(i, m.tokens, m.patches, m.shared) for i, m in enumerate(made)])
packings = st.builds(
    Packing,
    tokens_per_step=st.integers(256, 8192),
    pack_tokens=st.integers(256, 2048),
    ranks=st.integers(1, 4),
    share_prefix=st.booleans(),
    patch_weight=st.floats(0, 2),
    packs=st.booleans(),
)


@given(rows=items, how=packings)
def test_steps_take_the_rows_in_their_order_and_each_once(rows, how):
    drawn = [sorted(numbers(step)) for step in how.steps(rows)]
    flat = [number for step in drawn for number in step]
    assert flat == list(range(len(flat)))
    for step in how.steps(rows):
        assert len(step.micro_batches) == how.micro_batches
        assert all(micro and all(micro) for micro in step.micro_batches)
        shared = min(item.shared for item in step.conversations)
        assert step.prefix == (shared if how.share_prefix and shared >= LEAST_PREFIX else 0)


@given(rows=items, how=packings)
def test_what_is_left_over_would_not_have_been_a_whole_step(rows, how):
    taken = sum(len(step.conversations) for step in how.steps(rows))
    rest = rows[taken:]
    assert rest, "the last row is still waiting for one that does not fit"
    assert list(how.steps(rest)) == []


@given(rows=items, how=packings, more=st.integers(2, 4))
def test_the_conversations_of_a_step_do_not_depend_on_the_ranks(rows, how, more):
    passes = how.micro_batches
    one, other = replace(how, ranks=1), replace(how, ranks=more)
    if one.micro_batches == other.micro_batches == passes:
        assert [sorted(numbers(s)) for s in one.steps(rows)] == [sorted(numbers(s)) for s in other.steps(rows)]


def test_the_rows_of_a_step_are_the_same_on_one_and_on_four_ranks():
    one, four = (list(packing(ranks=ranks).steps(ITEMS)) for ranks in (1, 4))
    assert len(one) > 5
    assert [sorted(numbers(s)) for s in one] == [sorted(numbers(s)) for s in four]


@given(rows=items, how=packings)
def test_a_step_holds_no_more_than_it_is_given_unless_each_pass_holds_one(rows, how):
    for step in how.steps(rows):
        if len(step.conversations) > how.micro_batches:
            cost = sum(item.tokens - step.prefix for item in step.conversations)
            whole = min(how.tokens_per_step, how.micro_batches * how.pack_tokens)
            assert cost <= max(1, whole - step.prefix * how.micro_batches)


def test_a_row_holds_one_conversation_when_the_prefix_is_shared_and_passes_cost_about_the_same():
    for step in islice(packing().steps(ITEMS), 10):
        micros = step.micro_batches
        costs = [max(row[0].tokens - SHARED for row in micro) * len(micro) for micro in micros]
        assert all(len(row) == 1 for micro in micros for row in micro)
        assert max(costs) < 1.6 * sum(costs) / len(costs)


def test_conversations_that_cannot_share_a_row_are_grouped_by_length_without_a_prefix_too():
    def padding(how):
        """Share of what is computed, where each conversation gets a row as long as the pass's longest."""
        passes = [[c.tokens for row in micro for c in row] for step in how.steps(ITEMS) for micro in step.micro_batches]
        return 1 - sum(map(sum, passes)) / sum(max(tokens) * len(tokens) for tokens in passes)

    how = packing(share_prefix=False, packs=False)
    for step in how.steps(ITEMS):
        assert step.prefix == 0
        assert all(len(row) == 1 for micro in step.micro_batches for row in micro)
    assert padding(packing(share_prefix=False)) > 0.25
    assert padding(how) < 0.13


def test_packed_rows_are_filled_evenly():
    for step in packing(share_prefix=False).steps(ITEMS):
        sums = [sum(item.tokens for item in row) for micro in step.micro_batches for row in micro]
        assert max(sums) - min(sums) <= max(LENGTHS)


@pytest.mark.parametrize("share_prefix", [False, True])
def test_passes_are_balanced_by_patches_as_well_as_by_tokens(share_prefix):
    """Half of the rows have a large picture of few tokens: told apart by length alone, some passes get them all."""
    rng = random.Random(1)
    rows = [Item(i, rng.randint(200, 260), rng.choice((0, 1200)), 0) for i in range(400)]

    def spread(patch_weight):
        how = packing(share_prefix=share_prefix, patch_weight=patch_weight)
        ratios = []
        for step in how.steps(rows):
            costs = []
            for micro in step.micro_batches:
                text = sum(max(i.tokens for i in row) if share_prefix else sum(i.tokens for i in row) for row in micro)
                costs.append(text + 0.5 * sum(i.patches for row in micro for i in row))
            ratios.append(max(costs) / (sum(costs) / len(costs)))
        return sum(ratios) / len(ratios)

    assert spread(0.5) < 1.25
    assert spread(0.5) < spread(0.0) - 0.1


def test_steps_take_about_the_tokens_they_are_given():
    drawn = list(packing(share_prefix=False).steps(ITEMS))
    mean = sum(item.tokens for step in drawn for item in step.conversations) / len(drawn)
    assert 0.85 * 4096 < mean <= 4096


def test_a_conversation_longer_than_a_pass_is_trained_on_all_the_same():
    rows = [Item(i, n) for i, n in enumerate((5000, 150, 150, 150, 150))]
    assert 0 in numbers(next(packing(ranks=1).steps(rows)))


def test_an_epoch_has_about_as_many_steps_as_it_takes():
    how = packing()
    taken = len(list(how.steps(ITEMS)))
    assert abs(how.steps_of(ITEMS, len(ITEMS)) - taken) <= 0.15 * taken
    assert how.steps_of(ITEMS, 2 * len(ITEMS)) == pytest.approx(2 * how.steps_of(ITEMS, len(ITEMS)), abs=1)
    assert how.steps_of(ITEMS[:1], 0.001) == 1
    narrow = packing(pack_tokens=SHARED, tokens_per_step=4 * SHARED)
    assert narrow.steps_of(ITEMS, len(ITEMS)) == pytest.approx(len(list(narrow.steps(ITEMS))), abs=1)
