# ruff: noqa: E402 - what needs torch is imported only where torch is
import re

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.errors import ConfigError
from journeyman.model_families.qwen_vl import FAMILY
from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.initial import initial_model, prepare_for_training


@pytest.fixture
def model():
    return FAMILY.build_tiny(["some text to learn words from"] * 3, 0)[0]


@pytest.mark.parametrize("group", ["vision", "merger", "language", "embeddings"])
def test_a_frozen_group_and_nothing_else_is_left_as_it_is(model, group):
    prepare_for_training(model, TrainingConfig(freeze=(group,)), FAMILY)
    frozen = {n for n, p in model.named_parameters() if not p.requires_grad}
    assert frozen == {n for n, _ in model.named_parameters() if re.search(FAMILY.groups[group], n)}
    assert frozen


def test_the_groups_cover_every_parameter_once(model):
    for name, _ in model.named_parameters():
        assert sum(bool(re.search(pattern, name)) for pattern in FAMILY.groups.values()) == 1, name


def test_adapters_sit_on_the_language_model_and_are_all_that_is_trained(model):
    pytest.importorskip("peft")
    adapted = prepare_for_training(model, TrainingConfig(lora=LoraConfig(rank=4)), FAMILY)
    trained = [n for n, p in adapted.named_parameters() if p.requires_grad]
    assert trained
    assert all("language_model" in n and "lora_" in n for n in trained)


def test_a_group_can_be_trained_in_full_beside_the_adapters_and_is_saved_with_them(model, tmp_path):
    pytest.importorskip("peft")
    from safetensors.torch import load_file

    config = TrainingConfig(lora=LoraConfig(rank=4, also_train=("merger",)))
    adapted = prepare_for_training(model, config, FAMILY)
    trained = {n for n, p in adapted.named_parameters() if p.requires_grad}
    assert {n for n in trained if "lora_" not in n} == {
        n for n, _ in adapted.named_parameters() if "visual.merger.modules_to_save." in n
    }
    assert any("merger" in n for n in trained)
    adapted.save_pretrained(tmp_path)
    assert any("merger" in name for name in load_file(tmp_path / "adapter_model.safetensors"))
    with torch.no_grad():
        adapted.base_model.model.model.visual.merger.modules_to_save.default.mlp[0].bias.fill_(3)
    assert (adapted.merge_and_unload().model.visual.merger.mlp[0].bias == 3).all()


def test_a_family_builds_what_it_lists_with_the_attention_asked_for():
    config = TrainingConfig(base_model="tiny_qwen3", attention="eager")
    model, _ = initial_model(config, FAMILY, ["some text"])
    assert model.config.model_type == "qwen3_vl"
    parts = (model.config, model.config.get_text_config(), model.config.vision_config)
    assert {part._attn_implementation for part in parts} == {"eager"}


def test_refusals_come_by_name(model):
    with pytest.raises(ConfigError, match="no freeze group 'eyes'"):
        prepare_for_training(model, TrainingConfig(freeze=("eyes",)), FAMILY)
    with pytest.raises(ConfigError, match=r"match no module; there is: .*q_proj"):
        prepare_for_training(model, TrainingConfig(lora=LoraConfig(targets=("nothing",))), FAMILY)
    with pytest.raises(ConfigError, match="leaves nothing to train"):
        prepare_for_training(model, TrainingConfig(freeze=("vision", "merger", "language", "embeddings")), FAMILY)
    with pytest.raises(ConfigError, match="no freeze group 'eyes'"):
        prepare_for_training(model, TrainingConfig(lora=LoraConfig(also_train=("eyes",))), FAMILY)
    with pytest.raises(ConfigError, match="'tiny' is built here"):
        initial_model(TrainingConfig(quantize="nf4", precision="bf16", lora=LoraConfig()), FAMILY, [])
    with pytest.raises(ConfigError, match="is no folder; give a folder, a hub name or 'tiny' or 'tiny_qwen2_5'"):
        initial_model(TrainingConfig(base_model="/no/such/folder"), FAMILY, [])
