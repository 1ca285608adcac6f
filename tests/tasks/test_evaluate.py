"""What an evaluation's tasks decide without a server: who attempts what, in which portions, scored by which version."""

import pytest

from journeyman.benchmark import load_benchmark
from journeyman.errors import ConfigError
from journeyman.recipe import load_recipe
from tasks.evaluate import agents_on, portions_of, refuse_benchmarks, scoring_of, settled_agents
from tasks.rounds import refuse_rounds

RECIPE = load_recipe("t3_agent").model_dump(mode="json")
MODELS: dict[str, dict] = {"untuned": {}, "tuned": {}}


def posed(benchmark: str, rows: int = 5) -> dict:
    return {"facts": {"benchmark": benchmark}, "artifacts": {"kept": {"rows": rows}}}


def test_the_oracle_acts_on_its_own_worlds_and_floors_where_there_is_a_loop() -> None:
    everyone = tuple(RECIPE["evaluation"]["agents"])
    assert agents_on(posed("held_out"), RECIPE, MODELS) == everyone
    assert agents_on(posed("gta"), RECIPE, MODELS) == tuple(a for a in everyone if a != "oracle")
    assert agents_on(posed("gta_steps"), RECIPE, MODELS) == ("untuned", "tuned", "blind")


def test_a_choice_has_its_benchmarks_baselines_and_a_twin_only_where_one_was_trained() -> None:
    recipe = load_recipe("mllm_tool").model_dump(mode="json")
    without = agents_on(posed("toolmmbench"), recipe, MODELS)
    assert {"tfidf", "blind_bound", "chance"} <= set(without)
    assert "text_only" not in without
    assert "text_only" in agents_on(posed("toolmmbench"), recipe, MODELS | {"text_only": {}})


def test_the_oracle_is_left_out_beside_another_teacher() -> None:
    recipe = load_recipe("t3_agent")
    assert "oracle" in settled_agents(recipe, "scripted")
    assert "oracle" not in settled_agents(recipe, "gpt-4o")


def test_portions_cover_all_problems() -> None:
    recipe = RECIPE | {"evaluation": RECIPE["evaluation"] | {"shard_size": 100}}
    assert portions_of(posed("held_out", 250), recipe) == [(0, 3), (1, 3), (2, 3)]
    assert portions_of(posed("held_out", 0), recipe) == [(0, 1)]


def test_another_version_of_a_benchmark_is_another_cache_key() -> None:
    assert scoring_of(posed("gta")) == f"gta@{load_benchmark('gta').version}"


def test_what_cannot_be_run_is_refused_before_anything_is_paid(tmp_path) -> None:
    with pytest.raises(ConfigError, match="are not there; name the official folder"):
        refuse_benchmarks({"gta": str(tmp_path / "nowhere")})
    with pytest.raises(ConfigError, match="rounds = 0"):
        refuse_rounds(0, {"recipe": RECIPE})
    with pytest.raises(ConfigError, match="needs generation"):
        refuse_rounds(3, {"recipe": RECIPE})
    refuse_rounds(1, {"recipe": RECIPE})
