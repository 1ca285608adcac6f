"""The model that training starts from, what of it is trained, and adapters."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from journeyman.errors import ConfigError
from journeyman.model_family import ModelFamily
from journeyman.training.config import TrainingConfig

TINY = "tiny"


def initial_model(config: TrainingConfig, family: ModelFamily, texts: Iterable[str]) -> tuple[Any, Any]:
    """Model and processor before training; equal arguments give equal weights.

    Args:
        config: Names the base model.
        family: Its family.
        texts: What a tiny model's tokenizer is trained on.

    Raises:
        ConfigError: No such model, or of another family.
    """
    if config.base_model == TINY:
        return family.build_tiny(texts, config.seed)
    if config.base_model.startswith(("/", "./", "../", "~")) and not Path(config.base_model).expanduser().is_dir():
        raise ConfigError(f"base_model {config.base_model!r} is no folder; give a folder, a hub name or 'tiny'")
    return family.load(str(Path(config.base_model).expanduser()), config.precision)


def prepare_for_training(model: Any, config: TrainingConfig, family: ModelFamily) -> Any:
    """Freeze groups and add adapters; returns the model to train.

    Raises:
        ConfigError: An unknown freeze group, adapters that match nothing, or nothing left to train.
    """
    _freeze(model, config, family)
    # Keys and values are asked for where a prefix is shared, and only there: a cache built behind the
    # caller's back would switch off the mask between packed conversations. The text model reads its own setting.
    model.config.use_cache = False
    model.config.get_text_config().use_cache = False
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    if config.lora is not None:
        model = _with_adapters(model, config, family)
    if not any(p.requires_grad for p in model.parameters()):
        raise ConfigError(f"freeze = {', '.join(config.freeze)} leaves nothing to train; free a group or set lora")
    return model


def _freeze(model: Any, config: TrainingConfig, family: ModelFamily) -> None:
    for group in config.freeze:
        if group not in family.groups:
            raise ConfigError(f"no freeze group {group!r} in {family.name}; there is: {', '.join(family.groups)}")
        pattern = re.compile(family.groups[group])
        for name, parameter in model.named_parameters():
            if pattern.search(name):
                parameter.requires_grad_(False)


def _with_adapters(model: Any, config: TrainingConfig, family: ModelFamily) -> Any:
    import peft

    assert config.lora is not None
    scope = family.lora_scope.format(targets="|".join(re.escape(t) for t in config.lora.targets))
    if not any(re.fullmatch(scope, name) for name, _ in model.named_modules()):
        known = sorted({name.rpartition(".")[2] for name, _ in model.named_modules() if name.endswith("_proj")})
        raise ConfigError(
            f"lora.targets = {', '.join(config.lora.targets)} match no module; there is: {', '.join(known)}"
        )
    adapters = peft.LoraConfig(
        r=config.lora.rank, lora_alpha=config.lora.alpha, lora_dropout=config.lora.dropout, target_modules=scope
    )
    return peft.get_peft_model(model, adapters)
