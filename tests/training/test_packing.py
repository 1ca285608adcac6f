import random
from itertools import islice

import pytest

from journeyman.training.packing import Plan, total_steps

LENGTHS = tuple(random.Random(0).randint(140, 500) for _ in range(300))
SHARED = 100


def plan(**kwargs):
    defaults = {"tokens_per_step": 4096, "pack_tokens": 1024, "ranks": 2, "share_prefix": True, "seed": 0}
    return Plan(**({"lengths": LENGTHS, "shared": SHARED} | defaults | kwargs))


def indices(step):
    return [i for micro in step for row in micro for i in row]


@pytest.mark.parametrize("share_prefix", [False, True])
def test_each_conversation_comes_once_an_epoch(share_prefix):
    seen = []
    for step in plan(share_prefix=share_prefix).steps():
        seen += indices(step)
        if len(seen) >= len(LENGTHS):
            break
    assert sorted(seen[: len(LENGTHS)]) == list(range(len(LENGTHS))) or len(set(seen)) == len(LENGTHS)


@pytest.mark.parametrize("share_prefix", [False, True])
def test_every_step_has_the_same_number_of_passes_and_none_is_empty(share_prefix):
    for step in islice(plan(share_prefix=share_prefix).steps(), 50):
        assert len(step) == 4
        assert all(indices([micro]) for micro in step)


@pytest.mark.parametrize("share_prefix", [False, True])
def test_the_conversations_of_a_step_do_not_depend_on_the_ranks(share_prefix):
    for one, four in islice(
        zip(
            plan(ranks=1, share_prefix=share_prefix).steps(),
            plan(ranks=4, share_prefix=share_prefix).steps(),
            strict=True,
        ),
        20,
    ):
        assert sorted(indices(one)) == sorted(indices(four))


def test_a_row_holds_one_conversation_when_the_prefix_is_shared_and_passes_cost_about_the_same():
    for step in islice(plan().steps(), 20):
        costs = [max(LENGTHS[row[0]] - SHARED for row in micro) * len(micro) for micro in step]
        assert all(len(row) == 1 for micro in step for row in micro)
        assert max(costs) < 1.6 * sum(costs) / len(costs)


def test_packed_rows_are_filled_evenly():
    for step in islice(plan(share_prefix=False).steps(), 20):
        sums = [sum(LENGTHS[i] for i in row) for micro in step for row in micro]
        assert max(sums) - min(sums) <= max(LENGTHS)


def test_steps_take_about_the_tokens_they_are_given():
    drawn = list(islice(plan(share_prefix=False).steps(), 30))
    mean = sum(LENGTHS[i] for step in drawn for i in indices(step)) / len(drawn)
    assert 0.85 * 4096 < mean <= 4096


def test_a_conversation_longer_than_a_pass_is_trained_on_all_the_same():
    assert 0 in indices(next(plan(lengths=(5000, 150, 150, 150), ranks=1).steps()))


def test_plans_repeat_with_the_seed_and_differ_without():
    first = list(islice(plan().steps(), 5))
    assert first == list(islice(plan().steps(), 5))
    assert first != list(islice(plan(seed=1).steps(), 5))


def test_validation_takes_each_conversation_once():
    assert sorted(indices(plan().once())) == list(range(len(LENGTHS)))


def test_steps_follow_epochs_unless_they_are_given():
    assert total_steps(plan(), max_steps=5, epochs=3.0) == 5
    assert total_steps(plan(), max_steps=0, epochs=2.0) == 2 * plan().epoch_steps()
    assert total_steps(plan(), max_steps=0, epochs=0.001) == 1
