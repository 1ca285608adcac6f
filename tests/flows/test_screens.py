"""Acting on screens, the whole way once: pages, instructions, episodes, two models, clicks and live tasks."""

import shutil
from typing import Any

import pytest

from journeyman.browser.wall import missing
from journeyman.storage.store import Store
from journeyman.teacher.ledger import read_calls
from tests.flows.conftest import SYNTH_AND_TUNE
from tests.flows.flow_process import FlowRun, run_flow

pytestmark = [pytest.mark.flow, pytest.mark.skipif(bool(missing()), reason=missing() or "")]

SCREENS: dict[str, Any] = {
    "generation": {"concurrency": 4},
    "screens": {
        "pages": 10,
        "held_out_pages": 6,
        "pairs_per_page": 8,
        "worded_by_teacher": 0.5,
        "episodes": 8,
        "held_out_tasks": 6,
        "viewport": [480, 360],
        "shard_size": 10,
    },
    "training": {
        "base_model": "tiny",
        "precision": "fp32",
        "liger": False,
        "zero_stage": 2,
        "gradient_checkpointing": False,
        "freeze": [],
        "ranks": 1,
        "learning_rate": 0.003,
        "min_pixels": 3136,
        "max_pixels": 20000,
        "tokens_per_step": 512,
        "pack_tokens": 512,
        "max_tokens": 4096,
        "checkpoint_every": 10,
        "stages": [
            {"name": "grounding", "families": ["grounding"], "max_steps": 2},
            {"name": "planning", "families": ["planning"], "max_steps": 2},
        ],
    },
    "evaluation": {"agents": ["untuned", "tuned"], "max_new_tokens": 24, "bootstrap_samples": 100},
}


@pytest.fixture(scope="module")
def screen_run(stack: dict[str, str]) -> FlowRun:
    assert shutil.which("bwrap"), "the gate's setup installs it"
    run = run_flow(SYNTH_AND_TUNE, stack, recipe="aguvis", overrides=SCREENS)
    assert run.error is None, run.error
    return run


def test_the_whole_way_ends_in_clicks_beside_two_floors(screen_run: FlowRun) -> None:
    comparison = screen_run.result["comparison"]
    assert comparison["benchmark"] == "grounding"
    assert {"untuned", "tuned", "random_pixel", "random_element"} == set(comparison["agents"])
    values = {(r["agent"], r["metric"]): r["estimate"]["value"] for r in comparison["results"] if not r["grouping"]}
    assert values["random_element", "Format"] == 1


def test_live_tasks_stand_between_floors_and_the_oracle(screen_run: FlowRun) -> None:
    (tasks,) = screen_run.result["others"]
    assert tasks["benchmark"] == "screen_tasks"
    values = {(r["agent"], r["metric"]): r["estimate"]["value"] for r in tasks["results"] if not r["grouping"]}
    assert values["oracle", "Success"] == 1
    assert {"untuned", "tuned", "random_pixel", "random_element", "oracle"} == set(tasks["agents"])


@pytest.mark.slow
def test_a_planner_says_the_steps_and_the_models_are_its_grounders(screen_run: FlowRun, stack: dict[str, str]) -> None:
    planned = SCREENS | {"evaluation": SCREENS["evaluation"] | {"planner": "teacher"}}
    run = run_flow(SYNTH_AND_TUNE, stack, recipe="aguvis", overrides=planned)
    assert run.error is None, run.error
    assert set(run.task_states()["train"]) == {"Cached"}
    assert run.result["comparison"] == screen_run.result["comparison"], "clicks on elements are not planned"
    (tasks,) = run.result["others"]
    assert {"untuned", "tuned", "random_pixel", "random_element", "oracle"} == set(tasks["agents"])
    names = {"endpoint_url": "AWS_ENDPOINT_URL", "key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY"}
    store = Store(stack["JOURNEYMAN_STORE"], {option: stack[name] for option, name in names.items()})
    calls = read_calls(store, "plan-teacher")
    assert {call.role for call in calls} == {"planner"}
    assert len(calls) == len({call.request_digest for call in calls}) >= SCREENS["screens"]["held_out_tasks"]


def test_every_record_is_accounted_for(screen_run: FlowRun) -> None:
    stages = screen_run.result["stages"]
    assert {"screens", "groundings", "episodes", "dataset"} <= {stage["stage"] for stage in stages}
    for stage in stages:
        counts = stage["counts"]
        assert counts["taken"] == counts["kept"] + counts["dropped"] + counts["failed"], stage["stage"]


def test_a_second_run_draws_and_plays_nothing_again(screen_run: FlowRun, stack: dict[str, str]) -> None:
    second = run_flow(SYNTH_AND_TUNE, stack, recipe="aguvis", overrides=SCREENS)
    assert second.error is None, second.error
    states = second.task_states()
    for name in ("capture", "write", "play", "build", "train", "evaluate"):
        assert set(states[name]) == {"Cached"}, name
    assert second.result["dataset"] == screen_run.result["dataset"]
