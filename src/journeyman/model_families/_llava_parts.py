"""LLaVA models put together from a vision encoder, a two-layer projector and any causal language model."""

from collections.abc import Iterable
from typing import Any

import torch
from transformers import (
    AutoImageProcessor,
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
    CLIPVisionConfig,
    CLIPVisionModel,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

from journeyman.errors import ConfigError
from journeyman.model_families._chat import chat_form
from journeyman.model_families._llava_pictures import AFTER
from journeyman.model_families._tiny_tokenizer import CONTEXT, random_model, train_tokenizer

IMAGE = "<image>"
ATTENTION = frozenset({"full_attention", "sliding_attention", "chunked_attention"})
"""Kinds of layers in which transformers keeps packed conversations apart; recurrent ones mix them."""
CLASS_TOKENS = frozenset({"clip_vision_model"})
"""Encoders whose first feature stands for the whole picture."""


def assemble(vision: Any, language: Any, tokenizer: Any, image_processor: Any, seed: int) -> tuple[Any, Any]:
    """A LLaVA model of the given parts, its projector drawn at random, and its processor.

    Args:
        vision: Encoder with ``hidden_states`` [I, N, width].
        language: Causal language model.
        tokenizer: Of the language model; gets an image token where it has none.
        image_processor: Gives pictures of the encoder's size.
        seed: Of the projector.

    Raises:
        ConfigError: The language model has recurrent layers, or its tokenizer no known turn markers.
    """
    refuse_recurrent(language.config)
    chat_form(tokenizer)
    if IMAGE not in tokenizer.get_vocab():
        tokenizer.add_tokens([IMAGE], special_tokens=True)
    if len(tokenizer) > language.config.vocab_size:
        # Never read, since features stand in its place, and never written, since generation suppresses it.
        language.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64, mean_resizing=False)
    config = _configuration(vision.config, language.config, tokenizer.convert_tokens_to_ids(IMAGE))
    model = random_model(lambda: LlavaForConditionalGeneration(config), seed)
    model.model.vision_tower.load_state_dict(vision.state_dict())
    model.model.language_model.load_state_dict(language.get_decoder().state_dict())
    model.lm_head.load_state_dict(language.get_output_embeddings().state_dict())
    model.to(language.dtype)
    model.generation_config.suppress_tokens = [config.image_token_id]
    return model, llava_processor(config, tokenizer, image_processor)


def from_parts(vision: str, language: str, precision: str, seed: int = 0) -> tuple[Any, Any]:
    """:func:`assemble` of two folders or hub names.

    Raises:
        ConfigError: One of them is not there, or cannot be part of a LLaVA model.
    """
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    try:
        encoder = AutoModel.from_pretrained(vision, dtype=dtype)
        pictures = AutoImageProcessor.from_pretrained(vision, backend="pil")
        decoder = AutoModelForCausalLM.from_pretrained(language, dtype=dtype)
        tokenizer = AutoTokenizer.from_pretrained(language)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{vision!r} and {language!r} cannot be put together: {exc}") from exc
    return assemble(getattr(encoder, "vision_model", encoder), decoder, tokenizer, pictures, seed)


def llava_processor(config: Any, tokenizer: Any, image_processor: Any) -> Any:
    """The processor that goes with a model of ``config``."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # what pads is masked or behind the end
    if IMAGE not in tokenizer.get_vocab():
        raise ConfigError(f"the tokenizer has no {IMAGE} token; add it, and set the model's image_token_index")
    return LlavaProcessor(
        image_processor,
        tokenizer,
        patch_size=config.vision_config.patch_size,
        vision_feature_select_strategy=config.vision_feature_select_strategy,
        chat_template=chat_form(tokenizer).jinja(IMAGE + AFTER),
        image_token=IMAGE,
        num_additional_image_tokens=int(config.vision_config.model_type in CLASS_TOKENS),
    )


def refuse_recurrent(config: Any) -> None:
    """Name layers in which packed conversations would see each other.

    Raises:
        ConfigError: ``config`` has some.
    """
    strange = set(getattr(config, "layer_types", None) or ()) - ATTENTION
    if strange:
        raise ConfigError(f"a {config.model_type} has {', '.join(sorted(strange))} layers; llava takes attention only")


def build_tiny(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:
    """A CLIP and a Llama of random weights, about three million parameters together, and their processor.

    Args:
        corpus: Texts the tokenizer is trained on.
        seed: Of the initial weights; equal arguments give equal models.
    """
    tokenizer = train_tokenizer(corpus, ("<|endoftext|>", "<|im_start|>", "<|im_end|>", IMAGE))
    vision = CLIPVisionConfig(
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=112,
        patch_size=16,
        projection_dim=128,
    )
    language = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=6,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    parts = (
        random_model(lambda: CLIPVisionModel(vision), seed),
        random_model(lambda: LlamaForCausalLM(language), seed),
    )
    return assemble(*parts, tokenizer, square_pictures(112), seed)


def square_pictures(side: int, **kwargs: Any) -> Any:
    """An image processor that pads to a square, so that nothing is cropped away, and scales to ``side`` pixels."""
    size = {"height": side, "width": side}
    return LlavaImageProcessorPil(do_pad=True, do_center_crop=False, size=size, crop_size=size, **kwargs)


def _configuration(vision: Any, language: Any, image_token: int) -> Any:
    patches = (vision.image_size // vision.patch_size) ** 2
    class_token = vision.model_type in CLASS_TOKENS
    return LlavaConfig(
        vision_config=vision,
        text_config=language,
        image_token_index=image_token,
        image_seq_length=patches,
        # The last layer of a contrastively trained encoder is bent to its own loss (LLaVA, arXiv:2304.08485).
        vision_feature_layer=-2 if class_token else -1,
        vision_feature_select_strategy="default" if class_token else "full",
        tie_word_embeddings=bool(language.tie_word_embeddings),
    )
