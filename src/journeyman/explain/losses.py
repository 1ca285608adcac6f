"""What a row loses on its way to trained tokens: thoughts, actions, pictures, stop tokens."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image, UnidentifiedImageError

from journeyman.agent.python_block import UnreadableActionError, read_action
from journeyman.model_family import IGNORED, Encoded, ModelFamily
from journeyman.schema.example import Example
from journeyman.schema.message import Message, messages_from_json
from journeyman.training.conversations import Encoder, Limits, Measure

Kind = Literal["thought", "action", "picture", "stop token"]
KINDS: tuple[Kind, ...] = ("thought", "action", "picture", "stop token")
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that is in the conversation and not in what is trained."""

    kind: Kind
    turn: int | None
    """Number of its turn, from 1; None where the row has it in no turn."""
    why: str

    def __str__(self) -> str:
        where = "" if self.turn is None else f"turn {self.turn}: "
        return f"{where}{self.kind} lost: {self.why}"


@dataclass(frozen=True, slots=True)
class Explained:
    """A row as its model takes it."""

    example: Example
    messages: tuple[Message, ...]
    """All of its turns, those that a cut leaves out included."""
    images: Mapping[str, bytes]
    """By sha256; a blank one stands for each that is lost, so that the rest can be shown."""
    measure: Measure
    encoded: Encoded | None
    """None where the policy for too long rows drops the row."""
    losses: tuple[Loss, ...]
    mistakes: tuple[int, ...]
    """Numbers, from 1, of assistant turns that are shown and, marked as mistakes, not trained."""


def explain_row(example: Example, family: ModelFamily, processor: Any, limits: Limits) -> Explained:
    """Encode a row as training does, and hold what comes out against what went in."""
    messages = messages_from_json(example.messages_json)
    images, losses = _pictures(example, messages)
    encoder = Encoder(family, processor, limits)
    sizes = {sha256: Image.open(io.BytesIO(data)).size for sha256, data in images.items()}
    measure = encoder.measure(example.example_id, example.messages_json, sizes)
    encoded = None
    if measure.turns:
        encoded = family.encode(
            messages[: measure.turns],
            images,
            processor,
            add_generation_prompt=False,
            max_pixels=limits.max_pixels,
            min_pixels=limits.min_pixels,
        )
        losses += _turn_losses(messages, encoded, family, processor)
    losses += _cut_losses(messages, measure, limits)
    losses += _unmarked(messages)
    return Explained(
        example=example,
        messages=messages,
        images=images,
        measure=measure,
        encoded=encoded,
        losses=tuple(losses),
        mistakes=tuple(n for n, m in enumerate(messages, 1) if m.role == "assistant" and not m.trained),
    )


def _pictures(example: Example, messages: Sequence[Message]) -> tuple[dict[str, bytes], list[Loss]]:
    """Bytes of every picture that a turn names, and which of them are lost."""
    stored = {image.path.partition(".")[0]: image.bytes for image in example.images if image.bytes}
    losses: list[Loss] = []
    images: dict[str, bytes] = {}
    for number, message in enumerate(messages, 1):
        for sha256 in message.images:
            why = _unreadable(stored.get(sha256))
            if why:
                losses.append(Loss("picture", number, f"{sha256[:12]} {why}"))
                images.setdefault(sha256, _blank())
            else:
                images[sha256] = stored[sha256]
    named = Counter(sha256 for message in messages for sha256 in message.images)
    held = Counter(image.path.partition(".")[0] for image in example.images)
    losses += [
        Loss("picture", None, f"{sha256[:12] or 'one without a name'} is stored, and shown in no turn")
        for sha256 in sorted(held.keys() - named.keys())
    ]
    return images, losses


def _unreadable(data: bytes | None) -> str:
    if data is None:
        return "has no bytes in the row"
    try:
        Image.open(io.BytesIO(data)).load()
    except (UnidentifiedImageError, OSError) as exc:
        return f"cannot be opened: {exc}"
    return ""


def _blank() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (56, 56)).save(out, "PNG")
    return out.getvalue()


def _turn_losses(messages: Sequence[Message], encoded: Encoded, family: ModelFamily, processor: Any) -> Iterator[Loss]:
    """Losses in the turns that are kept."""
    token, stop = family.image_token(processor), family.end_of_turn(processor)
    shown = [int((encoded.input_ids[a:b] == token).sum()) for a, b in encoded.picture_spans.tolist()]
    wanted = [n for n, m in enumerate(messages[: len(encoded.turn_spans)], 1) for _ in m.images]
    for place, number in enumerate(wanted):
        if place >= len(shown) or not shown[place]:
            yield Loss("picture", number, "no token stands for it")
    for number, (message, (start, end)) in enumerate(zip(messages, encoded.turn_spans.tolist(), strict=False), 1):
        if message.role != "assistant" or not message.trained:
            continue
        labels = encoded.labels[start:end]
        trained = labels[labels != IGNORED].tolist()
        if not trained or trained[-1] != stop:
            yield Loss("stop token", number, "the trained tokens of the turn do not end with it")
        yield from _text_losses(number, message.text, family.decode(trained, processor))


def _text_losses(number: int, text: str, back: str) -> Iterator[Loss]:
    if back == text:
        return
    lost = False
    for kind, part in _parts(text):
        if part not in back:
            lost = True
            yield Loss(kind, number, f"{_short(part)} comes back as {_short(back)}")
    if not lost:
        yield Loss("action", number, f"its text comes back changed: {_short(back)}")


def _parts(text: str) -> list[tuple[Kind, str]]:
    try:
        action = read_action(text)
    except UnreadableActionError:
        return [("action", text)]
    return [("thought", action.thought), ("action", action.code)]


def _cut_losses(messages: Sequence[Message], measure: Measure, limits: Limits) -> Iterator[Loss]:
    if measure.turns == len(messages):
        return
    why = (
        f"cut behind turn {measure.turns} of {len(messages)}: max_tokens = {limits.max_tokens}"
        if measure.turns
        else f"the row is dropped: it has {measure.tokens} tokens, max_tokens = {limits.max_tokens}"
    )
    for number, message in enumerate(messages[measure.turns :], measure.turns + 1):
        for _ in message.images:
            yield Loss("picture", number, why)
        if message.role == "assistant" and message.trained:
            for kind, _ in _parts(message.text):
                yield Loss(kind, number, why)
            yield Loss("stop token", number, why)


def _unmarked(messages: Sequence[Message]) -> Iterator[Loss]:
    """A mistake is followed by what came of it; the last turn is none, and must be trained."""
    last = max((n for n, m in enumerate(messages, 1) if m.role == "assistant"), default=0)
    if not last:
        yield Loss("action", None, "the row has no assistant turn")
    elif not messages[last - 1].trained:
        why = "the last assistant turn is marked as a mistake and not trained"
        for kind, _ in _parts(messages[last - 1].text):
            yield Loss(kind, last, why)
        yield Loss("stop token", last, why)


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}...")
