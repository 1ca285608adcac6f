"""Call skills or answer: one line of strict JSON with thoughts, actions and a value.

LLaVA-Plus writes the same three fields behind keys that end in emoji, its server finds them by a
pattern, swaps quotes where the JSON does not parse, and runs the text of the actions through ``eval``.
Here a turn is JSON or it is refused; nothing is repaired and nothing is run.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from journeyman.action_format import ActionFormat, UnreadableActionError

MAX_ACTIONS = 8
"""Calls in one turn."""
MAX_CHARS = 20_000
"""Of a turn; a longer one is not even parsed."""
MAX_DEPTH = 20
"""Objects and lists within each other in one call's parameters, the parameters themselves counted."""

PUBLISHED_NAMES: Mapping[str, str] = {
    "grounding_dino": "ground_objects",
    "grounding_dino+sam": "segment_objects",
    "grounded_sam": "segment_objects",
    "sam": "segment_at",
    "semantic_sam": "segment_at",
    "semantic-sam": "segment_at",
    "openseed": "segment_map",
    "ram": "tag_scene",
    "blip2": "caption_image",
    "blip2+grounding_dino": "caption_and_ground",
    "ram+grounding_dino": "tag_and_ground",
    "easyocr": "read_lines",
    "ocr": "read_lines",
    "retrieval": "retrieve_knowledge",
    "clip": "retrieve_knowledge",
    "stable-diffusion": "draw_picture",
    "sd": "draw_picture",
    "inpainting": "inpaint",
    "controlnet": "draw_from_map",
    "instruct-pix2pix": "edit_image_by_instruction",
    "ip2p": "edit_image_by_instruction",
}
"""LLaVA-Plus' API names and their aliases -> the tool that does it here; its ``seem`` has none."""

PUBLISHED_PARAMS: Mapping[str, Mapping[str, str]] = {
    "ground_objects": {"caption": "phrases"},
    "segment_objects": {"caption": "phrases"},
    "segment_at": {"points": "points", "point": "points", "boxes": "box"},
    "draw_picture": {"prompt": "prompt"},
    "draw_from_map": {"prompt": "prompt"},
    "edit_image_by_instruction": {"prompt": "instruction"},
}
"""Tool here -> published parameter -> its name here. Forms differ: published boxes and points are lists of lists."""

_JSON = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_KEYS = ("thoughts", "actions", "value")
_CALL_KEYS = ("API_name", "API_params")
_PUBLISHED_START = '"thoughts\N{THINKING FACE}" '
_PUBLISHED_ACTIONS = '\n"actions\N{ROCKET}" '
_PUBLISHED_VALUE = '\n"value\N{WHITE RIGHT POINTING BACKHAND INDEX}" '


@dataclass(frozen=True, slots=True)
class SkillCall:
    """One skill to call."""

    name: str
    params: Mapping[str, Any]
    """JSON values by the names of the skill's arguments."""


@dataclass(frozen=True, slots=True)
class SkillTurn:
    """One turn of the agent."""

    thoughts: str
    actions: tuple[SkillCall, ...]
    """Called in this order; none where the turn answers."""
    value: str
    """What the user is told: the answer, or that the skills are being asked."""


def write_turn(turn: SkillTurn) -> str:
    """The turn as one line of JSON; :func:`read_turn` gives it back.

    Raises:
        ValueError: A parameter is NaN or infinite, which JSON does not have.
    """
    said = {"thoughts": turn.thoughts, "actions": _written(turn.actions), "value": turn.value}
    return json.dumps(said, ensure_ascii=False, allow_nan=False)


def read_turn(text: str) -> SkillTurn:
    """The turn in ``text``, which must be one JSON object and nothing else but blanks around it.

    Raises:
        UnreadableActionError: It is none, or says more or less than a turn does.
    """
    said = _parsed(text, "the turn")
    if not isinstance(said, dict):
        raise UnreadableActionError(f"the turn must be a JSON object with the keys {', '.join(_KEYS)}")
    _check_keys(said, _KEYS, "the turn")
    for key in ("thoughts", "value"):
        if not isinstance(said[key], str):
            raise UnreadableActionError(f'"{key}" must be a text, not {_short(said[key])}')
    return _storable(SkillTurn(said["thoughts"], _calls(said["actions"]), said["value"]))


def content_spans(text: str) -> list[tuple[int, int]]:
    """Where a turn states what it is about: values in the parameters of its calls, or, where it calls none, its value.

    Raises:
        UnreadableActionError: As :func:`read_turn`.
    """
    answers = not read_turn(text).actions
    spans: list[tuple[int, int]] = []
    matches = list(_JSON.finditer(text))
    parts = ["", "", *(match.group() for match in matches), ""]
    depth = params = 0
    for place, match in enumerate(matches, 2):
        part, before = parts[place], parts[place - 2 : place]
        if part in ("{", "["):
            depth += 1
            params = params or (depth if before == ['"API_params"', ":"] else 0)
        elif part in ("}", "]"):
            params = 0 if depth == params else params
            depth -= 1
        elif part in (":", ",") or parts[place + 1] == ":":
            continue
        elif params or (answers and depth == 1 and before == ['"value"', ":"]):
            quote = part.startswith('"')
            spans.append((match.start() + quote, match.end() - quote))
    return spans


def without_thoughts(text: str) -> str:
    """A turn's text with its thoughts emptied; text that is no turn stays as it is."""
    try:
        return write_turn(replace(read_turn(text), thoughts=""))
    except UnreadableActionError:
        return text


