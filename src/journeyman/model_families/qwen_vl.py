"""Qwen2-VL and Qwen2.5-VL: any local path or hub name, or a tiny member built on the spot."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from journeyman.errors import ConfigError
from journeyman.model_families import _batches, _segments, _tiny_qwen
from journeyman.model_family import ModelFamily

_TYPES = ("qwen2_vl", "qwen2_5_vl")


def load(name: str, precision: str) -> tuple[Any, Any]:
    """Model and processor of a local path or hub name.

    Args:
        name: Folder with safetensors and configuration, or a hub name.
        precision: ``fp32`` or ``bf16``.

    Raises:
        ConfigError: There is no such model, or it is of another family.
    """
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    try:
        config = AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"model {name!r} cannot be loaded: {exc}; give a folder, a hub name or 'tiny'") from exc
    if config.model_type not in _TYPES:
        raise ConfigError(f"model {name!r} is a {config.model_type}, qwen_vl takes {' or '.join(_TYPES)}")
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    try:
        model = AutoModelForImageTextToText.from_pretrained(name, dtype=dtype)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"weights of {name!r} cannot be loaded: {exc}") from exc
    return model, load_processor(name)


def load_processor(name: str) -> Any:
    """Tokenizer and picture processor of a local path or hub name.

    Raises:
        ConfigError: There are none.
    """
    from transformers import AutoTokenizer
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        pictures = Qwen2VLImageProcessorPil.from_pretrained(name)
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"processor of {name!r} cannot be loaded: {exc}; give a folder, a hub name or 'tiny'"
        ) from exc
    return _tiny_qwen.PictureProcessor(
        pictures, tokenizer, chat_template=tokenizer.chat_template or _tiny_qwen.CHAT_TEMPLATE
    )


def save(model: Any, processor: Any, folder: Path, state: Mapping[str, Any] | None) -> None:
    """Write safetensors, configuration, processor and chat template, as ``from_pretrained`` reads them.

    Args:
        model: A model of this family.
        processor: Its processor.
        folder: Created when missing.
        state: Weights to write instead of the model's own, e.g. gathered from ZeRO-3 ranks.
    """
    model.save_pretrained(folder, state_dict=dict(state) if state is not None else None, safe_serialization=True)
    processor.tokenizer.save_pretrained(folder)
    processor.image_processor.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(processor.chat_template)


def decode(tokens: Sequence[int], processor: Any) -> str:
    """Text of generated tokens up to the first end of turn."""
    ids = list(tokens)
    end = end_of_turn(processor)
    return str(processor.tokenizer.decode(ids[: ids.index(end)] if end in ids else ids, skip_special_tokens=True))


def end_of_turn(processor: Any) -> int:
    """Token that ends an assistant turn."""
    return int(processor.tokenizer.convert_tokens_to_ids(_segments.END))


FAMILY = ModelFamily(
    name="qwen_vl",
    build_tiny=_tiny_qwen.build_tiny,
    load=load,
    load_processor=load_processor,
    save=save,
    encode=_segments.encode_conversation,
    collate=_batches.collate_rows,
    common_prefix=_batches.common_prefix,
    collate_prompts=_batches.collate_prompts,
    decode=decode,
    end_of_turn=end_of_turn,
    groups={
        "vision": r"(^|\.)visual\.(?!merger\.)",
        "merger": r"(^|\.)visual\.merger\.",
        "language": r"(^|\.)language_model\.(?!embed_tokens\.)",
        "embeddings": r"(^|\.)(embed_tokens|lm_head)\.",
    },
    lora_scope=r".*language_model\.layers\.\d+\.(self_attn|mlp)\.({targets})",
)
