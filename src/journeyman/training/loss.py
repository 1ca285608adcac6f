"""Summed cross-entropy of the trained tokens, with logits computed nowhere else."""

from typing import Any

import torch
from torch import nn

_PICTURES = ("pixel_values", "image_grid_thw", "target_sizes", "media_features", "media_grids")
"""Inputs of a batch that are pictures or features of files, in all families."""


class TokenLoss(nn.Module):
    """A model as DeepSpeed trains it: inputs in, one number out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: dict[str, Any]) -> torch.Tensor:
        """Sum over the trained tokens of ``batch``, in nats, weighted where it has ``weights``.

        The caller divides by the step's token count; weights have a mean of 1.
        """
        inputs = dict(batch)
        targets = inputs.pop("targets")
        weights = inputs.pop("weights", None)
        prefix = inputs.pop("prefix")
        if prefix:
            inputs = self._behind_prefix(inputs, prefix)
        logits = self._kept_logits(self._with_features(inputs) | {"use_cache": bool(prefix)})
        losses = nn.functional.cross_entropy(logits.float(), targets, reduction="none")
        return losses.sum() if weights is None else losses @ weights

    def _kept_logits(self, inputs: dict[str, Any]) -> torch.Tensor:
        """[N, vocabulary], in the order of ``targets``.

        The head is called here: what transformers' own forward passes take as places to keep differs by model and
        release.
        """
        keep = inputs.pop("logits_to_keep")
        model = _without_adapters(self.model)
        return model.lm_head(model.model(**inputs).last_hidden_state[keep])  # type: ignore[no-any-return]

    def _with_features(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Replace the pictures by their features.

        ZeRO adds up gradients, and gathers weights, in the order in which ranks use them, by place and
        not by name. So a batch without pictures brings a blank one, no feature of which is used, and
        every rank calls the same modules in the same order.
        """
        rest = {name: value for name, value in inputs.items() if name not in (*_PICTURES, "image_tokens")}
        used = inputs["image_tokens"]
        features = self.model.get_image_features(**{name: inputs[name] for name in _PICTURES if name in inputs})
        features.pooler_output = [torch.cat(tuple(features.pooler_output))[:used]]
        if getattr(features, "deepstack_features", None):  # Qwen3-VL adds some to deeper layers too
            features.deepstack_features = [[torch.cat(tuple(deep))[:used]] for deep in features.deepstack_features]
        return rest | {"mm_encoder_outputs": {"image": features}}

    def _behind_prefix(self, inputs: dict[str, Any], prefix: int) -> dict[str, Any]:
        """Compute the first ``prefix`` columns once; the rows attend to its keys and values, gradients included."""
        rows = inputs["input_ids"].shape[0]
        cache = (
            _without_adapters(self.model)
            .model(
                input_ids=inputs["input_ids"][:1, :prefix],
                position_ids=inputs["position_ids"][..., :1, :prefix],
                use_cache=True,
            )
            .past_key_values
        )
        for layer in cache.layers:
            layer.keys = layer.keys.expand(rows, -1, -1, -1)
            layer.values = layer.values.expand(rows, -1, -1, -1)
        return inputs | {
            "input_ids": inputs["input_ids"][:, prefix:],
            "position_ids": inputs["position_ids"][..., prefix:],
            "logits_to_keep": inputs["logits_to_keep"][:, prefix:],
            "past_key_values": cache,
        }


def _without_adapters(model: Any) -> Any:
    """The transformers model inside one with adapters; these sit in its modules and act all the same."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
