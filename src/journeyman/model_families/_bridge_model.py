"""A causal language model that reads features of frozen encoders as soft tokens.

The encoders are not part of the model: a batch brings their features, computed once for each file. Importing this
module makes ``AutoConfig`` and ``AutoModelForImageTextToText`` know the model.
"""

from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForImageTextToText,
    GenerationMixin,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.configuration_utils import SubConfigSpec
from transformers.modeling_outputs import BaseModelOutputWithPast, BaseModelOutputWithPooling, CausalLMOutputWithPast

from journeyman.model_family import MediaKind

MODALITIES: tuple[MediaKind, ...] = ("image", "audio", "video")
"""The first number of a grid is a place in this list."""
PROJECTORS = ("linear", "resampler")
LAYERS = 2
"""Of a resampler."""


class BridgeConfig(PretrainedConfig):  # type: ignore[misc]  # transformers is untyped
    """Settings of :class:`BridgeForConditionalGeneration`."""

    model_type = "journeyman_bridge"
    # What transformers asks for under the name of a picture's token.
    attribute_map = {"image_token_id": "media_token_id"}  # noqa: RUF012 - transformers reads it so
    sub_configs_defaults = {  # noqa: RUF012
        "text_config": SubConfigSpec(config_class=AutoConfig, model_type="llama"),
    }

    text_config: dict[str, Any] | PretrainedConfig | None = None
    encoders: dict[str, Any] | None = None
    """Modality -> ``name`` of the encoder, ``width`` of its features, how many of ``features`` are kept of a file, and
    how many soft ``tokens`` these become."""
    projector: str = "linear"
    media_token_id: int = 0
    tie_word_embeddings: bool = False


class LinearProjector(nn.Module):
    """Features averaged in groups, then one linear layer (MLLM-Tool, arXiv:2401.10727, has one group)."""

    def __init__(self, width: int, features: int, tokens: int, hidden: int) -> None:  # noqa: ARG002 - built alike
        super().__init__()
        self.tokens = tokens
        # Encoders differ a hundredfold in how large their features are.
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, hidden)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[G, N, width] -> [G, tokens, hidden]."""
        pooled = nn.functional.adaptive_avg_pool1d(features.transpose(1, 2), self.tokens).transpose(1, 2)
        return self.linear(self.norm(pooled))  # type: ignore[no-any-return]


class Resampler(nn.Module):
    """Learned queries that attend to the features and to themselves (Flamingo, arXiv:2204.14198, section 3.1.1)."""

    def __init__(self, width: int, features: int, tokens: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, hidden)
        # Embeddings and not bare parameters: ZeRO-3 gathers the weights of modules that are called.
        self.places = nn.Embedding(features, hidden)
        self.queries = nn.Embedding(tokens, hidden)
        heads = max(1, hidden // 64)
        while hidden % heads:
            heads -= 1
        self.layers = nn.ModuleList(_ResamplerLayer(hidden, heads) for _ in range(LAYERS))
        self.last_norm = nn.LayerNorm(hidden)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[G, N, width] -> [G, tokens, hidden]."""
        device = features.device
        seen = self.linear(self.norm(features)) + self.places(torch.arange(features.shape[1], device=device))
        asking = self.queries(torch.arange(self.queries.num_embeddings, device=device))
        asking = asking.expand(len(features), -1, -1)
        for layer in self.layers:
            asking = layer(asking, seen)
        return self.last_norm(asking)  # type: ignore[no-any-return]


