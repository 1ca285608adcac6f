"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL: any local path or hub name, or a tiny member built on the spot."""

from functools import partial
from typing import Any

from journeyman.model_families import _batches, _folders, _qwen_pictures, _segments, _tiny_qwen
from journeyman.model_family import ModelFamily


def load_processor(name: str, *, revision: str = "") -> Any:
    """Tokenizer and picture processor of a local path or hub name.

    Raises:
        ConfigError: There are none.
    """
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer, pictures = _folders.load_parts(name, revision, Qwen2VLImageProcessorPil.from_pretrained)
    # The template is ours and not the checkpoint's: an export says how the model was trained.
    return _tiny_qwen.PictureProcessor(pictures, tokenizer, chat_template=_tiny_qwen.CHAT_TEMPLATE)


FAMILY = ModelFamily(
    name="qwen_vl",
    build_tiny=_tiny_qwen.build_tiny,
    builds={"tiny_qwen2_5": _tiny_qwen.build_tiny_2_5, "tiny_qwen3": _tiny_qwen.build_tiny_3},
    load=partial(
        _folders.load_model,
        family="qwen_vl",
        types=("qwen2_vl", "qwen2_5_vl", "qwen3_vl"),
        load_processor=load_processor,
    ),
    load_processor=load_processor,
    save=_folders.save_parts,
    encode=partial(_segments.encode_conversation, pictures=_qwen_pictures.PICTURES),
    collate=_qwen_pictures.BATCHING.collate_rows,
    common_prefix=_batches.common_prefix,
    collate_prompts=_qwen_pictures.BATCHING.collate_prompts,
    collate_continuation=_qwen_pictures.BATCHING.collate_continuation,
    decode=_segments.decode_turn,
    end_of_turn=_segments.end_of_turn,
    image_token=_segments.image_token,
    modalities=frozenset({"image", "video"}),
    media_size=_qwen_pictures.media_size,
    groups={
        "vision": r"(^|\.)visual\.(?!merger\.|deepstack_merger_list\.)",
        "merger": r"(^|\.)visual\.(merger|deepstack_merger_list)\.",
        "language": r"(^|\.)language_model\.(?!embed_tokens\.)",
        "embeddings": r"(^|\.)(embed_tokens|lm_head)\.",
    },
    lora_scope=r".*language_model\.layers\.\d+\.(self_attn|mlp)\.({targets})",
)
