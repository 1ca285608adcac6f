"""Optional packages of training: which attention is taken, and what is refused because its package is not there."""

from importlib.util import find_spec
from typing import Any

from journeyman.errors import ConfigError
from journeyman.training.config import TrainingConfig


def refuse_missing_packages(config: TrainingConfig) -> None:
    """Name what ``config`` asks for and this machine has not, before any rank is started.

    Raises:
        ConfigError: A package is missing; the message says how to install it or what to set instead.
    """
    needs = (
        (config.liger, "liger = true", "liger_kernel", "liger-kernel", "set liger = false"),
        (config.quantize == "nf4", "quantize = nf4", "bitsandbytes", "bitsandbytes", "set quantize = none"),
        (
            config.attention == "flash_attention_2",
            "attention = flash_attention_2",
            "flash_attn",
            "flash-attn",
            "set attention = auto",
        ),
        (config.launcher == "deepspeed", "launcher = deepspeed", "deepspeed", "deepspeed", "set launcher = torchrun"),
    )
    for asked, setting, module, package, instead in needs:
        if asked and find_spec(module) is None:
            raise ConfigError(f"{setting} needs a package that is not installed: pip install {package}, or {instead}")


def attention_implementation(config: TrainingConfig, *, on_gpu: bool) -> str:
    """What transformers is told as ``attn_implementation``.

    Packed conversations are kept apart by all: sdpa by a block mask; flash-attention, the package's or torch's own
    (``varlen``), by cumulative lengths, at no cost for what is masked.

    Args:
        config: Its ``attention`` and ``precision`` are read.
        on_gpu: Whether ranks run on GPUs; flash-attention has no CPU path.

    Raises:
        ConfigError: ``flash_attention_2`` is asked for on the CPU.
    """
    if config.attention == "flash_attention_2" and not on_gpu:
        raise ConfigError("attention = flash_attention_2 runs on GPUs only; set attention = auto")
    if config.attention != "auto":
        return config.attention
    if not on_gpu or config.precision != "bf16":
        return "sdpa"
    if find_spec("flash_attn") is not None:
        return "flash_attention_2"
    from journeyman.training import varlen_attention

    return varlen_attention.NAME if varlen_attention.is_available() else "sdpa"


def quantization(config: TrainingConfig) -> Any:
    """What transformers is told as ``quantization_config``: a BitsAndBytesConfig, or None.

    NF4 with double quantisation, computed in bf16 (QLoRA, arXiv:2305.14314, section 3).
    """
    if config.quantize == "none":
        return None
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=config.quantize,
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
