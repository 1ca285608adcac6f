"""Choose APIs from a catalogue: one line of strict JSON, a list of names, ``unknown``, or a question.

MLLM-Tool's target, ``{'api_name': NAME}``, is no JSON, names one API where several are right, and
cannot say that the wish is unclear.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.action_format import ActionFormat, UnreadableActionError
from journeyman.schema.api import UNKNOWN

MAX_APIS = 64
"""Names in one reply; ToolMMBench's longest label has 22."""
MAX_CHARS = 20_000
"""Of a reply; a longer one is not even parsed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is replied to an instruction; exactly one of the three is given."""

    apis: tuple[str, ...] = ()
    """Names of APIs, each once."""
    unknown: bool = False
    """No API of the catalogue fits."""
    question: str = ""
    """What must be known first."""


def write_choice(choice: Choice) -> str:
    """``{"apis": ["a", "b"]}``, ``{"apis": "unknown"}`` or ``{"question": "..."}``."""
    if choice.question:
        return json.dumps({"question": choice.question}, ensure_ascii=False)
    return json.dumps({"apis": UNKNOWN if choice.unknown else list(choice.apis)}, ensure_ascii=False)


def read_choice(text: str) -> Choice:
    """The choice in ``text``, which must be one JSON object and nothing else but blanks around it.

    Raises:
        UnreadableActionError: It is none, or says more or less than one of the three forms.
    """
    if len(text) > MAX_CHARS:
        raise UnreadableActionError(f"the reply has {len(text)} characters; {MAX_CHARS} is the limit")
    try:
        said = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise UnreadableActionError(f"the reply is no JSON: {str(exc)[:80]}") from exc
    if not isinstance(said, dict) or len(said) != 1 or not set(said) <= {"apis", "question"}:
        raise UnreadableActionError('the reply must be a JSON object with one key, "apis" or "question"')
    if "question" in said:
        return _question(said["question"])
    return Choice(unknown=True) if said["apis"] == UNKNOWN else _names(said["apis"])


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a key is given twice")
    return said


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


def _question(asked: object) -> Choice:
    if not _is_said(asked):
        raise UnreadableActionError("the question must be a text that asks something")
    return Choice(question=str(asked))


def _names(names: object) -> Choice:
    if not isinstance(names, list) or not names or not all(_is_said(name) for name in names):
        raise UnreadableActionError(f'"apis" must be a list of names that is not empty, or "{UNKNOWN}"')
    if len(set(names)) < len(names):
        raise UnreadableActionError("a name is given twice")
    if len(names) > MAX_APIS:
        raise UnreadableActionError(f"{len(names)} names are given; {MAX_APIS} is the limit")
    if UNKNOWN in names:
        raise UnreadableActionError(f'"{UNKNOWN}" stands alone, in no list')
    return Choice(apis=tuple(names))


def _is_said(value: object) -> bool:
    """Whether ``value`` is a text that is not blank and can be stored: JSON can spell halves of a surrogate pair."""
    return isinstance(value, str) and bool(value.strip()) and not any("\ud800" <= c <= "\udfff" for c in value)


FORMAT = ActionFormat(
    name="api_choice",
    action=Choice,
    write=write_choice,
    read=read_choice,
    instructions=(
        'Name every API that fits: {"apis": ["name", ...]}. If none fits: {"apis": "unknown"}. '
        'If the wish cannot be told: {"question": "..."}.'
    ),
)
