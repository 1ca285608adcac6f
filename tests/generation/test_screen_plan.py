"""Which pages and tasks are asked for: by seed alone, with what evaluation needs kept apart."""

from collections import Counter

import pytest
from pydantic import ValidationError

from journeyman.environment import load_environment
from journeyman.errors import ConfigError, UnknownPluginError
from journeyman.generation.screens.config import ScreensConfig
from journeyman.generation.screens.plan import ScreenShard, plan_screens

CONFIG = ScreensConfig(pages=60, held_out_pages=20, episodes=200, held_out_tasks=80, shard_size=30)


def of(split: str, shards: tuple[ScreenShard, ...]) -> list[ScreenShard]:
    return [shard for shard in shards if shard.split == split]


def test_equal_settings_give_equal_shards_and_another_seed_others() -> None:
    assert plan_screens(CONFIG, 3) == plan_screens(CONFIG, 3)
    pages = {brief.seed for shard in plan_screens(CONFIG, 3) for brief in shard.pages}
    others = {brief.seed for shard in plan_screens(CONFIG, 4) for brief in shard.pages}
    assert pages
    assert not pages & others


def test_no_seed_look_or_family_of_evaluation_is_trained_on() -> None:
    shards = plan_screens(CONFIG, 0)
    train, held_out = of("train", shards), of("held_out", shards)
    seeds = [{b.seed for s in part for b in (*s.pages, *s.episodes)} for part in (train, held_out)]
    assert not seeds[0] & seeds[1]
    assert not any(brief.unseen_look for shard in train for brief in shard.pages)
    assert sum(brief.unseen_look for shard in held_out for brief in shard.pages) == 10
    assert not any(e.family in CONFIG.held_out_families for s in train for e in s.episodes)
    unseen = Counter(e.environment for s in held_out for e in s.episodes if e.unseen_family)
    assert unseen == {"apps": 10, "miniwob": 10}


def test_every_task_that_is_not_held_out_is_played() -> None:
    played = {(e.environment, e.task) for s in of("train", plan_screens(CONFIG, 0)) for e in s.episodes}
    for name in ("apps", "miniwob"):
        wanted = {
            (name, task.name)
            for task in load_environment(name).tasks
            if f"{name}/{task.family}" not in CONFIG.held_out_families
        }
        assert len(played & wanted) == min(len(wanted), 100)


def test_a_recipe_may_name_its_tasks() -> None:
    config = CONFIG.model_copy(update={"tasks": ("miniwob/click-test",), "episode_sources": {"miniwob": 1.0}})
    assert {e.task for s in plan_screens(config, 0) for e in s.episodes} == {"click-test"}


def test_a_page_may_have_a_share_of_its_own_whatever_tasks_are_played() -> None:
    shares = {"apps": 0.5, "apps/shop": 0.5, "miniwob/click-shape": 1.0}
    config = CONFIG.model_copy(update={"page_sources": shares, "tasks": ("miniwob/click-test",)})
    drawn = Counter((b.environment, b.task) for s in plan_screens(config, 0) for b in s.pages)
    assert drawn["miniwob", "click-shape"] == 40
    assert drawn["apps", "shop"] >= 20
    assert len(drawn) == 1 + len(load_environment("apps").pages)


def test_a_task_may_be_trained_on_less_than_others_and_is_evaluated_as_often() -> None:
    tasks = ("miniwob/click-tab", "miniwob/click-color", "miniwob/number-checkboxes")
    config = CONFIG.model_copy(
        update={
            "tasks": tasks,
            "episode_sources": {"miniwob": 1.0},
            "task_shares": {"miniwob/number-checkboxes": 0.5},
            "episodes": 100,
            "held_out_tasks": 30,
        }
    )
    shards = plan_screens(config, 0)
    played = Counter(e.task for s in of("train", shards) for e in s.episodes)
    assert played == {"click-tab": 40, "click-color": 40, "number-checkboxes": 20}
    assert Counter(e.task for s in of("held_out", shards) for e in s.episodes) == dict.fromkeys(played, 10)


@pytest.mark.parametrize("source", ["miniwob/click-nothing", "apps/cinema", "miniwob/choose-list"])
def test_a_page_that_training_may_not_see_is_refused_with_those_that_it_may(source: str) -> None:
    with pytest.raises(ConfigError, match=rf"{source}.*may see \['"):
        plan_screens(CONFIG.model_copy(update={"page_sources": {source: 1.0}}), 0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tasks": ("miniwob/click-nothing",)}, "click-nothing"),
        ({"task_shares": {"miniwob/click-nothing": 0.5}}, "task_shares.*click-nothing"),
        ({"held_out_families": ("apps/cinema",)}, "apps/cinema"),
    ],
)
def test_a_name_that_there_is_not_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_screens(CONFIG.model_copy(update=changed), 0)


def test_an_environment_that_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownPluginError, match="cinema"):
        plan_screens(CONFIG.model_copy(update={"page_sources": {"cinema": 1.0}}), 0)


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_a_share_that_no_task_can_have_is_refused(share: float) -> None:
    with pytest.raises(ValidationError, match="task_shares"):
        ScreensConfig(task_shares={"miniwob/click-tab": share})


def test_settings_that_leave_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="page_sources"):
        ScreensConfig(page_sources={"apps": 0.0})
    with pytest.raises(ConfigError, match="viewport"):
        ScreensConfig(viewport=(100, 800))
