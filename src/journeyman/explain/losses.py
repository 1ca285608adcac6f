"""What a row loses on its way to trained tokens: thoughts, actions, pictures, sounds, videos, stop tokens."""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from PIL import Image, UnidentifiedImageError

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.python_block import read_action
from journeyman.action_formats.skill_json import read_turn
from journeyman.errors import MediaError
from journeyman.model_family import IGNORED, Encoded, MediaKind, ModelFamily
from journeyman.schema.example import EmbeddedFile, EmbeddedImage, Example
from journeyman.schema.message import MediaPart, Message, TextPart, messages_from_json, messages_to_json
from journeyman.storage.features import npy_bytes
from journeyman.training.conversations import Conversation, Encoder, Limits, Measure, media_size

Kind = Literal["thought", "action", "picture", "sound", "video", "stop token"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOUNS: Mapping[str, Kind] = {"image": "picture", "audio": "sound", "video": "video"}
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
    media: Mapping[str, bytes]
    """Files by sha256; a blank one stands for each picture that is lost, so that the rest can be shown."""
    shown: tuple[MediaPart, ...]
    """What stands at the places of ``encoded.picture_spans``, in order."""
    measure: Measure
    encoded: Encoded | None
    """None where the policy for too long rows drops the row."""
    losses: tuple[Loss, ...]
    mistakes: tuple[int, ...]
    """Numbers, from 1, of assistant turns that are shown and, marked as mistakes, not trained."""


def explain_row(example: Example, family: ModelFamily, processor: Any, limits: Limits) -> Explained:
    """Encode a row as training does, and hold what comes out against what went in.

    Frozen encoders see the row's files anew; nothing is read from a bucket.
    """
    messages = messages_from_json(example.messages_json)
    media, losses = _media(example, messages, family)
    given = _as_given(media, messages, family, processor, losses)
    shown = tuple(_without(message, given.keys()) for message in messages)
    encoder = Encoder(family, processor, limits)
    row = Conversation(example.example_id, messages_to_json(shown), given, features=family.frozen_encoders is not None)
    measure = encoder.measure(row.row_id, row.messages_json, row.sizes())
    encoded = None
    if measure.turns:
        encoded = family.encode(
            shown[: measure.turns],
            given,
            processor,
            add_generation_prompt=False,
            max_pixels=limits.max_pixels,
            min_pixels=limits.min_pixels,
        )
        losses += _turn_losses(shown, encoded, family, processor)
    losses += _cut_losses(messages, measure, limits)
    losses += _unmarked(messages)
    return Explained(
        example=example,
        messages=messages,
        media=media,
        shown=tuple(part for message in shown for part in message.media),
        measure=measure,
        encoded=encoded,
        losses=tuple(losses),
        mistakes=tuple(n for n, m in enumerate(messages, 1) if m.role == "assistant" and not m.trained),
    )


def _stored(example: Example) -> dict[str, bytes]:
    """Bytes of every picture, sound and video of the row that has any, by sha256."""
    files: list[EmbeddedImage | EmbeddedFile] = [*example.images, *example.audios, *example.videos]
    return {file.path.partition(".")[0]: file.bytes for file in files if file.bytes}


def _media(example: Example, messages: Sequence[Message], family: ModelFamily) -> tuple[dict[str, bytes], list[Loss]]:
    """Bytes of every file that a turn shows and the family takes, and what is lost.

    A blank picture stands for one that is lost, so that its place can be shown; another lost file has none.
    """
    stored = _stored(example)
    losses: list[Loss] = []
    media: dict[str, bytes] = {}
    for number, message in enumerate(messages, 1):
        for part in message.media:
            why = _unreadable(part.type, stored.get(part.sha256), family)
            if why:
                losses.append(Loss(NOUNS[part.type], number, f"{part.sha256[:12]} {why}"))
                if part.type == "image" and family.frozen_encoders is None:
                    media.setdefault(part.sha256, _blank())
            else:
                media[part.sha256] = stored[part.sha256]
    named = {part.sha256 for message in messages for part in message.media}
    for kind, files in (("image", example.images), ("audio", example.audios), ("video", example.videos)):
        held = {file.path.partition(".")[0] for file in files}
        losses += [
            Loss(NOUNS[kind], None, f"{sha256[:12] or 'one without a name'} is stored, and shown in no turn")
            for sha256 in sorted(held - named)
        ]
    return media, losses


def _unreadable(kind: MediaKind, data: bytes | None, family: ModelFamily) -> str:
    if kind not in family.modalities:
        return f"is {kind}, which model family {family.name} does not take"
    if data is None:
        return "has no bytes in the row"
    if family.frozen_encoders is not None:
        return ""  # its encoders will say
    try:
        if kind == "image":
            Image.open(io.BytesIO(data)).load()
        else:
            media_size(kind, data)
    except (UnidentifiedImageError, OSError, MediaError) as exc:
        return f"cannot be opened: {exc}"
    return ""


def _as_given(
    media: Mapping[str, bytes], messages: Sequence[Message], family: ModelFamily, processor: Any, losses: list[Loss]
) -> Mapping[str, bytes]:
    """What ``encode`` is given: the files, or their features; a file that encoders cannot open goes to ``losses``."""
    if family.frozen_encoders is None:
        return media
    features = {}
    for number, message in enumerate(messages, 1):
        for part in message.media:
            if part.sha256 not in media or part.sha256 in features:
                continue
            try:
                (array,) = family.frozen_encoders.compute([(part.type, media[part.sha256])], processor)
            except MediaError as exc:
                losses.append(Loss(NOUNS[part.type], number, f"{part.sha256[:12]} cannot be opened: {exc}"))
            else:
                features[part.sha256] = npy_bytes(array)
    return features


def _without(message: Message, kept: Collection[str]) -> Message:
    """``message`` with empty text in place of files that are not ``kept``."""
    parts = (p if isinstance(p, TextPart) or p.sha256 in kept else TextPart(text="") for p in message.content)
    return message.model_copy(update={"content": tuple(parts)})


def _blank() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (56, 56)).save(out, "PNG")
    return out.getvalue()


