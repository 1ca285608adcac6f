"""Summed cross-entropy of the trained tokens, with logits computed nowhere else."""

from typing import Any

import torch
from torch import nn


class TokenLoss(nn.Module):
    """A model as DeepSpeed trains it: inputs in, one number out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: dict[str, Any]) -> torch.Tensor:
        """Sum over the trained tokens of ``batch``, in nats; the caller divides by the step's token count."""
        inputs = dict(batch)
        targets = inputs.pop("targets")
        prefix = inputs.pop("prefix")
        blank = inputs.pop("blank", None)
        if prefix:
            inputs = self._behind_prefix(inputs, prefix)
        if blank is not None:
            inputs = self._with_blank(inputs, blank)
        logits = self.model(**inputs, use_cache=bool(prefix)).logits
        return nn.functional.cross_entropy(logits.float(), targets, reduction="sum")

    def _with_blank(self, inputs: dict[str, Any], blank: dict[str, torch.Tensor]) -> dict[str, Any]:
        """Send a blank picture through the vision tower and multiply it by zero.

        ZeRO adds up gradients of the ranks in the order they appear, by place and not by name. A rank
        without pictures must therefore build the graph of one with pictures, in the same order.
        """
        embedded = self.model.get_input_embeddings()(inputs["input_ids"])
        features = torch.cat(tuple(self.model.get_image_features(**blank).pooler_output))
        rest = {name: value for name, value in inputs.items() if name != "input_ids"}
        return rest | {"inputs_embeds": embedded + 0.0 * features.sum()}

    def _behind_prefix(self, inputs: dict[str, Any], prefix: int) -> dict[str, Any]:
        """Compute the first ``prefix`` columns once; the rows attend to its keys and values, gradients included."""
        rows = inputs["input_ids"].shape[0]
        cache = self.model(
            input_ids=inputs["input_ids"][:1, :prefix],
            position_ids=inputs["position_ids"][:, :1, :prefix],
            use_cache=True,
            logits_to_keep=1,
        ).past_key_values
        for layer in cache.layers:
            layer.keys = layer.keys.expand(rows, -1, -1, -1)
            layer.values = layer.values.expand(rows, -1, -1, -1)
        return inputs | {
            "input_ids": inputs["input_ids"][:, prefix:],
            "position_ids": inputs["position_ids"][:, :, prefix:],
            "logits_to_keep": inputs["logits_to_keep"][:, prefix:],
            "past_key_values": cache,
        }
