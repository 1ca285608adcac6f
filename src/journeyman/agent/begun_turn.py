"""Replies that are begun for whoever writes them: the last message of a conversation, which is gone on from.

A beginning has no blank at its end: tokenizers join a blank to the word behind it, so that a model which is
left with one goes on from tokens that training never showed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from journeyman.model_family import IGNORED, Encoded, ModelFamily
from journeyman.schema.message import Message


def beginning_of(messages: Sequence[Message]) -> str:
    """How the reply is begun; empty where it is not."""
    return messages[-1].text if messages and messages[-1].role == "assistant" else ""


def encode_prompt(
    messages: Sequence[Message],
    media: Mapping[str, bytes],
    family: ModelFamily,
    processor: Any,
    *,
    max_pixels: int,
    min_pixels: int,
) -> Encoded:
    """A conversation up to where its model writes: behind the opening of a turn, or within a begun one.

    Args:
        messages: They end in a user turn, or in an assistant turn of text that is begun.
        media: Bytes of every file the messages name, by sha256.
        family: Of the model.
        processor: Of the model.
        max_pixels: Larger pictures are scaled down.
        min_pixels: Smaller pictures are scaled up.

    Raises:
        ConfigError: As ``family.encode`` says.
    """
    is_begun = bool(beginning_of(messages))
    # Encoded as a trained turn, since its labels tell it from its opening.
    shown = [*messages[:-1], messages[-1].model_copy(update={"trained": True})] if is_begun else messages
    encoded = family.encode(
        shown, media, processor, add_generation_prompt=not is_begun, max_pixels=max_pixels, min_pixels=min_pixels
    )
    return _without_its_end(encoded, family.end_of_turn(processor)) if is_begun else encoded


def begun_tokens(prompt: Encoded) -> list[int]:
    """Tokens of the reply that ``prompt`` ends in, as the model would have written them; none where none is begun."""
    start = int(prompt.turn_spans[-1][1]) if len(prompt.turn_spans) else 0
    return [int(token) for token in prompt.labels[start:] if token != IGNORED]


def whole_reply(beginning: str, reply: str) -> str:
    """What an endpoint replied, begun as it was asked to be.

    Servers that go on from the beginning reply with the rest, others anew. A reply is taken as whole where one of its
    lines begins like that; any other is put behind the beginning: as it is where it starts with a blank, else on a
    line of its own, so that a command which came without words can still be read.
    """
    if any(line.lstrip().startswith(beginning) for line in reply.split("\n")):
        return reply
    return f"{beginning}{reply}" if reply[:1].isspace() else f"{beginning}\n{reply}"


def _without_its_end(encoded: Encoded, end_of_turn: int) -> Encoded:
    """``encoded`` with its last turn open: cut before the token that ends it, which no text can hold."""
    cut = int(np.flatnonzero(encoded.input_ids == end_of_turn)[-1])
    return replace(
        encoded,
        input_ids=encoded.input_ids[:cut],
        labels=encoded.labels[:cut],
        position_ids=encoded.position_ids[:, :cut],
        turn_spans=encoded.turn_spans[:-1],
    )
