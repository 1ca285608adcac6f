"""Loading and saving in the layout of ``from_pretrained``, alike for all families."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from journeyman.errors import ConfigError

SHARD_SIZE = "5GB"
"""Largest safetensors file: what an upload repeats when it breaks off, and holds in memory."""


def load_model(
    name: str,
    precision: str,
    *,
    family: str,
    types: Sequence[str],
    load_processor: Callable[..., Any],
    revision: str = "",
    trust_remote_code: bool = False,
    quantization: Any = None,
) -> tuple[Any, Any]:
    """Model and processor of a local path or hub name.

    Args:
        name: Folder with safetensors and configuration, or a hub name.
        precision: ``fp32`` or ``bf16``.
        family: Who asks, for messages.
        types: ``model_type`` values that the family takes.
        load_processor: The family's.
        revision: Commit of a hub name; empty takes the newest.
        trust_remote_code: Run code that comes with the weights; refused without a ``revision``.
        quantization: ``quantization_config`` of transformers; None leaves the weights as they are.

    Raises:
        ConfigError: There is no such model, it is of another family, or it needs code of its own.
    """
    import torch
    from transformers import AutoModelForImageTextToText

    config = _configuration(name, revision=revision, trust_remote_code=trust_remote_code)
    if config.model_type not in types:
        raise ConfigError(f"model {name!r} is a {config.model_type}, {family} takes {' or '.join(types)}")
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    options = _options(revision, trust_remote_code=trust_remote_code)
    if quantization is not None:
        options["quantization_config"] = quantization
    try:
        model = AutoModelForImageTextToText.from_pretrained(name, dtype=dtype, **options)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"weights of {name!r} cannot be loaded: {exc}") from exc
    return model, load_processor(name, revision=revision)


def load_parts(name: str, revision: str, image_processor: Callable[..., Any]) -> tuple[Any, Any]:
    """Tokenizer and image processor of a local path or hub name.

    Raises:
        ConfigError: There are none.
    """
    from transformers import AutoTokenizer

    options = _options(revision, trust_remote_code=False)
    try:
        return AutoTokenizer.from_pretrained(name, **options), image_processor(name, **options)
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"processor of {name!r} cannot be loaded: {exc}; give a folder, a hub name or 'tiny'"
        ) from exc


def save_parts(model: Any, processor: Any, folder: Path, state: Mapping[str, Any] | None) -> None:
    """Write safetensors, configuration, processor and chat template, as ``from_pretrained`` reads them.

    Args:
        model: A model of any family here.
        processor: Its processor.
        folder: Created when missing.
        state: Weights to write instead of the model's own, e.g. gathered from ZeRO-3 ranks.
    """
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    weights = dict(state) if state is not None else None
    model.save_pretrained(folder, state_dict=weights, safe_serialization=True, max_shard_size=SHARD_SIZE)
    stock = PROCESSOR_MAPPING_NAMES[model.config.model_type]
    if type(processor).__name__ == stock:
        processor.save_pretrained(folder)
    # Where ours leaves video out, AutoProcessor is told the stock class, which it knows (and which wants torchvision).
    processor.tokenizer._set_processor_class(stock)  # noqa: SLF001 - what ProcessorMixin.save_pretrained calls
    processor.tokenizer.save_pretrained(folder)
    processor.image_processor.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(processor.chat_template)


def _configuration(name: str, *, revision: str, trust_remote_code: bool) -> Any:
    from transformers import AutoConfig

    if trust_remote_code and not revision:
        raise ConfigError(
            f"trust_remote_code runs what {name!r} holds at that moment; pin it: revision = a commit hash"
        )
    try:
        # None would make transformers ask on the terminal, which a rank has not.
        return AutoConfig.from_pretrained(name, **_options(revision, trust_remote_code=trust_remote_code))
    except (OSError, ValueError) as exc:
        if "trust_remote_code" in str(exc):
            raise ConfigError(
                f"model {name!r} runs Python code of its own, which is refused; read it, then set "
                "trust_remote_code = true and revision = the commit you read"
            ) from exc
        raise ConfigError(f"model {name!r} cannot be loaded: {exc}; give a folder, a hub name or 'tiny'") from exc


def _options(revision: str, *, trust_remote_code: bool) -> dict[str, Any]:
    return {"trust_remote_code": trust_remote_code} | ({"revision": revision} if revision else {})
