"""Choosing APIs, the whole way once: catalogue, taxonomy, words, files, matches, two models, ToolMMBench's figures."""

from typing import Any

import pytest

from tests.flows.conftest import SYNTH_AND_TUNE
from tests.flows.flow_process import FlowRun, run_flow

pytestmark = pytest.mark.flow

CHOICES: dict[str, Any] = {
    "generation": {"concurrency": 6},
    "choices": {"instructions": 48, "held_out_problems": 24, "shard_size": 24},
    "training": {
        "base_model": "tiny",
        "lora": None,
        "max_steps": 2,
        "ranks": 2,
        "tokens_per_step": 512,
        "checkpoint_every": 1,
    },
    "evaluation": {
        "agents": ["untuned", "tuned", "blind", "text_only"],
        "max_new_tokens": 24,
        "bootstrap_samples": 100,
    },
}


@pytest.fixture(scope="module")
def choice_run(stack: dict[str, str]) -> FlowRun:
    run = run_flow(SYNTH_AND_TUNE, stack, recipe="mllm_tool", overrides=CHOICES)
    assert run.error is None, run.error
    return run


def test_the_whole_way_ends_in_figures_beside_floors_and_the_blind_bound(choice_run: FlowRun) -> None:
    comparison = choice_run.result["comparison"]
    assert comparison["benchmark"] == "toolmmbench"
    assert {"untuned", "tuned", "blind", "text_only", "tfidf", "blind_bound", "chance"} == set(comparison["agents"])
    values = {(r["agent"], r["metric"]): r["estimate"]["value"] for r in comparison["results"] if not r["grouping"]}
    assert values["blind_bound", "Acc"] > values["chance", "Acc"]
    assert values["tfidf", "Format"] == 1


def test_every_record_is_accounted_for(choice_run: FlowRun) -> None:
    stages = choice_run.result["stages"]
    names = [stage["stage"] for stage in stages]
    assert {"catalogue", "taxonomy", "instructions", "matched-instructions", "dataset"} <= set(names)
    for stage in stages:
        counts = stage["counts"]
        assert counts["taken"] == counts["kept"] + counts["dropped"] + counts["failed"], stage["stage"]


def test_a_second_run_is_all_cache_hits(choice_run: FlowRun, stack: dict[str, str]) -> None:
    second = run_flow(SYNTH_AND_TUNE, stack, recipe="mllm_tool", overrides=CHOICES)
    assert second.error is None, second.error
    states = second.task_states()
    for name in ("place", "write", "match", "build", "train", "evaluate"):
        assert set(states[name]) == {"Cached"}, name
    assert {k: second.result[k] for k in ("dataset", "tuned")} == {
        k: choice_run.result[k] for k in ("dataset", "tuned")
    }


def test_synthesis_alone_finds_the_same_dataset(choice_run: FlowRun, stack: dict[str, str]) -> None:
    run = run_flow("flows.synthesize_choices.synthesize_choices", stack, overrides=CHOICES)
    assert run.error is None, run.error
    assert run.result["dataset"]["artifacts"]["kept"]["digest"] == choice_run.result["dataset"]


def test_evaluation_alone_takes_digests(choice_run: FlowRun, stack: dict[str, str]) -> None:
    digests = {name: choice_run.result[name] for name in ("dataset", "tuned", "untuned")}
    given = {"recipe": "mllm_tool", "overrides": CHOICES}
    run = run_flow("flows.evaluate_agent.evaluate_agent", stack, **digests, **given)
    assert run.error is None, run.error
    assert "text_only" not in run.result["comparison"]["agents"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rounds": 2}, "is made in one round"),
        ({"overrides": {"catalogue": {"source": "nowhere.jsonl"}}}, "nowhere.jsonl"),
        ({"overrides": {"catalogue": {"taxonomy": "no-such-file.json"}}}, "cannot be read"),
    ],
    ids=["rounds", "catalogue", "taxonomy"],
)
def test_a_wrong_input_is_refused_before_anything_is_paid(stack: dict[str, str], more: dict, said: str) -> None:
    run = run_flow(SYNTH_AND_TUNE, stack, recipe="mllm_tool", **more)
    assert run.error is not None
    assert said in run.error["message"]
