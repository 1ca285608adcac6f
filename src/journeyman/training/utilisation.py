"""Model FLOPs utilisation: floating-point operations a token needs, and what a rank could do at most."""

import time
from typing import Any

from journeyman.training._gpus import GPUS

_SIZE = 1024
_REPEATS = 5


def flops_per_token(model: Any) -> float:
    """Operations of one token in training: 6 a trained weight, 4 a frozen one (no weight gradient).

    The usual estimate (arXiv:2001.08361, section 2.1) over all weights but those that are only looked up. Attention
    scores are left out, so the figure is low for long conversations; the vision encoder counts as if each token were
    a patch and the head as if each token had logits, so it is high for small models with a large vocabulary.

    Args:
        model: With ``get_input_embeddings``; tied embeddings are the head's weights and count.
    """
    looked_up = getattr(model, "get_input_embeddings", lambda: None)()
    head = getattr(model, "get_output_embeddings", lambda: None)()
    skipped = None if looked_up is None else looked_up.weight
    if head is not None and skipped is head.weight:
        skipped = None
    weights = [p for p in model.parameters() if p is not skipped]
    return float(sum(p.numel() * (6 if p.requires_grad else 4) for p in weights))


def peak_flops(precision: str) -> float | None:
    """Operations a second of one rank at most: measured by a matrix product on the CPU, from data sheets on a GPU.

    Args:
        precision: ``fp32`` or ``bf16``. On a GPU it is not read: its peak is that of bf16, beside which fp32 looks low.

    Returns:
        None for a GPU that is not in the table.
    """
    import torch

    if torch.cuda.is_available():
        return _peak_of(torch.cuda.get_device_name())
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.rand(_SIZE, _SIZE).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(_REPEATS):
        start = time.perf_counter()
        left @ right
        best = min(best, time.perf_counter() - start)
    return 2 * _SIZE**3 / best


def _peak_of(device: str) -> float | None:
    """Peak of the GPU that the driver calls ``device``, e.g. ``NVIDIA H100 80GB HBM3``."""
    words = device.replace("-", " ").split()
    joined = "".join(words)
    for name, gpu in GPUS.items():
        kind = name.partition("-")[0]
        if kind in words or kind in joined:
            return gpu.peak
    return None
