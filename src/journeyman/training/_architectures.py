"""Models that plans are made for offline, by the widths in their public configurations."""

from collections.abc import Mapping

from journeyman.training._shape import Decoder, Encoder, ModelShape, closed_form


def _qwen2_vl(name: str, decoder: Decoder) -> ModelShape:
    """Qwen2-VL (arXiv:2409.12191): one encoder for all sizes, four patches merged into a token."""
    width, merged = 1280, 4 * 1280
    encoder = Encoder(
        layers=32,
        hidden=width,
        heads=16,
        intermediate=4 * width,
        outside_layers=3 * 2 * 14 * 14 * width,
        merger=2 * width + merged * (merged + 1) + (merged + 1) * decoder.hidden,
        patches_per_token=4.0,
    )
    return closed_form(name, decoder, encoder)


def _clip_large(image_size: int, merger: int) -> Encoder:
    """CLIP ViT-L/14 as LLaVA loads it: class token, positions, two norms outside the layers."""
    width, patches = 1024, (image_size // 14) ** 2
    outside = width + 3 * 14 * 14 * width + (patches + 1) * width + 4 * width
    return Encoder(24, width, 16, 4 * width, outside, merger, 1.0)


_LLAMA_7B = Decoder(layers=32, hidden=4096, heads=32, key_value_heads=32, intermediate=11008, vocabulary=32000)
_LLAMA_13B = Decoder(layers=40, hidden=5120, heads=40, key_value_heads=40, intermediate=13824, vocabulary=32000)


def _llava_1_5(name: str, decoder: Decoder) -> ModelShape:
    """LLaVA-1.5 (arXiv:2310.03744): 336 px, a projector of two layers."""
    hidden = decoder.hidden
    return closed_form(name, decoder, _clip_large(336, 1025 * hidden + hidden * (hidden + 1)))


def _llava_plus(name: str, decoder: Decoder, image_size: int) -> ModelShape:
    """LLaVA-Plus (arXiv:2311.05437): a projector of one layer."""
    return closed_form(name, decoder, _clip_large(image_size, 1025 * decoder.hidden))


def _mllm_tool(name: str, decoder: Decoder) -> ModelShape:
    """MLLM-Tool (arXiv:2401.10727): one ImageBind vector a file, from a cache, through one linear layer."""
    return closed_form(name, decoder, None, merger=1025 * decoder.hidden)


def _minicpm_v_2_6() -> ModelShape:
    """MiniCPM-V 2.6, which T3-Agent calls MiniCPM-V-8.5B: SigLIP-400M at 980 px, 64 queries a slice, Qwen2-7B."""
    width, hidden = 1152, 3584
    decoder = Decoder(28, hidden, 28, 4, 18944, 151666, query_key_value_bias=True)
    # Queries, keys' projection, attention (biased), three norms, output projection.
    resampler = 64 * hidden + width * hidden + 4 * (hidden**2 + hidden) + 6 * hidden + hidden**2
    encoder = Encoder(
        layers=27,
        hidden=width,
        heads=16,
        intermediate=4304,
        outside_layers=3 * 14 * 14 * width + width + 70 * 70 * width + 2 * width,
        merger=resampler,
        patches_per_token=1024 / 64,
    )
    return closed_form("minicpm_v_8_5b", decoder, encoder)


_QWEN_2B = Decoder(28, 1536, 12, 2, 8960, 151936, tied=True, query_key_value_bias=True)
_QWEN_7B = Decoder(28, 3584, 28, 4, 18944, 152064, query_key_value_bias=True)
_QWEN_72B = Decoder(80, 8192, 64, 8, 29568, 152064, query_key_value_bias=True)

ARCHITECTURES: Mapping[str, ModelShape] = {
    shape.name: shape
    for shape in (
        _qwen2_vl("qwen2_vl_2b", _QWEN_2B),
        _qwen2_vl("qwen2_vl_7b", _QWEN_7B),
        _qwen2_vl("qwen2_vl_72b", _QWEN_72B),
        _minicpm_v_2_6(),
        _llava_1_5("llava_1_5_7b", _LLAMA_7B),
        _llava_1_5("llava_1_5_13b", _LLAMA_13B),
        _llava_plus("llava_plus_7b", _LLAMA_7B, 224),
        _llava_plus("llava_plus_13b", _LLAMA_13B, 336),
        _mllm_tool("mllm_tool_7b", _LLAMA_7B),
        _mllm_tool("mllm_tool_13b", _LLAMA_13B),
    )
}

BASE_MODELS: Mapping[str, str] = {
    "Qwen/Qwen2-VL-2B-Instruct": "qwen2_vl_2b",
    "Qwen/Qwen2-VL-7B-Instruct": "qwen2_vl_7b",
    "Qwen/Qwen2-VL-72B-Instruct": "qwen2_vl_72b",
    "Qwen/Qwen2-VL-72B": "qwen2_vl_72b",
    "openbmb/MiniCPM-V-2_6": "minicpm_v_8_5b",
    "llava-hf/llava-1.5-7b-hf": "llava_1_5_7b",
    "llava-hf/llava-1.5-13b-hf": "llava_1_5_13b",
}
"""Hub names whose shape is known without asking the hub."""
