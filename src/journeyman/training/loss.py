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
        if prefix:
            inputs = self._behind_prefix(inputs, prefix)
        logits = self.model(**self._embedded(inputs), use_cache=bool(prefix)).logits
        return nn.functional.cross_entropy(logits.float(), targets, reduction="sum")

    def _embedded(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Put the pictures among the text.

        ZeRO adds up gradients, and gathers weights, in the order in which ranks use them, by place and
        not by name. So a batch without pictures brings a blank one, of which nothing is scattered, and
        every rank calls the same modules in the same order.
        """
        ids = inputs.pop("input_ids")
        embedded = self.model.get_input_embeddings()(ids)
        pictures = {name: inputs.pop(name) for name in ("pixel_values", "image_grid_thw")}
        features = torch.cat(tuple(self.model.get_image_features(**pictures).pooler_output)).to(embedded.dtype)
        places = (ids == self.model.config.image_token_id).unsqueeze(-1).expand_as(embedded)
        return inputs | {"inputs_embeds": embedded.masked_scatter(places, features)}

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
