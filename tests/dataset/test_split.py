import random

from hypothesis import given
from hypothesis import strategies as st

from journeyman.dataset.split import assign_splits, connected_groups

TIES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=4),
    st.lists(st.integers(0, 12).map(lambda n: f"family:{n}"), min_size=1, max_size=3),
    max_size=40,
)


@given(TIES, st.floats(0, 1), st.randoms(use_true_random=False))
def test_splits_are_disjoint_and_stable_under_shuffling(
    keys: dict[str, list[str]], share: float, rng: random.Random
) -> None:
    splits = assign_splits(keys, validation_share=share)
    order = list(keys)
    rng.shuffle(order)
    assert assign_splits({k: keys[k][::-1] for k in order}, validation_share=share) == splits
    held = {key for example, own in keys.items() if splits[example] == "validation" for key in own}
    trained = {key for example, own in keys.items() if splits[example] == "train" for key in own}
    assert not held & trained


@given(TIES)
def test_groups_hold_every_example_once(keys: dict[str, list[str]]) -> None:
    groups = connected_groups(keys)
    assert sorted(example for group in groups for example in group) == sorted(keys)


def test_examples_joined_through_a_third_are_one_group() -> None:
    assert connected_groups({"a": ["1"], "b": ["2"], "c": ["2", "1"]}) == [frozenset("abc")]


def test_validation_gets_about_its_share() -> None:
    keys = {str(n): [f"family:{n % 60}"] for n in range(1200)}
    held = list(assign_splits(keys, validation_share=0.05).values()).count("validation")
    assert 60 <= held <= 80


def test_large_groups_still_leave_something_to_validate_on() -> None:
    keys = {str(n): [f"family:{n % 3}"] for n in range(90)}
    assert list(assign_splits(keys, validation_share=0.05).values()).count("validation") == 30


def test_one_group_is_never_cut() -> None:
    assert set(assign_splits({str(n): ["family:x"] for n in range(9)}, validation_share=0.5).values()) == {"train"}


def test_a_new_family_moves_no_example_between_families_already_split() -> None:
    keys = {str(n): [f"family:{n % 40}"] for n in range(400)}
    before = assign_splits(keys, validation_share=0.1)
    after = assign_splits(keys | {"new": ["family:new"]}, validation_share=0.1)
    assert sum(before[k] != after[k] for k in keys) <= 10
