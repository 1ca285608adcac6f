import json

import pytest

from journeyman.errors import ConfigError
from journeyman.evaluation.compare import compare
from journeyman.evaluation.config import EvaluationConfig
from journeyman.schema.score import Score
from journeyman.storage.store import Store
from journeyman.training_commands import _facts, plan_training
from tests.scored import PROBLEMS, scores_of


def test_a_papers_run_is_planned_offline(capsys):
    assert plan_training(published="aguvis/qwen2_vl_7b", nodes=8, dollars_per_hour=2.5) == 0
    text = capsys.readouterr().out
    assert "qwen2_vl_7b: 8.29 B parameters" in text
    assert "grounding" in text
    assert "planning" in text
    assert "fits as set" in text


def test_overrides_are_laid_over_a_papers_settings_and_checked_by_name(capsys):
    plan_training(published="aguvis/qwen2_vl_7b", overrides='{"training": {"zero_stage": 1}}', settings=True)
    got = json.loads(capsys.readouterr().out)["training"]
    assert got["zero_stage"] == 1
    assert got["learning_rate"] == 1e-5
    assert [stage["name"] for stage in got["stages"]] == ["grounding", "planning"]
    with pytest.raises(ConfigError, match=r"has no key 'training\.zero'"):
        plan_training(published="aguvis/qwen2_vl_7b", overrides='{"training": {"zero": 1}}')


def test_a_run_that_fits_nowhere_says_so_and_exits_with_one(capsys):
    assert plan_training(model="qwen2_vl_72b", gpu="RTX4090-24GB", gpus=1) == 1
    assert "nothing above fits" in capsys.readouterr().out


def test_what_is_given_wins_over_what_is_assumed(capsys):
    plan_training(model="qwen2_vl_2b", rows=4096, row_tokens=1000)
    # 7 epochs of 4,096 rows of 1,000 tokens; eight ranks hold one row each, at least.
    assert "28.7 M" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"overrides": "{"}, "is no JSON"),
        ({"overrides": "[1]"}, "is no JSON object"),
        ({"gpu": "V100"}, "no GPU 'V100' is known"),
        ({"published": "nobody/nothing"}, "no published settings"),
        ({"model": "/no/such/folder"}, "no configuration of model '/no/such/folder'"),
        ({"published": "aguvis/qwen2_vl_7b", "overrides": '{"training": 3}'}, "training is no JSON object"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, words):
    with pytest.raises(ConfigError, match=words):
        plan_training(**arguments)


def test_a_model_that_is_built_here_is_planned_from_the_model_itself(capsys):
    pytest.importorskip("transformers")
    assert plan_training(gpus=1) == 0
    assert "tiny: " in capsys.readouterr().out


def test_a_card_tells_figures_over_all_problems_and_none_of_a_group(tmp_path):
    store = Store("memory://card")
    refs = {"tuned": [store.write("scores", scores_of("tuned", 0.7), Score)]}
    comparison = compare(refs, EvaluationConfig(bootstrap_samples=20), store=store)
    assert any(result.grouping for result in comparison.results)
    (tmp_path / "comparison.json").write_text(comparison.model_dump_json())
    told = _facts(tmp_path / "comparison.json", {}).evaluation
    assert [(one.agent, one.metric, one.problems) for one in told] == [
        ("tuned", metric, len(PROBLEMS)) for metric in ("AnsAcc", "ToolAcc", "CodeExec")
    ]


def test_a_file_that_is_no_comparison_is_refused(tmp_path):
    (tmp_path / "old.json").write_text(json.dumps({"picture_problems": 3}))
    with pytest.raises(ConfigError, match="is no comparison that can be read"):
        _facts(tmp_path / "old.json", {})
