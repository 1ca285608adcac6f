"""MiniCPM-V 4.6 and 4.7, which transformers carries itself: any local path or hub name, or a tiny member.

Older ones (2.6, the papers' 8.5B) come with Python code of their own; it runs only with ``trust_remote_code`` and a
pinned ``revision``, and only checkpoints whose configuration says one of the types below can be trained here.
"""

from functools import partial
from typing import Any

from journeyman.model_families import _folders, _minicpm_pictures, _segments, _tiny_minicpm
from journeyman.model_family import ModelFamily

TYPES = ("minicpmv4_6", "minicpmv4_7")


def load_processor(name: str, *, revision: str = "") -> Any:
    """Tokenizer and picture processor of a local path or hub name.

    Raises:
        ConfigError: There are none, or the tokenizer lacks the picture markers.
    """
    from transformers import AutoConfig
    from transformers.models.minicpmv4_6.image_processing_pil_minicpmv4_6 import MiniCPMV4_6ImageProcessorPil

    tokenizer, pictures = _folders.load_parts(name, revision, MiniCPMV4_6ImageProcessorPil.from_pretrained)
    options = {"revision": revision} if revision else {}
    config = AutoConfig.from_pretrained(name, **options)
    pictures.downsample_mode = config.downsample_mode  # the model decides how many features a slice has
    return _tiny_minicpm.PictureProcessor(pictures, tokenizer, canvas=config.model_type == "minicpmv4_7")


FAMILY = ModelFamily(
    name="minicpm_v",
    build_tiny=_tiny_minicpm.build_tiny,
    builds={"tiny_minicpm4_7": _tiny_minicpm.build_tiny_4_7},
    load=partial(_folders.load_model, family="minicpm_v", types=TYPES, load_processor=load_processor),
    load_processor=load_processor,
    save=_folders.save_parts,
    encode=partial(_segments.encode_conversation, pictures=_minicpm_pictures.PICTURES),
    collate=_minicpm_pictures.BATCHING.collate_rows,
    # The state of linear attention behind a prefix cannot be shared by its keys and values alone.
    common_prefix=lambda _conversations, _processor: 0,
    collate_prompts=_minicpm_pictures.BATCHING.collate_prompts,
    collate_continuation=_minicpm_pictures.BATCHING.collate_continuation,
    decode=_segments.decode_turn,
    end_of_turn=_segments.end_of_turn,
    image_token=_segments.image_token,
    packs=_minicpm_pictures.BATCHING.packs,
    groups={
        "vision": r"(^|\.)vision_tower\.(?!vit_merger\.)",
        "merger": r"(^|\.)(merger|vit_merger)\.",
        "language": r"(^|\.)language_model\.(?!embed_tokens\.)",
        "embeddings": r"(^|\.)(embed_tokens|lm_head)\.",
    },
    lora_scope=r".*language_model\.layers\.\d+\.(self_attn|linear_attn|mlp)\.({targets})",
)
