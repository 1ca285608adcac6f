"""Briefs follow the shares, pairs stay whole, and what is held out is fixed before anything is written."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.generation.choices.config import ChoicesConfig
from journeyman.generation.choices.plan import ChoiceBrief, function_classes, held_out_classes, names_of, plan_choices
from journeyman.generation.config import GenerationConfig
from journeyman.generation.plan import held_out_styles
from tests.choice_toys import apis, placements

GENERATION = GenerationConfig(held_out_tools=())


def briefs(split: str = "train", **changes: object) -> list[ChoiceBrief]:
    config = ChoicesConfig.model_validate({"instructions": 200, "held_out_problems": 80, "shard_size": 30} | changes)
    shards = plan_choices(apis(), placements(), config, GENERATION)
    return [brief for shard in shards if shard.split == split for brief in shard.briefs]


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_as_many_instructions_as_asked_for_in_their_shares(split: str) -> None:
    count = {"train": 200, "held_out": 80}[split]
    made = Counter()
    for brief in briefs(split):
        made[brief.kind] += brief.instructions
    assert count <= made.total() <= count + 2
    assert made["unknown"] == made["question"] == round(0.06 * count)
    assert 0 <= made["pair"] - count // 2 <= 2


def test_variants_of_a_pair_are_of_different_classes_of_one_leaf() -> None:
    places = {place.name: place for place in placements()}
    pairs = [brief for brief in briefs() if brief.kind == "pair"]
    for brief in pairs:
        own = [places[name] for name in brief.apis]
        assert len({place.function_class for place in own}) == len(own) >= 2
        assert {place.differs_by for place in own} == {brief.ambiguity}
        assert len({place.path for place in own}) == 1
    assert {brief.ambiguity for brief in pairs} == {"quality", "language"}


def test_training_and_held_out_share_no_seed_family_or_held_out_class() -> None:
    train, held_out = briefs(), briefs("held_out")
    assert not {brief.seed for brief in train} & {brief.seed for brief in held_out}
    assert not {brief.family for brief in train} & {brief.family for brief in held_out}
    classes = function_classes(apis(), placements())
    kept_apart = names_of(classes, held_out_classes(classes, ChoicesConfig().held_out_classes, 0))
    assert kept_apart
    assert not kept_apart & {name for brief in train for name in brief.apis}
    assert kept_apart & {name for brief in held_out for name in brief.apis}


def test_a_family_is_its_leaf_and_a_style_of_its_split() -> None:
    for brief in briefs("held_out"):
        leaf = brief.family.rpartition("/")[0]
        assert brief.style in held_out_styles(leaf, GENERATION)


@given(share=st.floats(0, 0.99), seed=st.integers(0, 50))
def test_holding_back_classes_leaves_every_ambiguity_with_two(share: float, seed: int) -> None:
    classes = function_classes(apis(), placements())
    taken = held_out_classes(classes, share, seed)
    left = Counter(one.path for one in classes if one.differs_by and one.name not in taken)
    assert all(count >= 2 for count in left.values())
    assert len(taken) <= max(0, round(share * len(classes)))
    assert len(taken) < len(classes)


def test_a_shard_keeps_pairs_whole_and_equal_settings_give_equal_shards() -> None:
    config = ChoicesConfig(instructions=100, held_out_problems=20, shard_size=7)
    first, second = (plan_choices(apis(), placements(), config, GENERATION) for _ in range(2))
    assert first == second
    assert len({shard.name for shard in first}) == len(first)
    for shard in first:
        assert sum(brief.instructions for brief in shard.briefs) <= 7 + 2


def test_an_api_without_a_place_is_asked_for_by_no_brief_and_none_at_all_is_refused() -> None:
    config = ChoicesConfig(instructions=50, held_out_problems=10)
    shards = plan_choices(apis(), placements()[:3], config, GENERATION)
    named = {name for shard in shards for brief in shard.briefs for name in brief.apis}
    assert named <= {place.name for place in placements()[:3]}
    with pytest.raises(ConfigError, match="has a place in the taxonomy"):
        plan_choices(apis(), [], config, GENERATION)


def test_a_catalogue_without_ambiguities_gets_single_instructions_instead_of_pairs() -> None:
    plain = [place.model_copy(update={"differs_by": ""}) for place in placements()]
    shards = plan_choices(apis(), plain, ChoicesConfig(instructions=60, held_out_problems=10), GENERATION)
    kinds = Counter(brief.kind for shard in shards for brief in shard.briefs)
    assert kinds["pair"] == 0
    assert kinds["one"] > 50


def test_a_modality_that_is_left_out_is_asked_for_by_no_brief() -> None:
    made = briefs(modalities=("text", "image")) + briefs("held_out", modalities=("text", "image"))
    assert {brief.modality for brief in made} == {"text", "image"}
    with pytest.raises(ConfigError, match="takes video has a place"):
        briefs(modalities=("video",))
