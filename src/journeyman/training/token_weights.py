"""How much each trained token of a conversation counts: what a turn is about, against the words around it.

Of a call, most tokens are its form and a thought that could be worded otherwise. What decides whether it is right
is a few tokens copied out of a question or a result; a small model learns them last, since its gradient is mostly
about wording. Measured on LLaVA-Plus' first turns, a model from scratch, 200 steps of 16: at 8 times the weight
72 % of the arguments' tokens were right on questions never seen, at equal weights 47 %.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from journeyman.action_format import ActionFormat, UnreadableActionError, load_action_format
from journeyman.model_family import IGNORED, Encoded, FloatArray
from journeyman.plugins import plugin_names
from journeyman.schema.message import Message


def token_weights(messages: Sequence[Message], encoded: Encoded, processor: Any, content_weight: float) -> FloatArray:
    """Weights [L] of the labels: 0 where nothing is trained, with a mean of 1 elsewhere.

    So a conversation counts as much as it has trained tokens, whatever is in it. A turn that no format reads, or
    whose tokens do not spell its text, has equal weights.

    Args:
        messages: The conversation.
        encoded: What became of it.
        processor: Of the model.
        content_weight: Times that a token of content counts one of the rest.
    """
    trained = encoded.labels != IGNORED
    weights = trained.astype(np.float32)
    for message, (start, end) in zip(messages, encoded.turn_spans.tolist(), strict=True):
        if message.role != "assistant" or not message.trained:
            continue
        columns = start + np.flatnonzero(trained[start:end])
        ends = _ends_of_tokens(encoded.input_ids[columns].tolist(), message.text, processor.tokenizer)
        if ends is None:
            continue
        begins = np.concatenate([[0], ends[:-1]])
        for first, last in content_of(message.text):
            weights[columns[(begins < last) & (ends > first)]] = content_weight
    mean = float(weights[trained].mean()) if trained.any() else 1.0
    evened: FloatArray = (weights / mean).astype(np.float32)
    return evened


def content_of(text: str) -> Sequence[tuple[int, int]]:
    """Spans of characters that hold a turn's arguments or answer, by the first format that reads it."""
    for form in _formats():
        assert form.content is not None
        try:
            return form.content(text)
        except UnreadableActionError:
            continue
    return ()


@lru_cache(maxsize=1)
def _formats() -> tuple[ActionFormat, ...]:
    formats = map(load_action_format, plugin_names("journeyman.action_formats"))
    return tuple(form for form in formats if form.content is not None)


def _ends_of_tokens(ids: Sequence[int], text: str, tokenizer: Any) -> np.ndarray[Any, Any] | None:
    """Character of ``text`` behind each token; None where they do not spell it. Control tokens have none."""
    spelt = [tokenizer.decode(ids[: count + 1], skip_special_tokens=True) for count in range(len(ids))]
    if not spelt or spelt[-1].strip() != text.strip():
        return None
    # A family may put a blank before what is said.
    shift = _blanks(text) - _blanks(spelt[-1])
    return np.array([len(part) + shift for part in spelt])


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip())
