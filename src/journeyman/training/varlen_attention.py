"""Attention within each conversation of a packed row, by cumulative lengths: nothing is computed for what is masked.

torch carries a flash-attention kernel for rows of several lengths (``torch.nn.attention.varlen``), so on a GPU
packed rows need neither the package flash-attn nor a mask of [L, L]. On the CPU each conversation is a call of its own:
the twin that tests compare with padded rows.
"""

import inspect
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "varlen"


def register() -> None:
    """Make the implementation known to transformers under :data:`NAME`; a second time does nothing."""
    AttentionInterface.register(NAME, varlen_attention)
    AttentionMaskInterface.register(NAME, varlen_mask)


def is_available() -> bool:
    """Whether this torch carries the kernel."""
    try:
        import torch.nn.attention.varlen  # noqa: F401
    except ImportError:
        return False
    return True


def varlen_mask(*args: Any, **kwargs: Any) -> torch.Tensor | None:
    """The mask of sdpa; none for a packed row, whose lengths come beside it.

    transformers forbids to skip a causal mask just where it found positions that restart.
    """
    packed = not kwargs.get("allow_is_causal_skip", True) and kwargs.get("attention_mask") is None
    if packed and kwargs["q_length"] == kwargs["kv_length"] > 1:
        return None
    return sdpa_mask(*args, **kwargs)  # type: ignore[no-any-return]  # transformers is untyped


def varlen_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: int = 0,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within each conversation; without lengths, what sdpa does.

    Args:
        module: The layer's attention.
        query: [1, H, L, D].
        key: [1, K, L, D] with K heads, of which H is a multiple.
        value: As ``key``.
        attention_mask: None for a packed row.
        scaling: Of the scores; None is 1 / sqrt(D).
        dropout: Of the weights; rows with lengths have none.
        cu_seq_lens_q: Columns [C + 1] at which conversations begin, and L.
        max_length_q: Columns of the longest.
        **kwargs: What else transformers gives to every implementation.

    Returns:
        [1, L, H, D], and no weights.
    """
    if cu_seq_lens_q is None or attention_mask is not None:
        return sdpa_attention_forward(  # type: ignore[no-any-return]  # transformers is untyped
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
    groups = query.shape[1] // key.shape[1]
    if not query.is_cuda:
        return _one_by_one(query, key, value, cu_seq_lens_q, scaling), None
    queries, keys, values = (
        states[0].transpose(0, 1).contiguous()
        for states in (query, key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1))
    )
    lengths = (cu_seq_lens_q, cu_seq_lens_q, max_length_q, max_length_q)
    return _kernel()(queries, keys, values, *lengths, scale=scaling, **_causal()).unsqueeze(0), None


def _one_by_one(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, starts: torch.Tensor, scaling: float | None
) -> torch.Tensor:
    sizes = starts.diff().tolist()
    parts = zip(*(torch.split(states, sizes, dim=2) for states in (query, key, value)), strict=True)
    outputs = [
        nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=True)
        for q, k, v in parts
    ]
    return torch.cat(outputs, dim=2).transpose(1, 2).contiguous()


@lru_cache(maxsize=1)
def _kernel() -> Any:
    from torch.nn.attention.varlen import varlen_attn

    return varlen_attn


@lru_cache(maxsize=1)
def _causal() -> dict[str, Any]:
    """How this torch is told that a token sees no later one: its first releases had a flag, later ones a window."""
    known = inspect.signature(_kernel()).parameters
    return {"is_causal": True} if "is_causal" in known else {"window_size": (-1, 0)}
