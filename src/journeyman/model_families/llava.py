"""LLaVA: a vision encoder, a projector and any causal language model, loaded whole or put together from two.

``base_model`` is a local path or hub name of a LLaVA checkpoint, two such names with `` + `` between them (encoder,
then language model), ``tiny``, or ``small``.
"""

from functools import partial
from typing import Any

from journeyman.errors import ConfigError
from journeyman.model_families import _batches, _folders, _llava_parts, _llava_pictures, _segments, _small
from journeyman.model_family import ModelFamily

JOIN = " + "


def load(
    name: str, precision: str, *, revision: str = "", trust_remote_code: bool = False, quantization: Any = None
) -> tuple[Any, Any]:
    """See :class:`~journeyman.model_family.Load`; ``encoder + language model`` puts a model together."""
    if JOIN in name:
        if revision or trust_remote_code or quantization is not None:
            raise ConfigError(f"{name!r} names two models; revision, trust_remote_code and quantize are for one")
        encoder, _, language = name.partition(JOIN)
        return _llava_parts.from_parts(encoder, language, precision)
    model, processor = _folders.load_model(
        name,
        precision,
        family="llava",
        types=("llava",),
        load_processor=load_processor,
        revision=revision,
        trust_remote_code=trust_remote_code,
        quantization=quantization,
    )
    _llava_parts.refuse_recurrent(model.config.get_text_config())
    return model, processor


def load_processor(name: str, *, revision: str = "") -> Any:
    """Tokenizer and picture processor of a local path or hub name.

    Raises:
        ConfigError: There are none, or the tokenizer lacks control tokens.
    """
    from transformers import AutoConfig, AutoImageProcessor

    tokenizer, pictures = _folders.load_parts(
        name, revision, partial(AutoImageProcessor.from_pretrained, backend="pil")
    )
    options = {"revision": revision} if revision else {}
    return _llava_parts.llava_processor(AutoConfig.from_pretrained(name, **options), tokenizer, pictures)


FAMILY = ModelFamily(
    name="llava",
    build_tiny=_llava_parts.build_tiny,
    builds={"small": _small.build_small},
    load=load,
    load_processor=load_processor,
    save=_folders.save_parts,
    encode=partial(_segments.encode_conversation, pictures=_llava_pictures.PICTURES),
    collate=_llava_pictures.BATCHING.collate_rows,
    common_prefix=_batches.common_prefix,
    collate_prompts=_llava_pictures.BATCHING.collate_prompts,
    collate_continuation=_llava_pictures.BATCHING.collate_continuation,
    decode=_segments.decode_turn,
    end_of_turn=_segments.end_of_turn,
    image_token=_segments.image_token,
    groups={
        "vision": r"(^|\.)vision_tower\.",
        "merger": r"(^|\.)multi_modal_projector\.",
        "language": r"(^|\.)language_model\.(?!embed_tokens\.)",
        "embeddings": r"(^|\.)language_model\.embed_tokens\.|(^|\.)lm_head\.",
    },
    lora_scope=r".*language_model\.layers\.\d+\.(self_attn|mlp)\.({targets})",
)
