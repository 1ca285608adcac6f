"""Held-out families and seeds are fixed before anything is generated, and training never meets them."""

from hypothesis import given
from hypothesis import strategies as st

from journeyman.generation.config import GenerationConfig
from journeyman.generation.kinds import KINDS
from journeyman.generation.plan import plan_shards


@given(seed=st.integers(0, 50), share=st.floats(0.0, 1.0))
def test_splits_share_no_family_and_no_seed(seed: int, share: float) -> None:
    config = GenerationConfig(queries=120, held_out_problems=60, shard_size=50, seed=seed, held_out_families=share)
    briefs = {
        split: [b for s in plan_shards(config) if s.split == split for b in s.briefs] for split in ("train", "held_out")
    }
    assert len(briefs["train"]) == 120
    assert len(briefs["held_out"]) == 60
    assert not {b.family for b in briefs["train"]} & {b.family for b in briefs["held_out"]}
    assert not {b.seed for b in briefs["train"]} & {b.seed for b in briefs["held_out"]}


def test_every_kind_is_asked_for_in_both_splits() -> None:
    config = GenerationConfig(queries=60, held_out_problems=60)
    for split in ("train", "held_out"):
        assert {b.kind for s in plan_shards(config) if s.split == split for b in s.briefs} == {k.name for k in KINDS}


def test_neither_words_nor_file_names_tell_ambiguous_kinds_apart() -> None:
    for wording in {kind.wording for kind in KINDS}:
        assert len({kind.writers for kind in KINDS if kind.wording == wording}) == 1


def test_a_larger_run_begins_with_the_smaller_one() -> None:
    small = plan_shards(GenerationConfig(queries=100, held_out_problems=0, shard_size=50))
    large = plan_shards(GenerationConfig(queries=200, held_out_problems=0, shard_size=50))
    assert large[: len(small)] == small
