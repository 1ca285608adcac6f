"""Held-out families and seeds are fixed before anything is generated, and training never meets them."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.generation.config import GenerationConfig
from journeyman.generation.plan import plan_shards
from journeyman.generator import Kind
from journeyman.generators.t3_agent import GENERATOR
from journeyman.schema.query import condition_of

KINDS = GENERATOR.kinds
KIND_BY_NAME = {kind.name: kind for kind in GENERATOR.kinds}

TOOLS = tuple(sorted({name for kind in KINDS for name in kind.tools}))


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


def _kinds(split: str, config: GenerationConfig) -> list[Kind]:
    return [KIND_BY_NAME[b.kind] for s in plan_shards(config) if s.split == split for b in s.briefs]


def test_every_kind_is_asked_for_in_held_out_problems_and_those_without_held_out_tools_in_training() -> None:
    config = GenerationConfig(queries=60, held_out_problems=130)
    assert set(_kinds("held_out", config)) == set(KINDS)
    assert set(_kinds("train", config)) == {k for k in KINDS if "look_up_facts" not in k.tools}


def _mix(config: GenerationConfig) -> Counter[str]:
    return Counter(condition_of(kind.tools, config.held_out_tools) for kind in _kinds("held_out", config))


@pytest.mark.parametrize(
    ("count", "mix"),
    [
        (7, {"seen tools": 4, "no tool": 1, "unseen tools": 1, "long chain": 1}),
        (78, {"seen tools": 45, "no tool": 11, "unseen tools": 11, "long chain": 11}),
        (100, {"seen tools": 57, "no tool": 15, "unseen tools": 14, "long chain": 14}),
    ],
)
def test_held_out_problems_come_in_the_stated_mix_whatever_the_seed(count: int, mix: dict[str, int]) -> None:
    for seed in range(5):
        assert _mix(GenerationConfig(queries=0, held_out_problems=count, seed=seed)) == mix


def test_the_kinds_of_one_condition_take_turns() -> None:
    kinds = Counter(kind.name for kind in _kinds("held_out", GenerationConfig(queries=0, held_out_problems=84)))
    for condition in ("no tool", "unseen tools", "long chain"):
        counts = [kinds[k.name] for k in KINDS if condition_of(k.tools, ("look_up_facts",)) == condition]
        assert sum(counts) == 12
        assert max(counts) - min(counts) == 0


def test_one_training_query_in_ten_needs_no_tool_and_one_in_fifteen_a_long_chain() -> None:
    config = GenerationConfig(queries=3100, held_out_problems=0)
    mix = Counter(condition_of(kind.tools, config.held_out_tools) for kind in _kinds("train", config))
    assert mix == {"seen tools": 2600, "no tool": 300, "long chain": 200}


@given(held_out=st.lists(st.sampled_from(TOOLS), unique=True, max_size=len(TOOLS)).map(tuple), seed=st.integers(0, 50))
def test_no_training_query_wants_a_held_out_tool(held_out: tuple[str, ...], seed: int) -> None:
    config = GenerationConfig(queries=70, held_out_problems=70, seed=seed, held_out_tools=held_out)
    assert not {name for kind in _kinds("train", config) for name in kind.tools} & set(held_out)
    if set(held_out) & set(TOOLS):
        assert _mix(config)["unseen tools"] >= 10


def test_a_condition_that_no_kind_poses_gives_its_place_to_seen_tools() -> None:
    mix = _mix(GenerationConfig(queries=0, held_out_problems=70, held_out_tools=("plot",)))
    assert mix == {"seen tools": 50, "no tool": 10, "long chain": 10}


@pytest.mark.parametrize(
    ("tools", "condition"),
    [
        ((), "no tool"),
        (("ocr", "calculate"), "seen tools"),
        (("ocr", "ocr", "calculate"), "long chain"),
        (("ocr", "ocr", "plot"), "unseen tools"),
    ],
)
def test_the_tools_of_a_right_solution_say_what_a_problem_tests(tools: tuple[str, ...], condition: str) -> None:
    assert condition_of(tools, ("plot",)) == condition


def test_neither_words_nor_file_names_tell_ambiguous_kinds_apart() -> None:
    for wording in {kind.wording for kind in KINDS}:
        assert len({kind.writers for kind in KINDS if kind.wording == wording}) == 1


def test_a_larger_run_begins_with_the_smaller_one() -> None:
    small = plan_shards(GenerationConfig(queries=100, held_out_problems=0, shard_size=50))
    large = plan_shards(GenerationConfig(queries=200, held_out_problems=0, shard_size=50))
    assert large[: len(small)] == small
    assert (
        plan_shards(GenerationConfig(queries=0, held_out_problems=50, shard_size=50))[0]
        == (plan_shards(GenerationConfig(queries=0, held_out_problems=99, shard_size=50))[0])
    )


def test_a_later_round_has_training_queries_of_its_own_and_the_same_problems() -> None:
    first = GenerationConfig(queries=60, held_out_problems=20, development_problems=20)
    second = first.model_copy(update={"round": 1})

    def seeds(split: str, config: GenerationConfig) -> set[int]:
        return {b.seed for s in plan_shards(config) if s.split == split for b in s.briefs}

    assert not seeds("train", first) & seeds("train", second)
    assert len(seeds("train", second)) == 60
    for split in ("held_out", "development"):
        assert seeds(split, first) == seeds(split, second)
        assert len(seeds(split, first)) == 20
    assert not seeds("held_out", first) & seeds("development", first)


def test_a_quota_asks_for_more_of_the_kinds_whose_tools_it_names() -> None:
    even = GenerationConfig(queries=310)
    more = even.model_copy(update={"quotas": {"ocr": 4, "none": 2}})
    plain, asked = (Counter(" + ".join(k.tools) or "none" for k in _kinds("train", c)) for c in (even, more))
    assert asked["ocr"] > 2.5 * plain["ocr"]
    assert asked["none"] > plain["none"]
    assert asked["inspect_file"] < plain["inspect_file"]


def test_rounds_that_would_run_into_the_held_out_seeds_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"round 5 of 100000 queries .* 500000"):
        GenerationConfig(queries=100_000, round=5)
