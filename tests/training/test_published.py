"""The papers' settings: their own arithmetic must come out of ours."""

import pytest

from journeyman.errors import ConfigError
from journeyman.recipe import load_recipe
from journeyman.training._architectures import ARCHITECTURES
from journeyman.training.config import TrainingConfig
from journeyman.training.planner import Cluster, Workload, find_gpu, plan
from journeyman.training.published import PUBLISHED, as_overrides, published, published_run


def planned(name, **changed):
    run = published_run(name)
    loads = [Workload(r.count, r.tokens, r.picture_share, r.trained_share) for r in run.rows]
    cluster = Cluster(find_gpu(run.gpu), run.gpus, run.nodes)
    return plan(ARCHITECTURES[run.architecture], run.settings.model_copy(update=changed), cluster, loads)


@pytest.mark.parametrize("name", PUBLISHED)
def test_settings_survive_as_overrides_of_a_recipe(name):
    assert load_recipe("t3_agent", as_overrides(name)).training == published(name)
    assert TrainingConfig.model_validate_json(published(name).model_dump_json()) == published(name)


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_was_trained_fits_where_it_was_trained(name):
    assert planned(name).settings == {}


def test_t3_agents_log_counts_the_steps_that_are_planned():
    (stage,) = planned("t3_agent/qwen2_vl_7b").stages
    assert stage.steps == 430


def test_t3_agents_hours_are_those_of_a_plan_for_rows_padded_as_it_padded_them():
    run = published_run("t3_agent/qwen2_vl_7b")
    padded = Workload(run.rows[0].count, 10_240, picture_share=0.0, trained_share=1.0)
    settings = run.settings.model_copy(update={"tokens_per_step": 128 * 10_240})
    cluster = Cluster(find_gpu(run.gpu), run.gpus)
    (stage,) = plan(ARCHITECTURES[run.architecture], settings, cluster, [padded]).stages
    assert stage.gpu_hours == pytest.approx(run.gpu_hours, rel=0.5)


def test_aguvis_plans_both_stages_at_its_batch_on_its_nodes():
    found = planned("aguvis/qwen2_vl_7b")
    grounding, planning = found.stages
    assert grounding.steps == pytest.approx(1_036_000 / 128, rel=0.001)
    assert planning.steps == pytest.approx(420_000 / 128, rel=0.001)
    assert found.config.world_size == 64
    assert published("aguvis/qwen2_vl_7b").max_pixels == 937_664
    assert published("aguvis/qwen2_vl_7b").max_pixels / (28 * 28) == 1_196


@pytest.mark.parametrize(("size", "millions"), [("7b", 37.8), ("13b", 57.7)])
def test_mllm_tool_trains_as_many_parameters_as_its_paper_says(size, millions):
    run = published_run(f"mllm_tool/vicuna_{size}")
    trained = ARCHITECTURES[run.architecture].trained(run.settings)
    assert set(trained) == {"adapters", "merger"}
    assert sum(trained.values()) / 1e6 == pytest.approx(millions, abs=0.06)


def test_frozen_groups_are_those_of_the_papers():
    assert set(ARCHITECTURES["qwen2_vl_7b"].trained(published("aguvis/qwen2_vl_7b"))) == {
        "merger",
        "language",
        "embeddings",
    }
    for name in ("llava_plus/vicuna_7b", "llava_plus/vicuna_13b"):
        assert published(name).freeze == ("vision",)
        assert published(name).lora is None


def test_a_name_that_is_not_there_lists_near_ones():
    with pytest.raises(ConfigError, match=r"no published settings 'aguvis/qwen_7b'; there is: aguvis/qwen2_vl_7b"):
        published("aguvis/qwen_7b")


def test_every_run_names_its_source_and_one_row_count_a_stage():
    for run in PUBLISHED.values():
        assert run.source.startswith("arXiv:")
        assert len(run.rows) == max(1, len(run.settings.stages))
        assert run.gpu in {"A100-80GB", "H100-80GB"}
