"""Exports, read back by plain transformers and peft with nothing of ours in between."""

# ruff: noqa: E402 - what needs torch is imported only where torch is
import json

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

from journeyman.model_families.qwen_vl import FAMILY
from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.export import ADAPTER, export_model
from journeyman.training.initial import prepare_for_training

LORA = TrainingConfig(lora=LoraConfig(rank=4, dropout=0.0))
TEXTS = ["some text to learn words from"] * 3


@pytest.fixture
def tiny():
    return FAMILY.build_tiny(TEXTS, 0)


@pytest.fixture
def batch(tiny):
    """Eight tokens of text, the four of one picture, and four more."""
    _, processor = tiny
    image = processor.tokenizer.convert_tokens_to_ids(processor.image_token)
    ids = torch.tensor([[*range(300, 308), *[image] * 4, *range(308, 312)]]) % len(processor.tokenizer)
    ids[0, 8:12] = image
    generator = torch.Generator().manual_seed(1)
    return {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": (ids == image).long(),
        "pixel_values": torch.randn(16, 3 * 2 * 14 * 14, generator=generator),
        "image_grid_thw": torch.tensor([[1, 4, 4]]),
    }


def logits(model, batch):
    with torch.no_grad():
        return model.eval()(**batch).logits


def plain(folder):
    return transformers.AutoModelForImageTextToText.from_pretrained(folder)


def trained(model):
    """As after training: every weight that may move has moved."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model


def test_a_whole_model_read_by_plain_transformers_gives_the_same_logits(tiny, batch, tmp_path):
    model, processor = tiny
    model = trained(prepare_for_training(model, TrainingConfig(), FAMILY))
    want = logits(model, batch)
    export_model(model, processor, tmp_path, FAMILY)
    assert torch.equal(logits(plain(tmp_path), batch), want)
    assert not (tmp_path / ADAPTER).exists()
    assert plain(tmp_path).config.get_text_config().use_cache is True


def test_merged_adapters_and_the_adapter_itself_give_the_logits_of_training(tiny, batch, tmp_path):
    model, processor = tiny
    base, _ = FAMILY.build_tiny(TEXTS, 0)
    untrained = logits(base, batch)
    model = trained(prepare_for_training(model, LORA, FAMILY))
    want = logits(model, batch)
    assert (want - untrained).abs().max() > 0.1
    export_model(model, processor, tmp_path, FAMILY)
    torch.testing.assert_close(logits(plain(tmp_path), batch), want, atol=1e-4, rtol=1e-4)
    adapted = peft.PeftModel.from_pretrained(base, tmp_path / ADAPTER)
    torch.testing.assert_close(logits(adapted, batch), want, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("group", ["merger", "embeddings"])
def test_weights_trained_whole_beside_the_adapters_are_not_lost(tiny, batch, tmp_path, group):
    model, processor = tiny
    config = TrainingConfig(lora=LoraConfig(rank=4, dropout=0.0, also_train=(group,)))
    model = trained(prepare_for_training(model, config, FAMILY))
    want = logits(model, batch)
    export_model(model, processor, tmp_path, FAMILY)
    torch.testing.assert_close(logits(plain(tmp_path), batch), want, atol=1e-4, rtol=1e-4)
    base, _ = FAMILY.build_tiny(TEXTS, 0)
    adapted = peft.PeftModel.from_pretrained(base, tmp_path / ADAPTER)
    torch.testing.assert_close(logits(adapted, batch), want, atol=1e-4, rtol=1e-4)


def test_adapters_are_merged_into_the_whole_base_where_they_were_trained_over_a_rounded_one(tiny, batch, tmp_path):
    def adapted(model):
        torch.manual_seed(3)  # adapters begin at random
        return trained(prepare_for_training(model, LORA, FAMILY))

    model, processor = tiny
    rounded, _ = FAMILY.build_tiny(TEXTS, 0)
    with torch.no_grad():
        for parameter in rounded.parameters():
            parameter.copy_((parameter * 16).round() / 16)
    export_model(adapted(rounded), processor, tmp_path, FAMILY, whole_base=lambda: model)
    base, _ = FAMILY.build_tiny(TEXTS, 0)
    torch.testing.assert_close(logits(plain(tmp_path), batch), logits(adapted(base), batch), atol=1e-4, rtol=1e-4)


def test_large_models_come_in_several_files_with_an_index(tiny, batch, tmp_path, monkeypatch):
    from journeyman.model_families import _folders

    monkeypatch.setattr(_folders, "SHARD_SIZE", "2MB")
    model, processor = tiny
    export_model(model, processor, tmp_path, FAMILY)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) > 2
    assert torch.equal(logits(plain(tmp_path), batch), logits(model, batch))


def test_plain_generate_stops_at_the_end_of_a_turn(tiny, batch, tmp_path):
    model, processor = tiny
    export_model(model, processor, tmp_path, FAMILY)
    settings = transformers.GenerationConfig.from_pretrained(tmp_path)
    assert settings.eos_token_id[0] == FAMILY.end_of_turn(processor)
    assert settings.pad_token_id == processor.tokenizer.pad_token_id
    assert isinstance(transformers.AutoTokenizer.from_pretrained(tmp_path).chat_template, str)
    assert transformers.AutoImageProcessor.from_pretrained(tmp_path).patch_size == processor.image_processor.patch_size
