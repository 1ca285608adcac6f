"""Held-out families and seeds are fixed before anything is generated, and training never meets them."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.generation.config import GenerationConfig
from journeyman.generation.plan import MOST_FOLLOW_UPS, Brief, held_out_styles, plan_shards
from journeyman.generator import Kind
from journeyman.generators.llava_plus import GENERATOR as SKILLS
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


def _of_skills(**more: object) -> GenerationConfig:
    fields = {"generator": "llava_plus", "held_out_tools": ("retrieve_knowledge",), "held_out_problems": 20}
    return GenerationConfig.model_validate(fields | {"development_problems": 20} | more)


def _trained(config: GenerationConfig) -> list[Brief]:
    return [brief for shard in plan_shards(config) if shard.split == "train" for brief in shard.briefs]


@given(seed=st.integers(0, 50), size=st.integers(1, 60), share=st.floats(0.0, 1.0))
def test_further_queries_are_of_other_kinds_about_one_picture_in_one_shard(seed: int, size: int, share: float) -> None:
    config = _of_skills(queries=150, shard_size=size, seed=seed, follow_ups=share)
    for shard in plan_shards(config):
        begun = {brief.seed: brief for brief in shard.briefs if brief.follows is None}
        talks: dict[int, list[Brief]] = {}
        for before, brief in pairwise(shard.briefs):
            if brief.follows is not None:
                assert shard.split == "train"
                assert brief.follows in (before.seed, before.follows)
                talks.setdefault(brief.follows, [begun[brief.follows]]).append(brief)
        for talk in talks.values():
            assert len(talk) <= 1 + MOST_FOLLOW_UPS
            kinds = [SKILLS.kind(brief.kind) for brief in talk]
            assert {kind.picture for kind in kinds} == {"scene"}
            assert len({kind.name for kind in kinds}) == len(kinds)
            assert len({(brief.style, brief.writer) for brief in talk}) == 1
            for kind, brief in zip(kinds, talk, strict=True):
                assert brief.style not in held_out_styles(kind.wording, config)
                assert brief.family == f"{kind.wording}/{brief.style.replace(' ', '-')}"
    assert len({brief.seed for brief in _trained(config)}) == 150


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_the_share_of_further_queries_is_as_set_and_other_kinds_keep_theirs(share: float) -> None:
    briefs = _trained(_of_skills(queries=1600, follow_ups=share))
    further = [brief for brief in briefs if brief.follows is not None]
    assert 0 <= 1600 * share - len(further) <= 4
    if share:
        assert {brief.kind for brief in further} == {kind.name for kind in SKILLS.kinds if kind.picture}
    begun = Counter(brief.kind for brief in briefs if brief.follows is None)
    plain = Counter(brief.kind for brief in _trained(_of_skills(queries=1600 - len(further))))
    assert begun == plain


def test_only_kinds_with_a_group_are_followed_and_the_most_is_asked_where_the_share_is_too_large() -> None:
    assert all(brief.follows is None for brief in _trained(GenerationConfig(queries=100, follow_ups=1.0)))
    briefs = _trained(_of_skills(queries=500, shard_size=500, follow_ups=1.0))
    talks = Counter(brief.follows for brief in briefs if brief.follows is not None)
    pictured = [b.seed for b in briefs if b.follows is None and SKILLS.kind(b.kind).picture]
    # Of the last ones the run may end before all is asked.
    assert set(pictured[:-2]) <= set(talks) <= set(pictured)
    assert Counter(talks[seed] for seed in pictured[:-2]).most_common(1)[0][0] == MOST_FOLLOW_UPS


def test_a_larger_run_and_a_later_round_keep_to_the_plan_of_further_queries() -> None:
    small = plan_shards(_of_skills(queries=100, shard_size=50, follow_ups=0.2))
    large = plan_shards(_of_skills(queries=200, shard_size=50, follow_ups=0.2))
    assert large[:2] == small[:2]
    later = _of_skills(queries=100, shard_size=50, follow_ups=0.2, round=1)
    assert {brief.seed for brief in _trained(later)} == set(range(100, 200))
    further = [brief.follows for brief in _trained(later) if brief.follows is not None]
    assert 16 <= len(further) <= 20
    assert min(further) >= 100
