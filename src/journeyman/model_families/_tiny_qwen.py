"""CPU-sized Qwen-VL models: the real configuration classes, a tokenizer trained on the spot, no downloads."""

from collections.abc import Iterable
from typing import Any

from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.qwen2_vl.processing_qwen2_vl import Qwen2VLProcessor

from journeyman.model_families._chat import CHATML
from journeyman.model_families._tiny_tokenizer import CONTEXT, random_model, train_tokenizer

CONTROL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

CHAT_TEMPLATE = CHATML.jinja("<|vision_start|><|image_pad|><|vision_end|>")


class PictureProcessor(Qwen2VLProcessor):  # type: ignore[misc]  # transformers is untyped
    """Qwen2-VL's processor without video, which would need torchvision."""

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: str | None = None) -> None:
        # ProcessorMixin reads this signature to learn its parts: with no video_processor there is no video.
        self.image_token = "<|image_pad|>"  # noqa: S105 - a token of text
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token = None
        self.video_token_id = None
        super(Qwen2VLProcessor, self).__init__(image_processor, tokenizer, chat_template=chat_template)


def build_tiny(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:
    """A Qwen2-VL of about three million parameters with random weights, and its processor.

    Args:
        corpus: Texts the tokenizer is trained on; the more like the training texts, the shorter these become.
        seed: Of the initial weights; equal arguments give equal models.
    """
    processor = _processor(corpus, patch_size=14)
    config = tiny_config(processor.tokenizer)
    return random_model(lambda: Qwen2VLForConditionalGeneration(config), seed, processor.tokenizer), processor


def build_tiny_2_5(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:
    """A Qwen2.5-VL (windowed vision attention) of like size; arguments as of :func:`build_tiny`."""
    processor = _processor(corpus, patch_size=14)
    text, ids = _text(processor.tokenizer)
    vision = {
        "depth": 2,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_heads": 4,
        "out_hidden_size": text["hidden_size"],
        "window_size": 56,
        "fullatt_block_indexes": [1],
    }
    config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, **ids)
    return random_model(lambda: Qwen2_5_VLForConditionalGeneration(config), seed, processor.tokenizer), processor


def build_tiny_3(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:
    """A Qwen3-VL (interleaved rotary axes, DeepStack) of like size; arguments as of :func:`build_tiny`.

    Of the tiny members the one that learns to see places. Measured on pages of 160 x 210 with one shape that is to be
    clicked: after 120 steps of 28, 34 % of the coordinates' digits behind the point are right; 23 % where attention
    adds as little as in the other members; 14 %, as many as unseen, without white as zero and loud positions.
    """
    # Most of a screen is empty and bright: as zero it tells where it is alone, and what is drawn stands out.
    processor = _processor(corpus, patch_size=16, image_mean=[1.0] * 3, image_std=[0.4] * 3)
    text, ids = _text(processor.tokenizer)
    text |= {"head_dim": text["hidden_size"] // text["num_attention_heads"]}
    vision = {
        "depth": 2,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_heads": 4,
        "out_hidden_size": text["hidden_size"],
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    }
    config = Qwen3VLConfig(text_config=text, vision_config=vision, **ids)
    model = random_model(lambda: Qwen3VLForConditionalGeneration(config), seed, processor.tokenizer, attended=0.6)
    return model, processor


def _processor(corpus: Iterable[str], **pictures: Any) -> PictureProcessor:
    tokenizer = train_tokenizer(corpus, CONTROL_TOKENS)
    return PictureProcessor(Qwen2VLImageProcessorPil(**pictures), tokenizer, chat_template=CHAT_TEMPLATE)


def tiny_config(
    tokenizer: Any,
    *,
    hidden: int = 192,
    layers: int = 3,
    heads: int = 6,
    key_value_heads: int = 6,
    intermediate: int = 512,
    vision_hidden: int = 128,
    vision_layers: int = 2,
    vision_heads: int = 4,
) -> Qwen2VLConfig:
    """The configuration of the tiny member: of the widths tried, the one that learned most in a minute of CPU time."""
    text, ids = _text(
        tokenizer,
        hidden=hidden,
        layers=layers,
        heads=heads,
        key_value_heads=key_value_heads,
        intermediate=intermediate,
    )
    vision = {
        "depth": vision_layers,
        "embed_dim": vision_hidden,
        "hidden_size": hidden,
        "num_heads": vision_heads,
        "mlp_ratio": 2,
    }
    return Qwen2VLConfig(text_config=text, vision_config=vision, **ids)


def _text(
    tokenizer: Any,
    *,
    hidden: int = 192,
    layers: int = 3,
    heads: int = 6,
    key_value_heads: int = 6,
    intermediate: int = 512,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of the text model, and of the whole model about its tokens."""
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in CONTROL_TOKENS}
    half = hidden // heads // 2
    section = [half - 2 * (3 * half // 8), 3 * half // 8, 3 * half // 8]
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_value_heads,
        "max_position_embeddings": CONTEXT,
        "rope_parameters": {"rope_type": "default", "mrope_section": section, "rope_theta": 10000.0},
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "tie_word_embeddings": True,
    }
    whole = {
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "tie_word_embeddings": True,
    }
    return text, whole
