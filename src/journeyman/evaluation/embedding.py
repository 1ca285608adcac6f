"""Sentences as vectors, for figures that compare texts by meaning."""

from collections.abc import Callable, Sequence

import numpy as np

from journeyman.benchmark import FloatArray
from journeyman.errors import ConfigError


def open_embedding(name: str) -> Callable[[Sequence[str]], FloatArray] | None:
    """Mean-pooled, normalised vectors of a transformers encoder, as sentence-transformers makes them.

    Args:
        name: Folder or hub name; empty for none.

    Raises:
        ConfigError: There is no such model.
    """
    if not name:
        return None
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModel.from_pretrained(name).eval()
    except (OSError, ValueError) as exc:
        raise ConfigError(f"embedding model {name!r} cannot be loaded: {exc}; give a folder or a hub name") from exc

    @torch.inference_mode()
    def embed(sentences: Sequence[str]) -> FloatArray:
        inputs = tokenizer(list(sentences), padding=True, truncation=True, return_tensors="pt")
        hidden = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        return np.asarray(torch.nn.functional.normalize(pooled, dim=-1).double().numpy())

    return embed
