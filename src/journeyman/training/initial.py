"""The model that training starts from, what of it is trained, and adapters."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from journeyman.errors import ConfigError
from journeyman.model_family import ModelFamily
from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.packages import attention_implementation, quantization

TINY = "tiny"
JOIN = " + "
"""Between the names of models that are put together to one."""


def initial_model(config: TrainingConfig, family: ModelFamily, texts: Iterable[str]) -> tuple[Any, Any]:
    """Model and processor before training; equal arguments give equal weights.

    Args:
        config: Names the base model.
        family: Its family.
        texts: What a tiny model's tokenizer is trained on.

    Raises:
        ConfigError: No such model, or of another family, or it cannot be had as ``config`` wants it.
    """
    builds = {TINY: family.build_tiny, **family.builds}
    name = config.base_model
    if name in builds:
        if config.quantize != "none":
            raise ConfigError(f"quantize = {config.quantize} is for models that are loaded; {name!r} is built here")
        model, processor = builds[name](texts, config.seed)
    elif name.startswith(("/", "./", "../", "~")) and not Path(name.partition(JOIN)[0]).expanduser().is_dir():
        raise ConfigError(f"base_model {name!r} is no folder; give a folder, a hub name or {_or(builds)}")
    else:
        model, processor = family.load(
            str(Path(name).expanduser()),
            config.precision,
            revision=config.revision,
            trust_remote_code=config.trust_remote_code,
            quantization=quantization(config),
        )
    _set_kernels(model, config)
    return model, processor


def initial_processor(config: TrainingConfig, family: ModelFamily, texts: Iterable[str]) -> Any:
    """The processor of :func:`initial_model` without its model, which is dropped where it is built and not loaded.

    Raises:
        ConfigError: No such model.
    """
    builds = {TINY: family.build_tiny, **family.builds}
    name = config.base_model
    if name in builds:
        return builds[name](texts, config.seed)[1]
    if JOIN in name:
        return family.load(name, config.precision)[1]
    return family.load_processor(str(Path(name).expanduser()))


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
    if config.lora is not None:
        model = _with_adapters(model, config.lora, family)
    if config.gradient_checkpointing:
        # After the adapters: where peft finds checkpointing on, it has inputs ask for gradients, and so does
        # transformers. Without reentrance none has to, and a frozen encoder would be gone through for nothing.
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.disable_input_require_grads()
    if not any(p.requires_grad for p in model.parameters()):
        raise ConfigError(f"freeze = {', '.join(config.freeze)} leaves nothing to train; free a group or set lora")
    return model


def _set_kernels(model: Any, config: TrainingConfig) -> None:
    """The attention implementation, in all parts of the model, and Liger's kernels."""
    import torch

    from journeyman.training import varlen_attention

    varlen_attention.register()
    model.set_attn_implementation(attention_implementation(config, on_gpu=torch.cuda.is_available()))
    if not config.liger:
        return
    from liger_kernel.transformers.monkey_patch import (  # type: ignore[import-not-found]  # optional
        MODEL_TYPE_TO_APPLY_LIGER_FN,
    )

    kind = model.config.model_type
    if kind not in MODEL_TYPE_TO_APPLY_LIGER_FN:
        raise ConfigError(f"liger = true, but Liger has no kernels for a {kind}; set liger = false")
    # Its fused loss is not asked for: ours computes logits only where they are trained.
    MODEL_TYPE_TO_APPLY_LIGER_FN[kind](model=model, cross_entropy=False, fused_linear_cross_entropy=False)


def _freeze(model: Any, config: TrainingConfig, family: ModelFamily) -> None:
    for group in config.freeze:
        pattern = _group(group, family)
        for name, parameter in model.named_parameters():
            if pattern.search(name):
                parameter.requires_grad_(False)


def _group(group: str, family: ModelFamily) -> re.Pattern[str]:
    if group not in family.groups:
        raise ConfigError(f"no freeze group {group!r} in {family.name}; there is: {', '.join(family.groups)}")
    return re.compile(family.groups[group])


def _with_adapters(model: Any, lora: LoraConfig, family: ModelFamily) -> Any:
    import peft

    scope = family.lora_scope.format(targets="|".join(re.escape(t) for t in lora.targets))
    names = [name for name, _ in model.named_modules()]
    if not any(re.fullmatch(scope, name) for name in names):
        anything = family.lora_scope.format(targets=r"[^.]+")
        known = sorted({name.rpartition(".")[2] for name in names if re.fullmatch(anything, name)})
        raise ConfigError(f"lora.targets = {', '.join(lora.targets)} match no module; there is: {', '.join(known)}")
    adapters = peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=scope,
        modules_to_save=[name for group in lora.also_train for name in _modules(model, _group(group, family))] or None,
    )
    return peft.get_peft_model(model, adapters)


def _modules(module: Any, group: re.Pattern[str], name: str = "") -> Iterator[str]:
    """The largest modules whose parameters are all of ``group``; lists of modules are taken apart."""
    from torch import nn

    for child_name, child in module.named_children():
        path = f"{name}.{child_name}" if name else child_name
        inside = [bool(group.search(f"{path}.{parameter}")) for parameter, _ in child.named_parameters()]
        if inside and all(inside) and not isinstance(child, nn.ModuleList):
            yield path
        elif any(inside):
            yield from _modules(child, group, path)


def _or(names: Iterable[str]) -> str:
    return " or ".join(repr(name) for name in names)