def write_published(turn: SkillTurn) -> str:
    """The turn as LLaVA-Plus' training data have it: three keys with emoji, behind each its raw content.

    Raises:
        ValueError: A text of the turn holds a key of the form and would be read as another turn, or a
            parameter is NaN or infinite.
    """
    for text in (turn.thoughts, turn.value):
        if _PUBLISHED_ACTIONS in text or _PUBLISHED_VALUE in text:
            raise ValueError(f"{_short(text)} holds a key of the published form, which cannot escape it")
    actions = json.dumps(_written(turn.actions), allow_nan=False)
    return f"{_PUBLISHED_START}{turn.thoughts}{_PUBLISHED_ACTIONS}{actions}{_PUBLISHED_VALUE}{turn.value}"


def read_published(text: str) -> SkillTurn:
    """The turn in a text of LLaVA-Plus' form, names and parameters as they are published.

    Stricter than its own reader: each key once and in order, the actions JSON as it stands.

    Raises:
        UnreadableActionError: It is not of that form.
    """
    _check_length(text, "the turn")
    if not text.startswith(_PUBLISHED_START):
        raise UnreadableActionError('a published turn begins with "thoughts", its emoji, and a blank')
    for key, mark in (("actions", _PUBLISHED_ACTIONS), ("value", _PUBLISHED_VALUE)):
        if text.count(mark) != 1:
            raise UnreadableActionError(
                f'a published turn has one line that begins with "{key}", not {text.count(mark)}'
            )
    thoughts, _, rest = text.removeprefix(_PUBLISHED_START).partition(_PUBLISHED_ACTIONS)
    actions, found, value = rest.partition(_PUBLISHED_VALUE)
    if not found:
        raise UnreadableActionError('the line of "value" stands before that of "actions"; it comes last')
    return _storable(SkillTurn(thoughts, _calls(_parsed(actions, '"actions"')), value))


def _written(actions: Sequence[SkillCall]) -> list[dict[str, Any]]:
    return [{"API_name": call.name, "API_params": dict(call.params)} for call in actions]


def _parsed(text: str, what: str) -> Any:
    _check_length(text, what)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as exc:
        raise UnreadableActionError(f"{what} is no JSON: {str(exc)[:80]}") from exc


def _check_length(text: str, what: str) -> None:
    if len(text) > MAX_CHARS:
        raise UnreadableActionError(f"{what} has {len(text)} characters; {MAX_CHARS} is the limit")


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a key is given twice")
    return said


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:20]} is too large a number")
    return number


def _check_keys(said: Mapping[str, Any], keys: Sequence[str], what: str) -> None:
    missing = [key for key in keys if key not in said]
    if missing:
        raise UnreadableActionError(f'{what} lacks "{missing[0]}"; its keys are {", ".join(keys)}')
    others = [key for key in said if key not in keys]
    if others:
        raise UnreadableActionError(f"{what} has the key {_short(others[0])}; its keys are {', '.join(keys)}")


def _calls(actions: Any) -> tuple[SkillCall, ...]:
    if not isinstance(actions, list):
        raise UnreadableActionError(
            f'"actions" must be a list, not {_short(actions)}; it is empty where none is called'
        )
    if len(actions) > MAX_ACTIONS:
        raise UnreadableActionError(f"{len(actions)} actions are given; {MAX_ACTIONS} is the limit of a turn")
    return tuple(_call(action, number) for number, action in enumerate(actions, 1))


def _call(action: Any, number: int) -> SkillCall:
    if not isinstance(action, dict):
        raise UnreadableActionError(f"action {number} must be an object with the keys {', '.join(_CALL_KEYS)}")
    _check_keys(action, _CALL_KEYS, f"action {number}")
    name, params = action["API_name"], action["API_params"]
    if not isinstance(name, str) or not name.strip():
        raise UnreadableActionError(f'"API_name" of action {number} must be a name, not {_short(name)}')
    if not isinstance(params, dict):
        raise UnreadableActionError(f'"API_params" of action {number} must be an object, not {_short(params)}')
    if _is_deeper(params, MAX_DEPTH):
        raise UnreadableActionError(f'"API_params" of action {number} are nested deeper than {MAX_DEPTH}')
    return SkillCall(name, params)


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether more than ``levels`` objects and lists lie within each other; level by level, so no text is too deep."""
    layer = [value]
    for _ in range(levels):
        inner = [item for outer in layer for item in (outer.values() if isinstance(outer, dict) else outer)]
        layer = [item for item in inner if isinstance(item, dict | list)]
        if not layer:
            return False
    return True


def _storable(turn: SkillTurn) -> SkillTurn:
    """``turn``, if its texts can be stored: JSON can spell halves of a surrogate pair."""
    try:
        write_turn(turn).encode()
    except UnicodeEncodeError as exc:
        raise UnreadableActionError("the turn holds half of a surrogate pair, which is no character") from exc
    return turn


def _short(value: Any) -> str:
    """The beginning of a text, or the type of another value, for a message."""
    if not isinstance(value, str):
        return f"a {type(value).__name__}"
    return repr(value if len(value) <= 30 else f"{value[:30]}...")


FORMAT = ActionFormat(
    name="skill_json",
    action=SkillTurn,
    write=write_turn,
    read=read_turn,
    instructions=(
        'Each turn is one line of JSON: {"thoughts": "...", "actions": [{"API_name": "...", "API_params": {...}}], '
        '"value": "..."}. To answer, leave actions empty: value is the answer.'
    ),
    content=content_spans,
)