class _ResamplerLayer(nn.Module):
    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_seen, self.norm_asking, self.norm_mlp = (nn.LayerNorm(hidden) for _ in range(3))
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key_value = nn.Linear(hidden, 2 * hidden, bias=False)
        self.out = nn.Linear(hidden, hidden, bias=False)
        self.up = nn.Linear(hidden, 4 * hidden, bias=False)
        self.down = nn.Linear(4 * hidden, hidden, bias=False)

    def forward(self, asking: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        latents = self.norm_asking(asking)
        query = self._split(self.query(latents))
        key, value = self.key_value(torch.cat([self.norm_seen(seen), latents], dim=1)).chunk(2, dim=-1)
        found = nn.functional.scaled_dot_product_attention(query, self._split(key), self._split(value))
        asking = asking + self.out(found.transpose(1, 2).flatten(2))
        return asking + self.down(nn.functional.gelu(self.up(self.norm_mlp(asking))))  # type: ignore[no-any-return]

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Projectors(nn.Module):
    """One projector a modality, since their encoders differ in width (the paper's one encoder lets them share one)."""

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__()
        self._hidden = hidden = config.get_text_config().hidden_size
        self._specs = {m: (config.encoders or {})[m] for m in MODALITIES if m in (config.encoders or {})}
        kind = Resampler if config.projector == "resampler" else LinearProjector
        for modality, spec in self._specs.items():
            self.add_module(modality, kind(spec["width"], spec["features"], spec["tokens"], hidden))

    def forward(self, features: torch.Tensor, grids: torch.Tensor) -> torch.Tensor:
        """Soft tokens of all files, in the order of ``grids``, and behind them those of blanks.

        ZeRO adds up gradients in the order in which ranks use weights, so every projector is called exactly once,
        whatever a batch holds: on a blank of zeros, that no token stands for, where it holds no file of the modality.

        Args:
            features: [P, width], files one after the other; narrower ones padded with zeros.
            grids: [G, 3]: place in ``MODALITIES``, rows of ``features`` and soft tokens of each file.

        Returns:
            [T, hidden]
        """
        features = features.to(next(self.parameters()).dtype)
        owners = grids[:, 0].repeat_interleave(grids[:, 1])
        token_owners = grids[:, 0].repeat_interleave(grids[:, 2])[:, None]
        tokens = features.new_zeros((len(token_owners), self._hidden))
        blanks = []
        for modality, spec in self._specs.items():
            own = features[owners == MODALITIES.index(modality), : spec["width"]]
            shape = (-1, spec["features"], spec["width"])
            given = own.reshape(shape) if len(own) else features.new_zeros((1, *shape[1:]))
            projected = self.get_submodule(modality)(given).flatten(0, 1)
            if len(own):
                tokens = tokens.masked_scatter(token_owners == MODALITIES.index(modality), projected)
            else:
                blanks.append(projected)
        return torch.cat([tokens, *blanks])


class BridgePreTrainedModel(PreTrainedModel):  # type: ignore[misc]
    """What both models below tell transformers."""

    config_class = BridgeConfig
    base_model_prefix = "model"
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    _supports_flash_attn = True
    _supports_sdpa = True
    _supports_flex_attn = True
    _supports_attention_backend = True


class BridgeModel(BridgePreTrainedModel):
    """The language model without its head, and the projectors."""

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__(config)
        self.projectors = Projectors(config)
        self.language_model = AutoModel.from_config(config.text_config)
        self.post_init()

    def get_input_embeddings(self) -> Any:
        """The language model's."""
        return self.language_model.get_input_embeddings()

    def set_input_embeddings(self, value: Any) -> None:
        """Replace the language model's."""
        self.language_model.set_input_embeddings(value)

    def get_image_features(
        self, media_features: torch.Tensor, media_grids: torch.Tensor, **_: Any
    ) -> BaseModelOutputWithPooling:
        """Soft tokens of all files, blanks behind them; the name is the one that all such models have."""
        return BaseModelOutputWithPooling(pooler_output=[self.projectors(media_features, media_grids)])

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: torch.Tensor | None = None,
        media_features: torch.Tensor | None = None,
        media_grids: torch.Tensor | None = None,
        mm_encoder_outputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> BaseModelOutputWithPast:
        """Last hidden states [B, L, hidden] of text and soft tokens.

        Args:
            input_ids: [B, L]; ``config.media_token_id`` where a soft token stands.
            attention_mask: [B, L], or None where nothing is padded on the left.
            position_ids: [B, L]
            past_key_values: A cache of transformers.
            inputs_embeds: In place of ``input_ids``.
            media_features: [P, width]; see :class:`Projectors`.
            media_grids: [G, 3]
            mm_encoder_outputs: What :meth:`get_image_features` gave, under ``image``, in place of the two above.
            **kwargs: For the language model.

        Raises:
            ValueError: There are more or fewer soft tokens than places for them.
        """
        if inputs_embeds is None:
            inputs_embeds = self.get_input_embeddings()(input_ids)
        given = (mm_encoder_outputs or {}).get("image")
        if given is None and media_features is not None and media_grids is not None:
            given = self.get_image_features(media_features, media_grids)
        if given is not None and input_ids is not None:
            count = None if media_grids is None else int(media_grids[:, 2].sum())
            inputs_embeds = self._with_media(input_ids, inputs_embeds, torch.cat(tuple(given.pooler_output)), count)
        output: BaseModelOutputWithPast = self.language_model(
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            **kwargs,
        )
        return output

    def _with_media(
        self, input_ids: torch.Tensor, embeds: torch.Tensor, tokens: torch.Tensor, count: int | None
    ) -> torch.Tensor:
        """``embeds`` with ``tokens`` put in; ``count`` of these are no blanks, all of them where it is None."""
        places = input_ids == self.config.media_token_id
        wanted = int(places.sum())
        if wanted != (len(tokens) if count is None else count):
            raise ValueError(f"{wanted} places for soft tokens, and {len(tokens) if count is None else count} of them")
        # Behind the files' tokens there may be blanks; masked_scatter gives what it leaves over a gradient of zero.
        return embeds.masked_scatter(places[..., None], tokens.to(embeds.device, embeds.dtype))


class BridgeForConditionalGeneration(BridgePreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """:class:`BridgeModel` with the language model's head."""

    _tied_weights_keys = {  # noqa: RUF012
        "lm_head.weight": "model.language_model.embed_tokens.weight",
    }

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__(config)
        text = config.get_text_config()
        self.model = BridgeModel(config)
        self.lm_head = nn.Linear(text.hidden_size, text.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self) -> Any:
        """The language model's."""
        return self.model.get_input_embeddings()

    def set_input_embeddings(self, value: Any) -> None:
        """Replace the language model's."""
        self.model.set_input_embeddings(value)

    def get_output_embeddings(self) -> Any:
        """The head."""
        return self.lm_head

    def set_output_embeddings(self, value: Any) -> None:
        """Replace the head."""
        self.lm_head = value

    def get_image_features(self, **kwargs: Any) -> BaseModelOutputWithPooling:
        """As :meth:`BridgeModel.get_image_features`."""
        return self.model.get_image_features(**kwargs)

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: torch.Tensor | None = None,
        media_features: torch.Tensor | None = None,
        media_grids: torch.Tensor | None = None,
        mm_encoder_outputs: dict[str, Any] | None = None,
        labels: torch.Tensor | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Logits [B, L, vocabulary], and the loss of ``labels`` where they are given; else as :class:`BridgeModel`."""
        output = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            media_features=media_features,
            media_grids=media_grids,
            mm_encoder_outputs=mm_encoder_outputs,
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(output.last_hidden_state[:, kept])
        loss = None
        if labels is not None:
            size = self.config.get_text_config().vocab_size
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=size, **kwargs)
        return CausalLMOutputWithPast(loss=loss, logits=logits, past_key_values=output.past_key_values)

    def prepare_inputs_for_generation(self, *args: Any, is_first_iteration: bool = False, **kwargs: Any) -> Any:
        """Files are read with the prompt; the tokens written behind it bring none."""
        inputs = super().prepare_inputs_for_generation(*args, is_first_iteration=is_first_iteration, **kwargs)
        if not is_first_iteration and kwargs.get("use_cache", True):
            inputs.pop("media_features", None)
            inputs.pop("media_grids", None)
        return inputs


AutoConfig.register(BridgeConfig.model_type, BridgeConfig)
AutoModelForImageTextToText.register(BridgeConfig, BridgeForConditionalGeneration)
