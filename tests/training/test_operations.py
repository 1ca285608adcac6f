"""Operations as planned against those that torch counts in one forward and backward pass."""

# ruff: noqa: E402 - what needs torch is imported only where torch is
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from torch.utils.flop_counter import FlopCounterMode

from journeyman.model_families.qwen_vl import FAMILY
from journeyman.training._compute import cost_of_token
from journeyman.training._shape import shape_of_model
from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.initial import prepare_for_training

TOKENS, PICTURE = 64, 16
LORA = LoraConfig(rank=4, dropout=0.0)
CASES = {
    "whole": {},
    "frozen encoder": {"freeze": ("vision",)},
    "merger alone": {"freeze": ("vision", "language", "embeddings")},
    "adapters": {"lora": LORA},
}


def one_pass(config):
    """Shape of the model, operations of a token and gradients by name."""
    torch.manual_seed(0)  # adapters begin at random
    model, processor = FAMILY.build_tiny(["some text to learn words from"] * 3, 0)
    shape = shape_of_model("tiny", model, FAMILY)
    model = prepare_for_training(model, config, FAMILY).train()
    image = processor.tokenizer.convert_tokens_to_ids(processor.image_token)
    ids = torch.arange(TOKENS)[None] % 200
    ids[0, 8 : 8 + PICTURE] = image
    pixels = torch.randn(4 * PICTURE, 3 * 2 * 14 * 14, generator=torch.Generator().manual_seed(1))
    inputs = {"input_ids": ids, "mm_token_type_ids": (ids == image).long()}
    with FlopCounterMode(display=False) as counter:
        logits = model(**inputs, pixel_values=pixels, image_grid_thw=torch.tensor([[1, 8, 8]])).logits
        logits.square().sum().backward()
    gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return shape, counter.get_total_flops() / TOKENS, gradients


@pytest.mark.parametrize("recomputed", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_token_costs_what_is_planned(case, recomputed):
    config = TrainingConfig(gradient_checkpointing=recomputed, **CASES[case])
    shape, counted, _ = one_pass(config)
    cost = cost_of_token(shape, config, row_tokens=TOKENS, picture_share=PICTURE / TOKENS, trained_share=1.0)
    # The first layer passes no gradient on to what is frozen below it: a third of the tiny model's layers.
    assert counted == pytest.approx(cost.executed, rel=0.1)


@pytest.mark.parametrize("case", CASES)
def test_recomputation_changes_no_gradient_and_leaves_frozen_encoders_alone(case):
    _, _, kept = one_pass(TrainingConfig(**CASES[case]))
    _, _, recomputed = one_pass(TrainingConfig(gradient_checkpointing=True, **CASES[case]))
    assert kept.keys() == recomputed.keys()
    for name, gradient in kept.items():
        torch.testing.assert_close(recomputed[name], gradient)
    if case == "adapters":
        assert not any("visual" in name for name in recomputed)
