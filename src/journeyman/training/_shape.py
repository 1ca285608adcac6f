"""Counts and widths of a model, without its weights: in closed form, or from transformers on the meta device."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeyman.errors import ConfigError
from journeyman.model_family import ModelFamily
from journeyman.training.config import LoraConfig, TrainingConfig


@dataclass(frozen=True, slots=True)
class Decoder:
    """A causal language model: attention with grouped keys and values, a gated feed-forward part, RMS norms."""

    layers: int
    hidden: int
    heads: int
    key_value_heads: int
    intermediate: int
    vocabulary: int
    tied: bool = False
    """One matrix for tokens in and logits out."""
    query_key_value_bias: bool = False
    head_width: int = 0
    """0 is ``hidden / heads``."""

    @property
    def query_width(self) -> int:
        """Channels of all heads."""
        return self.heads * (self.head_width or self.hidden // self.heads)

    @property
    def key_value_width(self) -> int:
        """Channels of all keys, as many as of all values."""
        return self.key_value_heads * (self.head_width or self.hidden // self.heads)

    @property
    def layer_parameters(self) -> int:
        """Of one layer, norms included."""
        attention = sum(a * b for a, b in self.linear_sizes.values())
        bias = (self.query_width + 2 * self.key_value_width) if self.query_key_value_bias else 0
        return attention + bias + 2 * self.hidden

    @property
    def linear_sizes(self) -> Mapping[str, tuple[int, int]]:
        """(inputs, outputs) of a layer's linear maps, by the names that transformers gives them."""
        return {
            "q_proj": (self.hidden, self.query_width),
            "k_proj": (self.hidden, self.key_value_width),
            "v_proj": (self.hidden, self.key_value_width),
            "o_proj": (self.query_width, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }

    @property
    def parameters(self) -> int:
        """Layers and the last norm, embeddings left out."""
        return self.layers * self.layer_parameters + self.hidden

    @property
    def embedding_parameters(self) -> int:
        """Token embeddings and the head that makes logits."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)


@dataclass(frozen=True, slots=True)
class Encoder:
    """A vision transformer and what brings its patches to the language model."""

    layers: int
    hidden: int
    heads: int
    intermediate: int
    outside_layers: int
    """Parameters of patch embedding, positions and norms outside the layers."""
    merger: int
    """Parameters of the projector, merger or resampler."""
    patches_per_token: float
    """Patches that the encoder sees for one token that the language model sees."""

    @property
    def parameters(self) -> int:
        """Of the encoder alone; each layer has biases and two layer norms."""
        layer = 4 * (self.hidden**2 + self.hidden) + 2 * self.hidden * self.intermediate
        return self.layers * (layer + self.intermediate + self.hidden + 4 * self.hidden) + self.outside_layers


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What a plan needs to know of a model."""

    name: str
    decoder: Decoder
    encoder: Encoder | None
    """None: the features of pictures come from a cache, one of ``merger`` parameters' inputs."""
    groups: Mapping[str, int]
    """Freeze group (``vision``, ``merger``, ``language``, ``embeddings``) -> its parameters."""
    largest_matrix: int
    """Parameters of the largest single module, which ZeRO-3 must gather whole."""

    @property
    def parameters(self) -> int:
        """All of them, shared ones once."""
        return sum(self.groups.values())

    def trained(self, config: TrainingConfig) -> Mapping[str, int]:
        """Group -> parameters that are trained in it; adapters are a group of their own, ``adapters``."""
        if config.lora is None:
            return {name: n for name, n in self.groups.items() if name not in config.freeze}
        whole = {name: self.groups[name] for name in config.lora.also_train if name in self.groups}
        return whole | {"adapters": adapter_parameters(self.decoder, config.lora)}


def closed_form(name: str, decoder: Decoder, encoder: Encoder | None, *, merger: int = 0) -> ModelShape:
    """The shape of a model that is known by its widths; ``merger`` where there is no encoder."""
    groups = {"language": decoder.parameters, "embeddings": decoder.embedding_parameters}
    groups |= {"vision": encoder.parameters, "merger": encoder.merger} if encoder else {"merger": merger}
    largest = max(decoder.vocabulary * decoder.hidden, decoder.hidden * decoder.intermediate)
    return ModelShape(name, decoder, encoder, groups, largest)


def adapter_parameters(decoder: Decoder, lora: LoraConfig) -> int:
    """Parameters of low-rank adapters: rank times inputs plus outputs of each target (arXiv:2106.09685, section 4).

    Raises:
        ConfigError: A target is no linear map of the decoder.
    """
    sizes = decoder.linear_sizes
    for target in lora.targets:
        if target not in sizes:
            raise ConfigError(f"lora.targets = {target!r} cannot be planned for; there is: {', '.join(sizes)}")
    return decoder.layers * sum(lora.rank * sum(sizes[target]) for target in lora.targets)


def shape_of_folder(name: str, family: ModelFamily) -> ModelShape:
    """The shape of any model that transformers has, from its configuration alone; no weight is read or made.

    Args:
        name: Local folder, or hub name, with a ``config.json``.
        family: Its freeze groups sort the parameters.

    Raises:
        ConfigError: There is no configuration.
    """
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    try:
        config = AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"no configuration of model {name!r}: {exc}; give a folder or a hub name") from exc
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    # A meta tensor has no address, so tied weights are tied again for named_parameters to give them once.
    model.tie_weights()
    return shape_of_model(name, model, family)


def shape_of_model(name: str, model: Any, family: ModelFamily) -> ModelShape:
    """The shape of a transformers model, on whatever device it is.

    Raises:
        ConfigError: A parameter is in none of the family's groups.
    """
    groups = dict.fromkeys(family.groups, 0)
    for parameter_name, parameter in model.named_parameters():
        group = next((g for g, pattern in family.groups.items() if re.search(pattern, parameter_name)), None)
        if group is None:
            raise ConfigError(f"{name}: parameter {parameter_name!r} is in no freeze group of family {family.name}")
        groups[group] += parameter.numel()
    largest = max(sum(p.numel() for p in module.parameters(recurse=False)) for module in model.modules())
    config = model.config
    vision = getattr(config, "vision_config", None)
    return ModelShape(
        name, _decoder(config.get_text_config()), _encoder(vision, groups) if vision else None, groups, largest
    )


def _decoder(text: Any) -> Decoder:
    return Decoder(
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        heads=text.num_attention_heads,
        key_value_heads=getattr(text, "num_key_value_heads", None) or text.num_attention_heads,
        intermediate=text.intermediate_size,
        vocabulary=text.vocab_size,
        tied=bool(text.tie_word_embeddings),
        head_width=getattr(text, "head_dim", None) or 0,
    )


def _encoder(vision: Any, groups: Mapping[str, int]) -> Encoder:
    # Qwen2-VL's "hidden_size" is that of the language model; its own width is "embed_dim".
    hidden = getattr(vision, "embed_dim", None) or vision.hidden_size
    layers = getattr(vision, "depth", None) or vision.num_hidden_layers
    intermediate = getattr(vision, "intermediate_size", None) or int(hidden * vision.mlp_ratio)
    bare = Encoder(layers, hidden, 1, intermediate, 0, 0, 1.0)
    return Encoder(
        layers=layers,
        hidden=hidden,
        heads=getattr(vision, "num_heads", None) or vision.num_attention_heads,
        intermediate=intermediate,
        outside_layers=groups.get("vision", 0) - bare.parameters,
        merger=groups.get("merger", 0),
        patches_per_token=float(getattr(vision, "spatial_merge_size", 1) ** 2),
    )
