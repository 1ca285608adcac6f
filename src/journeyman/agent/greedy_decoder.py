"""Greedy decoding of many conversations that begin with the same turn: that turn is computed once and kept.

Every problem of an evaluation begins with the same system prompt, which is most of its tokens. Its
keys and values are shared by all rows of all batches; each row holds those of its own tokens in a
buffer that is made once a batch (transformers' cache copies all of it for every token), and rows that
have ended leave the batch. Attention over the two parts is one softmax, so what is computed is what
plain ``generate`` computes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AttentionInterface

from journeyman.agent.constraint import ConstraintState
from journeyman.model_family import Encoded, ModelFamily

NAME = "shared_prefix"
KEPT_PREFIXES = 4
"""System prompts whose keys and values are kept; renamed tools make another one."""
_SCORES_AT_ONCE = {"cpu": 1 << 21, "cuda": 1 << 28}
"""Attention scores of one layer that are computed together while prompts are read: 8 MiB in fp32 where they should stay
in a CPU's cache, 1 GiB on a GPU."""


@dataclass(slots=True)
class _Layer:
    """Keys and values of one layer: K heads of width D."""

    prefix_keys: torch.Tensor
    """[K, P, D]"""
    prefix_values: torch.Tensor
    keys: torch.Tensor
    """[B, K, C, D], of which the first columns are filled."""
    values: torch.Tensor


