"""Activations as planned against the tensors that torch really keeps for the backward pass."""

# ruff: noqa: E402 - what needs torch is imported only where torch is
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLTextConfig, Qwen2VLVisionConfig
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel, Qwen2VLTextModel

from journeyman.training._memory import decoder_layer_bytes, encoder_layer_bytes
from journeyman.training._shape import Decoder, Encoder

TOKENS = 256
PRECISIONS = [(torch.bfloat16, 2), (torch.float32, 4)]


def kept_bytes(forward, model):
    """Bytes of the storages that ``forward`` leaves for the backward pass, weights left out."""
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)  # the tensor too: a freed address comes again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = forward()
    del out
    return sum(size for size, _ in kept.values())


def decoder_bytes(dtype, layers, *, recomputed=False, hidden=192, heads=6, key_value_heads=6, intermediate=512):
    section = [hidden // heads // 2 - 2 * (hidden // heads // 8), *[hidden // heads // 8] * 2]
    config = Qwen2VLTextConfig(
        vocab_size=64,
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_value_heads,
        rope_parameters={"rope_type": "default", "mrope_section": section, "rope_theta": 10000.0},
    )
    model = Qwen2VLTextModel._from_config(config).to(dtype).train()
    if recomputed:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    inputs = torch.randn(1, TOKENS, hidden, dtype=dtype, requires_grad=True)
    positions = torch.arange(TOKENS).expand(4, 1, TOKENS).clone()
    return kept_bytes(lambda: model(inputs_embeds=inputs, position_ids=positions, use_cache=False), model) / TOKENS


@pytest.mark.parametrize(("dtype", "each"), PRECISIONS)
@pytest.mark.parametrize(
    "widths",
    [
        {"hidden": 192, "heads": 6, "key_value_heads": 6, "intermediate": 512},
        {"hidden": 256, "heads": 8, "key_value_heads": 2, "intermediate": 1024},
    ],
)
def test_a_decoder_layer_keeps_what_is_planned(dtype, each, widths):
    one, two = (decoder_bytes(dtype, layers, **widths) for layers in (1, 2))
    shape = Decoder(
        layers=1,
        hidden=widths["hidden"],
        heads=widths["heads"],
        key_value_heads=widths["key_value_heads"],
        intermediate=widths["intermediate"],
        vocabulary=1,
    )
    assert two - one == pytest.approx(decoder_layer_bytes(shape, each), rel=0.02)


@pytest.mark.parametrize(("dtype", "each"), PRECISIONS)
def test_a_recomputed_layer_keeps_its_input_only(dtype, each):
    one, two = (decoder_bytes(dtype, layers, recomputed=True) for layers in (1, 2))
    assert two - one == pytest.approx(192 * each, rel=0.02)


@pytest.mark.parametrize(("dtype", "each"), PRECISIONS)
def test_an_encoder_layer_keeps_what_is_planned(dtype, each):
    def bytes_of(layers):
        config = Qwen2VLVisionConfig(depth=layers, embed_dim=128, hidden_size=192, num_heads=4, mlp_ratio=4)
        model = Qwen2VisionTransformerPretrainedModel._from_config(config).to(dtype)
        pixels, grid = torch.randn(256, 3 * 2 * 14 * 14, dtype=dtype), torch.tensor([[1, 16, 16]])
        return kept_bytes(lambda: model(pixels, grid_thw=grid), model) / 256

    planned = encoder_layer_bytes(Encoder(1, 128, 4, 512, 0, 0, 4.0), each)
    assert bytes_of(2) - bytes_of(1) == pytest.approx(planned, rel=0.02)
