"""What training takes. The DeepSpeed configuration is derived from it (deepspeed_config.py)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class LoraConfig(BaseModel):
    """Low-rank adapters on the language model's attention."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rank: int = 64
    alpha: int = 64
    dropout: float = 0.05
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")


class TrainingConfig(BaseModel):
    """One training stage."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model_family: str = "qwen_vl"
    """Plugin on the ``model_families`` shelf."""
    base_model: str = "tiny"
    """``tiny`` builds a CPU-sized member of the family; else a local path or a hub name."""
    lora: LoraConfig | None = None
    """None trains every parameter that ``freeze`` leaves free."""
    freeze: tuple[str, ...] = ()
    """Parameter groups left as they are: ``vision``, ``merger``, ``language``, ``embeddings``."""
    ranks: int = 1
    """Processes on this machine; one a GPU, or gloo ranks on the CPU."""
    zero_stage: Literal[0, 1, 2, 3] = 2
    precision: Literal["fp32", "bf16"] = "fp32"
    max_steps: int = 0
    """Optimizer steps; 0 takes ``epochs``."""
    epochs: float = 7.0
    tokens_per_step: int = 4096
    """Tokens of one optimizer step over all ranks, pictures included."""
    pack_tokens: int = 2048
    """Tokens of one forward pass on one rank, about: the passes of a step are made equally long."""
    share_prefix: bool = True
    """Compute the turns that all conversations of a forward pass begin with (the tool list) once. Exact, and
    several times cheaper with a long tool list; off, conversations are packed side by side in one row."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, more time; turns ``share_prefix`` off."""
    max_pixels: int = 112 * 112
    """Larger pictures are scaled down to this, smaller ones up to ``min_pixels``."""
    min_pixels: int = 56 * 56
    learning_rate: float = 3e-3
    """For the tiny model; real ones want 1e-5 (full) to 1e-4 (adapters)."""
    warmup_share: float = 0.05
    weight_decay: float = 0.01
    beta2: float = 0.95
    gradient_clip: float = 1.0
    checkpoint_every: int = 100
    """Optimizer steps between checkpoints in the store."""
    keep_checkpoints: int = 2
    seed: int = 0