@dataclass(slots=True)
class Rows:
    """What attention needs besides the tokens of a forward pass."""

    layers: list[_Layer]
    padding: torch.Tensor
    """[B]: first columns that hold nothing, since rows end at the same column."""
    filled: int = 0

    def part(self, start: int, end: int) -> "Rows":
        """Some of the rows; what is written to them is written here."""
        layers = [_Layer(x.prefix_keys, x.prefix_values, x.keys[start:end], x.values[start:end]) for x in self.layers]
        return Rows(layers, self.padding[start:end], self.filled)

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with ``rows`` alone."""
        for layer in self.layers:
            layer.keys, layer.values = layer.keys[rows], layer.values[rows]
        self.padding = self.padding[rows]


class GreedyDecoder:
    """Decodes with one model; its language model is taken over for good. Not for two threads at once."""

    def __init__(self, model: Any, processor: Any, family: ModelFamily) -> None:
        """Prepare ``model``, of a family whose rows keep no state but keys and values (``family.packs``)."""
        AttentionInterface.register(NAME, _attention)
        model.set_attn_implementation({"text_config": NAME})
        self._model = model
        self._processor = processor
        self._family = family
        self._end = family.end_of_turn(processor)
        self._prefixes: dict[tuple[int, ...], list[_Layer]] = {}

    @torch.inference_mode()
    def decode(
        self, prompts: Sequence[Encoded], max_new_tokens: int, states: Sequence[ConstraintState] | None = None
    ) -> list[list[int]]:
        """The likeliest tokens of each assistant turn, the end of the turn left out.

        Args:
            prompts: Conversations that end in a generation prompt.
            max_new_tokens: Longest turn; a longer one is cut, whatever it says.
            states: What each turn may say, one a prompt, each at its beginning; they are moved on. None allows all.
        """
        written: list[list[int]] = [[] for _ in prompts]
        groups: dict[tuple[int, ...], list[int]] = {}
        for row, prompt in enumerate(prompts):
            groups.setdefault(_first_turn(prompt), []).append(row)
        for prefix, members in groups.items():
            allowed = None if states is None else [states[row] for row in members]
            turns = self._decode_group(prefix, [prompts[row] for row in members], max_new_tokens, allowed)
            for row, tokens in zip(members, turns, strict=True):
                written[row] = tokens
        return written

    def _decode_group(
        self,
        prefix: tuple[int, ...],
        prompts: Sequence[Encoded],
        max_new_tokens: int,
        states: Sequence[ConstraintState] | None,
    ) -> list[list[int]]:
        rows, tokens, positions = self._read(prefix, prompts, max_new_tokens, states)
        written: list[list[int]] = [[] for _ in prompts]
        members = list(range(len(prompts)))
        for _ in range(max_new_tokens):
            going = [i for i, token in enumerate(tokens.tolist()) if token != self._end]
            for i in going:
                written[members[i]].append(int(tokens[i]))
                if states is not None:
                    states[members[i]].advance(int(tokens[i]))
            if not going or len(written[members[going[0]]]) == max_new_tokens:
                break
            if len(going) < len(members):
                kept = torch.tensor(going, device=tokens.device)
                rows.keep(kept)
                tokens, positions = tokens[kept], positions[..., kept, :]
                members = [members[i] for i in going]
            going_on = None if states is None else [states[i] for i in members]
            tokens = self._forward(rows, {"input_ids": tokens[:, None], "position_ids": positions}, going_on)
            rows.filled += 1
            positions = positions + 1
        return written

    def _read(
        self,
        prefix: tuple[int, ...],
        prompts: Sequence[Encoded],
        max_new_tokens: int,
        states: Sequence[ConstraintState] | None,
    ) -> tuple[Rows, torch.Tensor, torch.Tensor]:
        """Rows with the prompts read, the first token of each turn [B], and its positions [.., B, 1]."""
        shared = self._prefix(prefix, prompts[0])
        width = max(len(prompt) for prompt in prompts) - len(prefix)
        padding = [width - (len(prompt) - len(prefix)) for prompt in prompts]
        rows = Rows(
            [_with_room(layer, len(prompts), width + max_new_tokens) for layer in shared],
            torch.tensor(padding, device=self._model.device),
        )
        heads = self._model.config.get_text_config().num_attention_heads
        room = _SCORES_AT_ONCE.get(self._model.device.type, _SCORES_AT_ONCE["cpu"])
        at_once = max(1, room // (heads * width * (width + len(prefix))))
        firsts, positions = [], []
        for start in range(0, len(prompts), at_once):
            some = prompts[start : start + at_once]
            batch = self._family.collate_continuation(some, self._processor, len(prefix), width)
            allowed = None if states is None else states[start : start + at_once]
            firsts.append(self._forward(rows.part(start, start + at_once), batch, allowed))
            positions.append(batch["position_ids"][..., -1:].to(self._model.device) + 1)
        rows.filled = width
        return rows, torch.cat(firsts), torch.cat(positions, dim=-2)

    def _prefix(self, ids: tuple[int, ...], prompt: Encoded) -> list[_Layer]:
        """Keys and values of the turn that ``prompt`` begins with."""
        known = self._prefixes.pop(ids, None)
        if known is None:
            text = self._model.config.get_text_config()
            width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
            nothing = torch.zeros(
                (text.num_key_value_heads, 0, width), device=self._model.device, dtype=self._model.dtype
            )
            empty = _Layer(nothing, nothing, nothing[None], nothing[None])
            rows = Rows(
                [_with_room(empty, 1, len(ids)) for _ in range(text.num_hidden_layers)],
                torch.zeros(1, dtype=torch.int64, device=self._model.device),
            )
            if ids:
                cut = Encoded(
                    prompt.input_ids[: len(ids)],
                    prompt.labels[: len(ids)],
                    prompt.position_ids[:, : len(ids)],
                    prompt.patches[:0],
                    prompt.grids[:0],
                )
                self._forward(rows, self._family.collate_continuation([cut], self._processor, 0, len(ids)))
            known = [_Layer(x.keys[0], x.values[0], x.keys, x.values) for x in rows.layers]
        self._prefixes[ids] = known  # the newest is last
        while len(self._prefixes) > KEPT_PREFIXES:
            self._prefixes.pop(next(iter(self._prefixes)))
        return known

    def _forward(
        self, rows: Rows, batch: dict[str, torch.Tensor], states: Sequence[ConstraintState] | None = None
    ) -> torch.Tensor:
        """The likeliest next token of each row [B], of those that its state allows."""
        moved = {name: value.to(self._model.device) for name, value in batch.items()}
        if "pixel_values" in moved:
            moved["pixel_values"] = moved["pixel_values"].to(self._model.dtype)
        hidden = self._model.model(**moved, use_cache=False, decoding_rows=rows).last_hidden_state[:, -1]
        logits = torch.as_tensor(self._model.lm_head(hidden))
        return logits.argmax(dim=-1) if states is None else _likeliest_allowed(logits, states)


def _likeliest_allowed(logits: torch.Tensor, states: Sequence[ConstraintState]) -> torch.Tensor:
    """For each row of ``logits`` [B, V] the likeliest token that its state allows [B]."""
    chosen = []
    for row, state in zip(logits, states, strict=True):
        allowed = torch.from_numpy(state.allowed()).to(logits.device, non_blocking=True)
        chosen.append(allowed[row[allowed].argmax()])
    return torch.stack(chosen)


def _first_turn(prompt: Encoded) -> tuple[int, ...]:
    """Tokens of the first turn, where it has no picture; none else."""
    end = int(prompt.turn_spans[0][1]) if len(prompt.turn_spans) else 0
    if len(prompt.picture_spans) and prompt.picture_spans[0][0] < end:
        return ()
    return tuple(prompt.input_ids[: min(end, len(prompt) - 1)].tolist())


def _with_room(layer: _Layer, rows: int, columns: int) -> _Layer:
    heads, _, width = layer.prefix_keys.shape
    room = layer.prefix_keys.new_zeros((rows, heads, columns, width))
    return _Layer(layer.prefix_keys, layer.prefix_values, room, torch.zeros_like(room))


def _attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - transformers makes none for an implementation it cannot know
    *,
    scaling: float,
    decoding_rows: Rows,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of new tokens [B, H, Q, D] to the shared prefix and to their row; see the module's text."""
    layer, filled = decoding_rows.layers[module.layer_idx], decoding_rows.filled
    batch, heads, new, width = query.shape
    kinds, prefix = layer.prefix_keys.shape[:2]
    each = heads // kinds * new
    layer.keys[:, :, filled : filled + new] = key
    layer.values[:, :, filled : filled + new] = value
    keys, values = (x[:, :, : filled + new] for x in (layer.keys, layer.values))
    asked = query.reshape(batch, kinds, each, width)
    # All rows ask the prefix in one product.
    together = asked.transpose(0, 1).reshape(kinds, batch * each, width)
    shared = (together @ layer.prefix_keys.transpose(-1, -2)).view(kinds, batch, each, prefix).transpose(0, 1)
    own = (asked @ keys.transpose(-1, -2)).view(batch, kinds, heads // kinds, new, filled + new)
    own = own.masked_fill(_hidden(decoding_rows.padding, filled, new)[:, None, None], float("-inf"))
    scores = torch.cat([shared, own.view(batch, kinds, each, filled + new)], dim=-1) * scaling
    weights = scores.float().softmax(dim=-1).to(query.dtype)
    from_prefix = weights[..., :prefix].transpose(0, 1).reshape(kinds, batch * each, prefix) @ layer.prefix_values
    seen = from_prefix.view(kinds, batch, each, width).transpose(0, 1) + weights[..., prefix:] @ values
    return seen.reshape(batch, heads, new, width).transpose(1, 2).contiguous(), None


def _hidden(padding: torch.Tensor, filled: int, new: int) -> torch.Tensor:
    """[B, Q, C]: columns of its row that a new token may not see; a padding column sees itself, or it had no weight."""
    columns = torch.arange(filled + new, device=padding.device)
    own = columns[filled:]
    later = columns[None, :] > own[:, None]
    empty = (columns[None, None, :] < padding[:, None, None]) & (columns[None, None, :] != own[None, :, None])
    return later[None] | empty
