"""Frozen encoders of pictures, sounds and videos, a projector each, and any causal language model.

MLLM-Tool's design (arXiv:2401.10727): features of a file are computed once, and become soft tokens of the language
model. ``base_model`` is ``tiny``, ``tiny_resampler``, ``small``, the folder or hub name of a saved model, or
``image=ENCODER + audio=ENCODER + video=ENCODER + LANGUAGE MODEL``.
"""

from functools import partial
from typing import Any

from journeyman.errors import ConfigError
from journeyman.model_families import _batches, _bridge_media, _bridge_parts, _folders, _segments
from journeyman.model_families._encoders import Encoders
from journeyman.model_family import ModelFamily


def load(
    name: str, precision: str, *, revision: str = "", trust_remote_code: bool = False, quantization: Any = None
) -> tuple[Any, Any]:
    """See :class:`~journeyman.model_family.Load`; names of parts put a model together."""
    if _bridge_parts.JOIN in name:
        if revision or trust_remote_code or quantization is not None:
            raise ConfigError(f"{name!r} names several models; revision, trust_remote_code and quantize are for one")
        return _bridge_parts.from_parts(name, precision)
    return _folders.load_model(
        name,
        precision,
        family="bridge",
        types=("journeyman_bridge",),
        load_processor=_bridge_parts.load_processor,
        revision=revision,
        trust_remote_code=trust_remote_code,
        quantization=quantization,
    )


FAMILY = ModelFamily(
    name="bridge",
    build_tiny=_bridge_parts.build_tiny,
    builds={
        "small": _bridge_parts.build_small,
        "tiny_resampler": partial(_bridge_parts.build_tiny, projector="resampler"),
    },
    load=load,
    load_processor=_bridge_parts.load_processor,
    save=_bridge_parts.save,
    encode=partial(_segments.encode_conversation, pictures=_bridge_media.PICTURES),
    collate=_bridge_media.BATCHING.collate_rows,
    common_prefix=_batches.common_prefix,
    collate_prompts=_bridge_media.BATCHING.collate_prompts,
    collate_continuation=_bridge_media.BATCHING.collate_continuation,
    decode=_segments.decode_turn,
    end_of_turn=_segments.end_of_turn,
    image_token=_segments.image_token,
    modalities=frozenset({"image", "audio", "video"}),
    frozen_encoders=Encoders(),
    media_size=_bridge_media.media_size,
    groups={
        "merger": r"(^|\.)projectors\.",
        "language": r"(^|\.)language_model\.(?!embed_tokens\.)",
        "embeddings": r"(^|\.)language_model\.embed_tokens\.|(^|\.)lm_head\.",
    },
    lora_scope=r".*language_model\.layers\.\d+\.(self_attn|mlp)\.({targets})",
)