def _turn_losses(messages: Sequence[Message], encoded: Encoded, family: ModelFamily, processor: Any) -> Iterator[Loss]:
    """Losses in the turns that are kept."""
    token, stop = family.image_token(processor), family.end_of_turn(processor)
    shown = [int((encoded.input_ids[a:b] == token).sum()) for a, b in encoded.picture_spans.tolist()]
    wanted = [(n, part) for n, m in enumerate(messages[: len(encoded.turn_spans)], 1) for part in m.media]
    for place, (number, part) in enumerate(wanted):
        if place >= len(shown) or not shown[place]:
            yield Loss(NOUNS[part.type], number, "no token stands for it")
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
        return _turn_parts(text)
    return [("thought", action.thought), ("action", action.code)]


def _turn_parts(text: str) -> list[tuple[Kind, str]]:
    """A turn of skills as it is written: up to its actions, and from there on."""
    try:
        read_turn(text)
    except UnreadableActionError:
        return [("action", text)]
    thought, mark, rest = text.partition('"actions"')
    return [("thought", thought), ("action", mark + rest)]


def _cut_losses(messages: Sequence[Message], measure: Measure, limits: Limits) -> Iterator[Loss]:
    if measure.turns == len(messages):
        return
    why = (
        f"cut behind turn {measure.turns} of {len(messages)}: max_tokens = {limits.max_tokens}"
        if measure.turns
        else f"the row is dropped: it has {measure.tokens} tokens, max_tokens = {limits.max_tokens}"
    )
    for number, message in enumerate(messages[measure.turns :], measure.turns + 1):
        for part in message.media:
            yield Loss(NOUNS[part.type], number, why)
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
